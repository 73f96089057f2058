"""Objects of Resource Data Sync: rows as declared, or a refusal that says what was found."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchlib.datasync.content import Rows, documents, read_rows
from patchlib.errors import LayoutUnknown
from patchlib.sources.data_sync import Layout, layout_of

ROW = {"resourceId": "i-1", "ComplianceType": "Patch", "Id": "KB1", "Status": "COMPLIANT", "PatchState": "Installed"}


def layout(name: str) -> Layout:
    """How a type is read."""
    found = layout_of(f"AWS:{name}")
    assert found is not None
    return found


def read(name: str, text: str, item: str = "i-1") -> Rows:
    """The rows of one object of a type."""
    return read_rows(layout(name), text, key="k", item=item, resource_type="ManagedInstanceInventory")


@given(st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=5)), max_size=5), st.booleans())
def test_lines_and_arrays_say_the_same(rows: list[dict[str, str]], has_mark: bool) -> None:
    """JSON lines, with or without blank ones and a byte order mark, equal one array of the same rows."""
    lines = "\n\n".join(orjson.dumps(row).decode() for row in rows)
    array = orjson.dumps(rows).decode()
    mark = "\ufeff" if has_mark else ""
    assert documents(mark + lines, "k") == documents(mark + array, "k") == rows


def test_only_declared_members_are_kept_and_the_others_named() -> None:
    """What may hold secrets never reaches a page; that it was there does."""
    found = read("ComplianceItem", orjson.dumps(ROW | {"DetailedText": "secret", "NewMember": "x"}).decode())
    assert "secret" not in str(found.rows)
    assert found.not_kept == ("DetailedText", "NewMember")


def test_both_spellings_of_the_resource_type() -> None:
    """The record's own ResourceType wins over the envelope's; the key's partition stands in a column of its own."""
    row = {"InstanceId": "i-1", "PlatformName": "Ubuntu"}
    own = {"ResourceType": "EC2Instance", "resourceType": "ManagedInstanceInventory"}
    for order in (own, dict(reversed(own.items()))):
        found = read("InstanceInformation", orjson.dumps(row | order).decode()).rows[0]
        assert found["ResourceType"] == "EC2Instance"
        assert found["KeyResourceType"] == "ManagedInstanceInventory"
    envelope = read("InstanceInformation", orjson.dumps(row | {"resourcetype": "ManagedInstanceInventory"}).decode())
    assert envelope.rows[0]["ResourceType"] == "ManagedInstanceInventory"
    assert "ResourceType" not in read("InstanceInformation", orjson.dumps(row).decode()).rows[0]


def test_counts_and_instants_are_typed() -> None:
    """Counts come as text and become numbers; an empty instant is none; instants are ISO UTC."""
    row = {
        "InstalledCount": "12",
        "MissingCount": 3,
        "FailedCount": "",
        "OperationEndTime": "2026-11-02T02:00:00+01:00",
    }
    found = read("PatchSummary", orjson.dumps(row | {"OperationStartTime": ""}).decode()).rows[0]
    assert (found["InstalledCount"], found["MissingCount"], found["FailedCount"]) == (12, 3, None)
    assert (found["OperationStartTime"], found["OperationEndTime"]) == (None, "2026-11-02T01:00:00Z")


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("ComplianceItem", "no json", "line 1 is not JSON"),
        ("ComplianceItem", orjson.dumps(ROW).decode() + "\n{cut", "line 2 is not JSON"),
        ("ComplianceItem", '["text"]', "a row is not an object"),
        ("ComplianceItem", '{"resourceId": "i-1", "Other": 1}', "no ComplianceType; its members are Other, resourceId"),
        ("ComplianceItem", orjson.dumps({k: v for k, v in ROW.items() if k != "PatchState"}).decode(), "no PatchState"),
        ("ComplianceItem", orjson.dumps(ROW | {"resourceId": "i-2"}).decode(), "resourceId is i-2, the key says i-1"),
        ("ComplianceItem", orjson.dumps(ROW | {"InstalledTime": "soon"}).decode(), "InstalledTime is no instant"),
        ("PatchSummary", '{"InstalledCount": "1", "MissingCount": "many"}', "MissingCount is no count"),
        ("PatchSummary", "", "0 rows, where one was expected"),
        (
            "PatchSummary",
            '[{"InstalledCount": 1, "MissingCount": 1}, {"InstalledCount": 1, "MissingCount": 1}]',
            "2 rows",
        ),
        ("InstanceInformation", '{"AgentType": "x"}', "no PlatformName or PlatformType or InstanceStatus"),
    ],
)
def test_an_unknown_layout_is_refused(name: str, text: str, says: str) -> None:
    """The key, what was found and what to do; nothing of the object is taken."""
    with pytest.raises(LayoutUnknown) as refused:
        read(name, text)
    assert says in refused.value.what
    assert refused.value.where == "k"
    assert refused.value.next_step


def test_a_node_without_compliance_items_has_an_empty_object() -> None:
    """Where several rows are usual, none is an answer; an association need not have a patch state."""
    assert read("ComplianceItem", "").rows == ()
    association = {"ComplianceType": "Association", "Id": "a-1", "Status": "COMPLIANT"}
    assert len(read("ComplianceItem", orjson.dumps(association).decode()).rows) == 1

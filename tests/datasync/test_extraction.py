"""Objects into snapshots: only what changed, resumable, refused where not understood, the same from any place."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import orjson
import pytest

from patchlib.datasync.objects import Objects
from patchlib.datasync.tally import Tally
from patchlib.errors import CallFailed, LayoutUnknown, ObjectDamaged, RunCutShort, SettingInvalid, SnapshotInvalid
from patchlib.manifest import CellRecord, open_snapshot
from patchlib.sandbox.faults import AccessDenied, Faults
from patchlib.snapshot import CellFile
from patchlib.sources import Cell
from patchlib.sources.data_sync import LAYOUTS, UNVERIFIED
from tests import estate
from tests.datasync import places
from tests.datasync.places import ACCOUNT, OTHER, REGION, key, lines, node, take

TEXTS = node("i-1") | node("i-2", missing=3) | node("mi-3", OTHER)


class _Failing:
    """A place that fails for one object."""

    def __init__(self, inner: Objects, key: str, state: str, code: str) -> None:
        self._inner, self._key, self._failed = inner, key, CallFailed(state, code, code, where=key)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def text(self, key: str) -> str:
        """As the place says, but for one object."""
        if key == self._key:
            raise self._failed
        return self._inner.text(key)


class _Refusing:
    """A place that refuses some objects."""

    def __init__(self, inner: Objects, keys: set[str]) -> None:
        self._inner, self._keys = inner, keys

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def text(self, key: str) -> str:
        """As the place says, but for those objects."""
        if key in self._keys:
            raise CallFailed("denied", "AccessDenied", "Access Denied", where=key)
        return self._inner.text(key)


def record(snapshot: Path, source: str, account_id: str = ACCOUNT) -> CellRecord:
    """The ledger row of a source in an account."""
    return next(
        cell for cell in open_snapshot(snapshot).cells if (cell.source, cell.account_id) == (source, account_id)
    )


def rows(snapshot: Path) -> list[tuple[Any, ...]]:
    """What a snapshot holds of every object, but for where and when it lay."""
    return sorted(
        (page.account_id, page.region, page.source, page.item or "", orjson.dumps(page.response["Rows"]).decode())
        for page in estate.pages(snapshot)
        if "Rows" in page.response
    )


def test_folder_and_bucket_give_the_same_rows(tmp_path: Path) -> None:
    """Below the account and Region of the key, by source and node; a ledger row for each source of each cell."""
    of_folder = take(places.folder_of(tmp_path / "files", TEXTS), tmp_path / "a")
    of_bucket = take(places.bucket_of(places.endpoint_of(TEXTS)), tmp_path / "b")
    assert rows(of_folder) == rows(of_bucket)
    assert len(rows(of_folder)) == len(TEXTS)
    assert places.states(of_folder) == places.states(of_bucket)
    found = record(of_folder, "datasync_compliance_item")
    assert (found.state, found.pages, found.items, found.read_items) == ("ok", 2, 6, ("i-1", "i-2"))
    assert found.observed_at == "2026-11-02T05:00:00Z"
    assert found.note == UNVERIFIED
    assert places.states(of_folder)["datasync_application"] == "empty"
    manifest = open_snapshot(of_bucket)
    assert [(each.bucket, each.owner) for each in manifest.inputs] == [(places.BUCKET, places.OWNER)]


def test_only_changed_objects_are_asked_again(tmp_path: Path) -> None:
    """A second run costs its listing; a changed object one request; the others are kept, and the ledger says so."""
    endpoint = places.endpoint_of(TEXTS)
    first = take(places.bucket_of(endpoint), tmp_path)
    assert endpoint.requests.count("GetObject") == len(TEXTS)
    endpoint.requests.clear()
    second = take(places.bucket_of(endpoint), tmp_path, base=first.name)
    assert (endpoint.requests.count("GetObject"), endpoint.requests.count("ListObjectsV2")) == (0, 1)
    kept = record(second, "datasync_compliance_item")
    assert (kept.state, kept.read_items, kept.kept_items) == ("kept", (), ("i-1", "i-2"))
    changed = places.endpoint_of(
        TEXTS | {key("PatchSummary", "i-2"): node("i-2", missing=0)[key("PatchSummary", "i-2")]}
    )
    third = take(places.bucket_of(changed), tmp_path, base=second.name)
    assert changed.requests.count("GetObject") == 1
    found = record(third, "datasync_patch_summary")
    assert (found.state, found.read_items, found.kept_items) == ("ok", ("i-2",), ("i-1",))
    assert record(third, "datasync_patch_summary", OTHER).state == "kept"
    assert open_snapshot(third).base_snapshot == second.name


def test_what_failed_is_asked_again_although_it_has_not_changed(tmp_path: Path) -> None:
    """Only what was read counts as held."""
    inner = places.bucket_of(places.endpoint_of(node("i-1")))
    refusing = _Failing(inner, f"ssm/{key('InstanceInformation', 'i-1')}", "denied", "AccessDenied")
    first = take(refusing, tmp_path)
    refused = record(first, "datasync_instance_information")
    assert (refused.state, refused.error_code, refused.read_items) == ("denied", "AccessDenied", ())
    endpoint = places.endpoint_of(node("i-1"))
    second = take(places.bucket_of(endpoint), tmp_path, base=first.name)
    assert endpoint.requests.count("GetObject") == 1
    assert record(second, "datasync_instance_information").read_items == ("i-1",)


@pytest.mark.parametrize("stop_after", [0, 3, 9, 14])
def test_a_killed_run_ends_as_one_that_was_not(tmp_path: Path, stop_after: int) -> None:
    """What was on disk is not asked again, and the snapshot is the same."""
    whole = take(places.bucket_of(places.endpoint_of(TEXTS)), tmp_path / "whole")
    endpoint = places.endpoint_of(TEXTS)
    with pytest.raises(RunCutShort) as cut:
        take(places.bucket_of(endpoint), tmp_path / "cut", stop_after=stop_after)
    (folder,) = (tmp_path / "cut").iterdir()
    assert f"--resume {folder.name}" in cut.value.next_step
    resumed = take(places.bucket_of(endpoint), tmp_path / "cut", resume=folder.name)
    assert endpoint.requests.count("GetObject") == len(TEXTS)
    assert rows(resumed) == rows(whole)
    assert [(c.source, c.state, c.items, c.read_items, c.sha256) for c in open_snapshot(resumed).cells] == [
        (c.source, c.state, c.items, c.read_items, c.sha256) for c in open_snapshot(whole).cells
    ]


def test_what_changed_while_a_run_was_cut_short_is_read_anew(tmp_path: Path) -> None:
    """A page whose object has changed since does not stand beside the newer one."""
    with pytest.raises(RunCutShort):
        take(places.bucket_of(places.endpoint_of(TEXTS)), tmp_path, stop_after=14)
    (folder,) = tmp_path.iterdir()
    newer = TEXTS | node("i-2", missing=0)
    endpoint = places.endpoint_of(newer)
    resumed = take(places.bucket_of(endpoint), tmp_path, resume=folder.name)
    assert endpoint.requests.count("GetObject") < len(TEXTS)
    assert rows(resumed) == rows(take(places.bucket_of(places.endpoint_of(newer)), tmp_path / "whole"))


def test_resuming_something_else_is_refused(tmp_path: Path) -> None:
    """A snapshot of a bucket is not gone on with from a folder."""
    with pytest.raises(RunCutShort):
        take(places.bucket_of(places.endpoint_of(TEXTS)), tmp_path / "s", stop_after=3)
    (folder,) = (tmp_path / "s").iterdir()
    with pytest.raises(SnapshotInvalid, match="was begun as"):
        take(places.folder_of(tmp_path / "f", TEXTS), tmp_path / "s", resume=folder.name)


@pytest.mark.parametrize("is_full", [False, True])
def test_what_left_the_bucket_is_said_also_when_all_is_read_again(tmp_path: Path, is_full: bool) -> None:
    """An account whose objects are gone is empty, once; a whole run that did not know of it would leave it standing."""
    first = take(places.folder_of(tmp_path / "first", TEXTS), tmp_path)
    left = places.folder_of(tmp_path / "left", node("i-1"))
    base = None if is_full else first.name
    second = take(left, tmp_path, base=base, before=first.name)
    assert record(second, "datasync_patch_summary", OTHER).state == "empty"
    third = take(left, tmp_path, base=None if is_full else second.name, before=second.name)
    assert places.states(third, OTHER) == {}


def test_an_unknown_key_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    """The key is named; there is no snapshot."""
    objects = places.folder_of(tmp_path / "files", TEXTS | {"notes.txt": "x"})
    with pytest.raises(LayoutUnknown) as refused:
        take(objects, tmp_path / "s")
    assert refused.value.where == "notes.txt"
    assert not (tmp_path / "s").exists()


def test_one_object_that_does_not_fit_is_missed_and_named(tmp_path: Path) -> None:
    """The others of its kind are read; its node's patches stay what they were."""
    odd = TEXTS | {key("ComplianceItem", "i-2"): lines({"resourceId": "i-2", "Verdict": "fine"})}
    found = record(take(places.folder_of(tmp_path / "files", odd), tmp_path / "s"), "datasync_compliance_item")
    assert (found.state, found.read_items, found.error_code) == ("partial", ("i-1",), "LayoutUnknown")
    assert key("ComplianceItem", "i-2") in (found.error_message or "")


def test_a_kind_that_is_laid_out_otherwise_everywhere_is_refused(tmp_path: Path) -> None:
    """Not one object of a type fits: the run ends with a sample of the key, and its snapshot cannot be loaded."""
    other = {name: text if "ComplianceItem" not in name else '{"Verdict": "fine"}' for name, text in TEXTS.items()}
    with pytest.raises(LayoutUnknown) as refused:
        take(places.folder_of(tmp_path / "files", other), tmp_path / "s")
    assert "AWS:ComplianceItem/accountid=" in refused.value.where
    assert "its members are Verdict" in refused.value.what
    (folder,) = (tmp_path / "s").iterdir()
    assert not open_snapshot(folder).finished


def test_what_is_not_read_is_in_the_ledger(tmp_path: Path) -> None:
    """Types without a reader are listed with their number, and every object is in the listing."""
    more = TEXTS | {key("Network", "i-1"): "{}", key("Network", "i-2"): "{}", key("Service", "i-1"): "{}"}
    more |= {f"AWS:InstanceInformation/accountid={ACCOUNT}/test.json": "{}"}
    snapshot = take(places.folder_of(tmp_path / "files", more), tmp_path / "s")
    listing = record(snapshot, "datasync_object")
    assert listing.note == "not read: no reader for AWS:Network (2 objects), AWS:Service (1 objects)"
    assert listing.items == 11


def test_of_two_objects_about_a_node_the_newer_counts(tmp_path: Path) -> None:
    """As when a sync was moved to another prefix: the older one is named as superseded."""
    objects = places.folder_of(tmp_path / "files", node("i-1"))
    places.folder_of(tmp_path / "files" / "old", node("i-1", missing=7))
    for file in (tmp_path / "files" / "old").rglob("*.json"):
        os.utime(file, (0, 0))
    snapshot = take(objects, tmp_path / "s")
    assert record(snapshot, "datasync_compliance_item").items == 2
    assert record(snapshot, "datasync_object").note == "not read: 4 older objects of the same nodes"


def test_a_cell_without_objects_is_emptied(tmp_path: Path) -> None:
    """When a bucket's lifecycle has removed every object of an account, its rows close."""
    first = take(places.bucket_of(places.endpoint_of(TEXTS)), tmp_path)
    left = {name: text for name, text in TEXTS.items() if OTHER not in name}
    second = take(places.bucket_of(places.endpoint_of(left)), tmp_path, base=first.name)
    assert set(places.states(second, OTHER).values()) == {"empty"}


def test_a_place_without_objects_or_rights_says_so(tmp_path: Path) -> None:
    """Nothing here, or not for this caller: one line, and nothing written."""
    with pytest.raises(SettingInvalid, match="no object"):
        take(places.bucket_of(places.endpoint_of({})), tmp_path / "s")
    with pytest.raises(RunCutShort, match="cannot be listed") as refused:
        take(places.bucket_of(places.endpoint_of(TEXTS), owner=OTHER), tmp_path / "s")
    assert "--bucket-owner" in refused.value.next_step
    assert not (tmp_path / "s").exists()


def test_reports_go_to_the_cells_of_their_rows(tmp_path: Path) -> None:
    """The newest of each folder; where the next one has no rows for a cell any more, none is what it says."""

    def export(*accounts: str) -> str:
        arns = [f"arn:aws:inspector2:{REGION}:{account}:finding/0a" for account in accounts]
        common = {"severity": "HIGH", "status": "ACTIVE"}
        findings = [common | {"awsAccountId": arn.split(":")[4], "findingArn": arn} for arn in arns]
        return orjson.dumps({"findings": findings}).decode()

    first = take(places.bucket_of(places.endpoint_of({"inspector/a.json": export(ACCOUNT, OTHER)})), tmp_path)
    assert record(first, "inspector_export_finding", OTHER).items == 1
    endpoint = places.endpoint_of({"inspector/b.json": export(ACCOUNT)})
    second = take(places.bucket_of(endpoint), tmp_path, base=first.name)
    emptied = record(second, "inspector_export_finding", OTHER)
    assert (emptied.state, emptied.items, emptied.read_items) == ("empty", 0, ("ssm/inspector",))
    assert record(second, "inspector_export_finding").items == 1


def test_a_report_that_cannot_be_read_ends_the_run(tmp_path: Path) -> None:
    """A report may speak of any cell, so that no ledger row could say what is missing."""
    faults = Faults(fault=(AccessDenied(operation="GetObject"),))
    with pytest.raises(RunCutShort, match="a report cannot be read"):
        take(places.bucket_of(places.endpoint_of({"inspector/a.json": "{}"}, faults)), tmp_path)


@pytest.mark.parametrize("texts", [{"inspector/a.json.gz": b"\x1f\x8bbroken"}, {key("Tag", "i-1"): b"\xff\xfe"}])
def test_what_came_and_is_no_text_is_data_and_what_s3_refuses_is_aws(
    tmp_path: Path, texts: dict[str, str | bytes]
) -> None:
    """A report, or where not one object could be read: exit code 4 in a folder and in a bucket, 3 for a refusal."""
    with pytest.raises(ObjectDamaged, match=r"cannot be read|not one object"):
        take(places.folder_of(tmp_path / "files", texts), tmp_path / "s")
    with pytest.raises(ObjectDamaged, match="--resume"):
        take(places.bucket_of(places.endpoint_of(texts)), tmp_path / "s")
    faults = Faults(fault=(AccessDenied(operation="GetObject"),))
    with pytest.raises(RunCutShort, match="AccessDenied"):
        take(places.bucket_of(places.endpoint_of(texts, faults)), tmp_path / "s")


def test_an_object_that_goes_while_it_is_read_hides_no_other(tmp_path: Path) -> None:
    """The other nodes' objects are read; the ledger names the one that is missing."""
    inner = places.folder_of(tmp_path / "files", TEXTS)
    snapshot = take(_Failing(inner, key("PatchSummary", "i-1"), "error", "NoSuchKey"), tmp_path / "s")
    found = record(snapshot, "datasync_patch_summary")
    assert (found.state, found.read_items, found.error_code) == ("partial", ("i-2",), "NoSuchKey")


@pytest.mark.parametrize(("refused", "asked"), [(1, 5), (2, 5), (3, 3)])
def test_refused_objects_hide_no_other_until_three_follow_each_other(tmp_path: Path, refused: int, asked: int) -> None:
    """An object may have a policy or a key of its own; three in a row are the bucket's."""
    texts = {name: text for number in range(5) for name, text in node(f"i-{number}").items()}
    keys = {f"ssm/{key('PatchSummary', f'i-{number}')}" for number in range(refused)}
    inner = places.bucket_of(places.endpoint_of(texts))
    found = record(take(_Refusing(inner, keys), tmp_path), "datasync_patch_summary")
    read = tuple(f"i-{number}" for number in range(refused, asked))
    assert (found.state, found.read_items, found.calls) == ("partial" if read else "denied", read, asked)
    assert (found.refusal, found.error_code) == ("denied" if read else None, "AccessDenied")


def test_a_tally_speaks_the_ledgers_words(tmp_path: Path) -> None:
    """Nothing there, everything kept, something missed, refused."""
    tally = Tally(LAYOUTS[0].source, Cell(ACCOUNT, REGION), CellFile(tmp_path / "a" / "b.jsonl.gz"))
    assert tally.state() == "empty"
    tally.kept_items = ["i-1"]
    assert tally.state() == "kept"
    tally.miss(CallFailed("denied", "AccessDenied", "", where="k"))
    tally.miss(CallFailed("gone", "NoSuchKey", "", where="k"))
    assert (tally.state(), tally.record(0.0).refusal) == ("partial", "denied")
    tally.kept_items = []
    assert tally.state() == "denied"
    tally.missed = CallFailed("gone", "NoSuchKey", "", where="k")
    assert tally.record(0.0).state == "error"

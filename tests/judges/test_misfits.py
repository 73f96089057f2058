"""Answers that do not fit their model: an error that says where, or what fits of them; never silently something else.

Published examples that break their own operation's model come from the folder that PATCHLIB_FEEDS names; the others
are drawn from the models and bent on purpose.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import botocore.parsers
import duckdb
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchlib import observation, raw, shapes
from patchlib.documents import Documents
from patchlib.entities import create_tables
from patchlib.errors import SnapshotInvalid
from patchlib.sandbox.endpoint import Endpoint
from patchlib.sandbox.protocol import codec
from patchlib.schema import raw_table, table_script
from patchlib.snapshot import CallerRecord, CellRecord, Manifest, Page, SnapshotWriter, open_snapshot
from patchlib.sources import SOURCES, Scope, Source, source
from patchlib.wire import iso_instant
from tests import estate
from tests.sandbox.shape_values import structures
from tests.test_second_judges import FEEDS, FOLDERS, _compare, read_alone

JSON = ("json", "rest-json")
IN_JSON = sorted(
    {(each.service, each.operation) for each in SOURCES if shapes.service_model(each.service).resolved_protocol in JSON}
)


def _parsed(service: str, operation: str, body: bytes, heavy: tuple[tuple[str, str], ...] = ()) -> dict[str, Any]:
    """What patchlib's session makes of a body: the document hook, then botocore's parser."""
    model = shapes.operation_model(service, operation)
    response: dict[str, Any] = {"body": body, "headers": {}, "status_code": 200}
    taken: dict[str, Any] = {}
    Documents(heavy).take(model, response, taken)
    factory = botocore.parsers.ResponseParserFactory()
    factory.set_parser_defaults(timestamp_parser=iso_instant)
    found = factory.create_parser(model.service_model.resolved_protocol).parse(response, model.output_shape)
    found.pop("ResponseMetadata")
    return {**found, **taken}


def _places(shape: Any, value: Any) -> Iterator[tuple[Any, Any, str]]:
    """Every list, map and structure below an answer: what holds it, under which key, and its kind."""
    if shape.type_name == "structure":
        children = [(name, shape.members[name]) for name in value if name in shape.members]
    elif shape.type_name == "list":
        children = [(number, shape.member) for number in range(len(value))]
    else:
        children = [(name, shape.value) for name in value] if shape.type_name == "map" else []
    for key, child in children:
        if child.type_name in {"structure", "list", "map"}:
            yield value, key, child.type_name
            yield from _places(child, value[key])


@given(st.data())
def test_a_text_a_list_and_an_object_are_never_taken_for_each_other(data: st.DataObject) -> None:
    """Whatever JSON operation, whatever place: an answer bent there is refused as one that does not fit."""
    service, operation = data.draw(st.sampled_from(IN_JSON))
    output = shapes.operation_model(service, operation).output_shape
    answer = data.draw(structures(output, xml=False, least=1))
    body = orjson.loads(codec(service, operation).write(answer, "request")[2])
    places = list(_places(output, body))
    if not places:
        return
    holder, key, kind = data.draw(st.sampled_from(places))
    bent: list[Any] = ["some text", {} if kind == "list" else ["letters"]]
    holder[key] = data.draw(st.sampled_from(bent))
    with pytest.raises(botocore.parsers.ResponseParserError, match="does not fit its model"):
        _parsed(service, operation, orjson.dumps(body))


def test_an_instant_that_is_none_is_refused() -> None:
    """In either parser; botocore's own would fail in the words of a date library."""
    body = orjson.dumps({"InstancePatchStates": [{"InstanceId": "i-1", "OperationEndTime": "soon"}]})
    asked = ("ssm", "DescribeInstancePatchStates")
    for heavy in ((), (asked,)):
        with pytest.raises(botocore.parsers.ResponseParserError, match="'soon' is no instant"):
            _parsed(*asked, body, heavy)


def test_a_document_whose_rows_are_none_is_refused() -> None:
    """A heavy answer is looked at only where its instants are, and there it must be what its model says."""
    asked = ("ssm", "DescribeInstancePatches")
    with pytest.raises(botocore.parsers.ResponseParserError, match="does not fit its model"):
        _parsed(*asked, orjson.dumps({"Patches": ["KB1"]}), (asked,))


class _Bending:
    """An endpoint one of whose answers is bent on its way."""

    def __init__(self, served: Endpoint, operation: str, body: dict[str, Any]) -> None:
        self._served, self._operation, self._body = served, operation, orjson.dumps(body)

    def handle(self, method: str, url: str, headers: Any, body: bytes) -> Any:
        """The endpoint's own answer, with another body where the operation is asked."""
        status, sent, answer = self._served.handle(method, url, headers, body)
        if str(dict(headers).get("X-Amz-Target", "")).endswith(f".{self._operation}"):
            answer = self._body
            sent = {**sent, "Content-Length": str(len(answer))}
        return status, sent, answer


def _ledger_row(of: Source, body: dict[str, Any], folder: Path) -> CellRecord:
    caller = CallerRecord(account_id=estate.MANAGEMENT, arn=f"arn:aws:iam::{estate.MANAGEMENT}:role/Reader")
    manifest = Manifest(snapshot_id="", taken_at=estate.AS_OF, endpoint="http://127.0.0.1", is_aws=False, caller=caller)
    writer = SnapshotWriter.create(folder, manifest)
    bending = _Bending(estate.endpoint(), of.operation, body)
    return read_alone(of, bending, writer)  # type: ignore[arg-type]


def test_a_misfit_is_a_state_in_the_ledger_that_names_operation_and_place(tmp_path: Path) -> None:
    """The listing ends as an error, with the operation in its row and the place in its words; nothing else ends."""
    bent = {"Mappings": [{"PatchGroup": "web", "BaselineIdentity": "pb-0123456789abcdef0"}]}
    record = _ledger_row(source("ssm_patch_group"), bent, tmp_path)
    assert (record.state, record.service, record.operation) == ("error", "ssm", "DescribePatchGroups")
    assert "BaselineIdentity is not an object" in (record.error_message or "")
    assert (record.pages, record.items, record.file) == (0, 0, None)


def test_members_that_no_model_knows_are_left_out(tmp_path: Path) -> None:
    """A newer service may say more; what is known of its answer arrives."""
    newer = {"InstanceInformationList": [{"InstanceId": "i-1", "Mood": ["good"]}], "Weather": {}}
    record = _ledger_row(source("ssm_managed_node"), newer, tmp_path)
    assert (record.state, record.items) == ("ok", 1)


def _published() -> Iterator[tuple[str, str, Path]]:
    """Examples that do not conform to their own operation's model: (service, operation, file)."""
    for folder in FOLDERS:
        index = Path(FEEDS, folder, "index.csv")
        if FEEDS and index.exists():
            with index.open(encoding="utf-8", newline="") as file:
                for entry in csv.DictReader(file):
                    if entry["shape_errors"] not in {"", "0"}:
                        yield entry["client"], entry["api_operation"], Path(FEEDS, folder, entry["file"])


MISFITS = list(_published())
needs_feeds = pytest.mark.skipif(not MISFITS, reason="PATCHLIB_FEEDS names no folder of published AWS examples")
each_misfit = pytest.mark.parametrize(
    ("service", "operation", "path"), MISFITS, ids=[f"{s}-{path.stem}" for s, _, path in MISFITS]
)


def _agrees(shape: Any, sent: Any, got: Any) -> bool:
    """Whether what was parsed is what was sent, as far as the model knows it."""
    if shape.type_name == "structure" and not shape.is_document_type:
        names = {name: member.serialization.get("name", name) for name, member in shape.members.items()}
        known = {name for name, wire in names.items() if isinstance(sent, dict) and sent.get(wire) is not None}
        return known == got.keys() and all(_agrees(shape.members[n], sent[names[n]], got[n]) for n in known)
    if shape.type_name == "list":
        return (
            isinstance(sent, list)
            and len(sent) == len(got)
            and all(_agrees(shape.member, *pair) for pair in zip(sent, got, strict=True))
        )
    if shape.type_name == "map":
        return isinstance(sent, dict) and sent.keys() == got.keys()
    # REST services write booleans as texts where they travel in headers, so botocore reads both.
    return shape.type_name == "timestamp" or sent == got or (shape.type_name == "boolean" and sent == str(got).lower())


@pytest.mark.published
@needs_feeds
@each_misfit
def test_a_published_misfit_is_refused_or_taken_as_it_came(service: str, operation: str, path: Path) -> None:
    """Over the wire, where its protocol is JSON: an error, or exactly what was sent of what the model knows."""
    model = shapes.operation_model(service, operation)
    if model.service_model.resolved_protocol not in JSON:
        # It cannot be sent: XML knows no difference between a text and a number.
        return
    body = path.read_bytes()
    try:
        found = _parsed(service, operation, body)
    except botocore.parsers.ResponseParserError as refused:
        assert "does not fit its model" in str(refused)  # noqa: PT017 - either is right
        return
    assert _agrees(model.output_shape, json.loads(body), found)


def _source_of(service: str, operation: str) -> Source:
    """A source for an operation outside the catalogue: its first list, else the whole answer as one row."""
    output = shapes.operation_model(service, operation).output_shape
    assert output is not None
    lists = [name for name, member in output.members.items() if member.type_name == "list"]
    name = f"{service.replace('-', '_')}_misfit"
    return Source(name, service, operation, Scope.CELL, f"{lists[0]}[]" if lists else "", "a misfit", "test")


@pytest.fixture(scope="module")
def tables() -> duckdb.DuckDBPyConnection:
    """A store with every table, made once; each test takes back what it put in."""
    connection = duckdb.connect()
    create_tables(connection)
    return connection


@pytest.mark.published
@needs_feeds
@each_misfit
def test_a_published_misfit_in_a_snapshot_is_named_or_loaded_as_it_is(
    service: str,
    operation: str,
    path: Path,
    tmp_path: Path,
    tables: duckdb.DuckDBPyConnection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As a page on disk, whatever its protocol: the load names the source, or its rows are what the page says."""
    of = _source_of(service, operation)
    for loading in (raw, observation):
        monkeypatch.setattr(loading, "STORED", (of,))
    response = json.loads(path.read_text(encoding="utf-8"))
    folder, expected = _page(of, response, tmp_path)
    tables.execute("begin")
    try:
        tables.execute(";\n".join(table_script(raw_table(of), {})))
        manifest = open_snapshot(folder)
        raw.load_records(tables, folder, manifest)
        try:
            raw.load_pages(tables, folder, manifest)
        except SnapshotInvalid as refused:
            assert of.name in str(refused)  # noqa: PT017 - either is right
            return
        _compare(of, [_stored(of, row) for row in expected], tables.table(f"raw.{of.name}"))
    finally:
        tables.execute("rollback")


def _stored(of: Source, row: Any) -> Any:
    """A row as the store spells it: instants and booleans in one form, an object in place of a text as its JSON."""
    if not isinstance(row, dict):
        return row
    types = {member.name: member.type for member in of.members}
    found = dict(row)
    for name, value in row.items():
        if types.get(name) == "TIMESTAMP":
            found[name] = datetime.fromisoformat(iso_instant(value))
        elif types.get(name) == "BOOLEAN" and isinstance(value, str):
            found[name] = {"true": True, "false": False}[value]
        elif types.get(name) == "VARCHAR" and isinstance(value, dict):
            found[name] = orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    return found


def _page(of: Source, response: dict[str, Any], folder: Path) -> tuple[Path, list[Any]]:
    caller = CallerRecord(account_id=estate.MANAGEMENT, arn=f"arn:aws:iam::{estate.MANAGEMENT}:role/Reader")
    manifest = Manifest(snapshot_id="", taken_at=estate.AS_OF, endpoint="http://127.0.0.1", is_aws=False, caller=caller)
    writer = SnapshotWriter.create(folder, manifest)
    file = writer.cell_file(estate.MANAGEMENT, "us-east-1", of.name)
    file.append(
        Page(
            account_id=estate.MANAGEMENT,
            region="us-east-1",
            source=of.name,
            operation=of.operation,
            page=0,
            item=None,
            request={},
            response=response,
        )
    )
    listed = response.get(of.items.removesuffix("[]"), []) if of.items else [response]
    found = listed if isinstance(listed, list) else [listed]
    checksum = file.checksum()
    assert checksum is not None
    record = CellRecord(
        account_id=estate.MANAGEMENT,
        region="us-east-1",
        source=of.name,
        service=of.service,
        operation=of.operation,
        state="ok",
        pages=1,
        items=len(found),
        calls=1,
        file=file.relative,
        bytes=checksum[0],
        sha256=checksum[1],
    )
    return writer.finish([record]), found

"""The SQL over page files: rows unfolded from wherever they lie, named by what the source declares."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from patchlib.pagerows import key_of, rows_of, take_in
from patchlib.schema import raw_table
from patchlib.sources import STORED, Source
from tests.estate import empty_store

PLACE = {"account_id": "111111111111", "region": "eu-central-1", "item": None, "page": 0, "attempt": 0}


def _source(name: str) -> Source:
    return next(source for source in STORED if source.name == name)


def _rows(folder: Path, source: Source, response: dict[str, Any], request: dict[str, Any] | None = None) -> list[Any]:
    file = folder / f"{source.name}.jsonl.gz"
    file.write_bytes(gzip.compress(json.dumps(PLACE | {"request": request or {}, "response": response}).encode()))
    key = ", ".join(key_of(source).values())
    found = duckdb.connect().execute(f"select {key} from ({rows_of(source)}) as page_row", {"files": [str(file)]})
    return found.fetchall()


def test_rows_are_unfolded_from_lists_in_lists(tmp_path: Path) -> None:
    """Instances lie in reservations; each is a row with its name."""
    response = {"Reservations": [{"Instances": [{"InstanceId": "i-1"}, {"InstanceId": "i-2"}]}, {"Instances": []}]}
    assert _rows(tmp_path, _source("ec2_instance"), response) == [("i-1",), ("i-2",)]


def test_a_name_may_stand_in_the_request(tmp_path: Path) -> None:
    """A node's patches do not repeat the node they were asked of."""
    source = _source("ssm_patch")
    [row] = _rows(tmp_path, source, {"Patches": [{"Title": "KB1", "KBId": "KB1"}]}, {"InstanceId": "i-1"})
    assert dict(zip(key_of(source), row, strict=True))["instance_id"] == "i-1"


@pytest.mark.parametrize("source", STORED, ids=lambda source: source.name)
def test_a_key_names_columns_of_its_table(source: Source) -> None:
    """What names a row on a page is a column of the raw table."""
    assert key_of(source).keys() <= {column.name for column in raw_table(source).columns}


def test_every_table_takes_what_its_pages_give(tmp_path: Path) -> None:
    """DuckDB binds each source's two statements to each other and to its table: no member is of another type."""
    file = tmp_path / "none.jsonl.gz"
    file.write_bytes(gzip.compress(b""))
    with duckdb.connect(empty_store(tmp_path / "empty.duckdb")) as connection:
        connection.execute(
            "create temp table unit_read as select *, cast(null as integer) as observation_id from core.unit_key"
        )
        for source in STORED:
            connection.execute(f"create or replace temp table page_row as {rows_of(source)}", {"files": [str(file)]})
            assert connection.execute(take_in(source), {"source": source.name}).fetchall() == [(0,)], source.name

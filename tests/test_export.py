"""Rows for other programs: nothing is lost or changed on the way."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from patchlib.errors import ParameterInvalid
from patchlib.export import as_bytes
from patchlib.queries import TYPES


@pytest.fixture
def frame() -> pd.DataFrame:
    """One row of each type a query returns, and one of nulls."""
    found = duckdb.execute(
        "select * from (values (1, 'ż,\"', true, 0.5, timestamp '2026-11-02 06:00:00', date '2026-11-02'), "
        "(null, null, null, null, null, null)) as t(number, text, is_so, share, seen_at, due_date)"
    ).df()
    found.attrs[TYPES] = {"number": "bigint", "due_date": "date"}
    return found


def test_json_is_an_array_of_objects(frame: pd.DataFrame) -> None:
    """Instants are ISO text with Z, null is null, numbers are numbers."""
    data = as_bytes(frame, "json")
    assert b'"number": 1,' in data
    first, second = json.loads(data)
    assert first["due_date"] == "2026-11-02"
    assert first["seen_at"] == "2026-11-02T06:00:00Z"
    assert (first["number"], first["text"], first["is_so"], first["share"]) == (1, 'ż,"', True, 0.5)
    assert second == dict.fromkeys(frame.columns)


def test_csv_has_a_header_and_empty_nulls(frame: pd.DataFrame) -> None:
    """Text is quoted where it must be; null is nothing."""
    header, first, second = as_bytes(frame, "csv").decode().splitlines()
    assert header == "number,text,is_so,share,seen_at,due_date"
    assert '"ż,"""' in first
    assert "2026-11-02T06:00:00Z" in first
    assert first.startswith("1,")
    assert second == ",,,,,"


def test_parquet_keeps_the_types(frame: pd.DataFrame, tmp_path: Path) -> None:
    """What is read back is what was written."""
    path = tmp_path / "answer.parquet"
    path.write_bytes(as_bytes(frame, "parquet"))
    back = duckdb.execute("select * from read_parquet($path)", {"path": str(path)}).df()
    pd.testing.assert_frame_equal(back, frame, check_dtype=False)


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_no_rows_are_no_fault(frame: pd.DataFrame, form: str) -> None:
    """An empty answer is an empty file of the right form."""
    data = as_bytes(frame.iloc[:0], form)
    assert data == b"[]\n" if form == "json" else data


def test_an_unknown_format_is_refused(frame: pd.DataFrame) -> None:
    """The message lists what there is."""
    with pytest.raises(ParameterInvalid, match="csv, json, parquet"):
        as_bytes(frame, "xlsx")

"""Tables, JSON and text: what is not what it should be is refused with its place."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from patchlib.errors import FeedInvalid
from patchlib.feeds.text import is_json, is_table, json_of, table_rows, text_of
from tests.feeds.samples import file

TABLE = b'a,b\r\n1,"two, three"\r\n,\r\n'


def _rows(data: bytes, *required: str) -> tuple[list[str], list[dict[str, str]]]:
    names, rows = table_rows(file(data), required)
    return names, list(rows)


def test_a_csv_is_rows_of_texts() -> None:
    """With or without a byte order mark, quoted or empty."""
    told = (["a", "b"], [{"a": "1", "b": "two, three"}, {"a": "", "b": ""}])
    assert _rows(TABLE, "a") == told
    assert _rows(b"\xef\xbb\xbf" + TABLE, "a") == told


def test_a_parquet_is_the_same_rows(tmp_path: Path) -> None:
    """Numbers and nulls become the same texts."""
    path = tmp_path / "t.parquet"
    duckdb.sql("select 1 as a, 'two, three' as b union all select null, null").write_parquet(str(path))
    assert _rows(path.read_bytes(), "a") == _rows(TABLE, "a")
    assert is_table(file(path.read_bytes()), "a")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"a,c\n1,2\n", "lacks columns: b"),
        (b"a,b\n1\n", "row 1 has 1 values"),
        (b"a,b\n1,2,3\n", "row 1 has 3 values"),
        (b'a,b\n1,"2\n', "no CSV"),
        (b"a,a,b\n1,2,3\n", "column twice"),
        (b"<!DOCTYPE html><html>sign in</html>", "web page"),
        (b"\n <html><body>a,b</body></html>", "web page"),
        (b"", "empty"),
        (b"a,b\n\xff,2\n", "not UTF-8"),
        (b"PAR1 and then nothing", "Parquet file is damaged"),
    ],
)
def test_a_table_that_is_none_is_refused(data: bytes, said: str) -> None:
    """Each fault in its words, with the file."""
    with pytest.raises(FeedInvalid, match=said) as refused:
        _rows(data, "a", "b")
    assert "(a file)" in str(refused.value)


def test_formats_are_told_by_their_beginning() -> None:
    """JSON by its first sign, a table by a column of its first line."""
    assert is_json(file(b' {"a": 1}'))
    assert is_json(file(b"[]"))
    assert not is_json(file(TABLE))
    assert is_table(file(TABLE), "b")
    assert not is_table(file(TABLE), "1")


def test_json_that_is_cut_is_refused() -> None:
    """And a whole one is read, out of its packing."""
    assert json_of(file(b'{"a": [1]}')) == {"a": [1]}
    with pytest.raises(FeedInvalid, match="no JSON"):
        json_of(file(b'{"a": [1'))
    with pytest.raises(FeedInvalid, match="web page"):
        text_of(file(b"<html>"))

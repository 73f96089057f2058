"""What a file says: its text, its JSON, or the rows of a CSV or Parquet table."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import orjson

from patchlib.feeds.facts import FeedFile
from patchlib.feeds.unpack import head, unpacked

__all__ = ["is_json", "is_table", "json_of", "table_rows", "text_of"]

Row = dict[str, str]
_PARQUET = b"PAR1"  # Apache Parquet, File Format: first and last four bytes


def text_of(file: FeedFile) -> str:
    """The file as text. Raises FeedInvalid where it is none, or a web page."""
    try:
        text = unpacked(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise file.invalid(f"the file is not UTF-8 text: {error.reason}") from error
    if text.lstrip()[:15].lower().startswith(("<!doctype html", "<html")):
        raise file.invalid("a web page came instead of the file")
    return text


def is_json(file: FeedFile) -> bool:
    """Its text begins as a JSON object or list does."""
    return head(file)[:1] in {b"{", b"["}


def json_of(file: FeedFile, data: bytes | None = None) -> Any:
    """The file, or a document in it, as JSON. Raises FeedInvalid."""
    if data is None:
        data = text_of(file).encode()
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise file.invalid(f"the file is no JSON: {error}") from error


def is_table(file: FeedFile, column: str) -> bool:
    """It is a Parquet file, or a CSV whose first line names that column."""
    if file.data.startswith(_PARQUET):
        return True
    return column.encode() in head(file).split(b"\n", 1)[0].strip().split(b",")


def table_rows(file: FeedFile, required: Iterable[str]) -> tuple[list[str], Iterator[Row]]:
    """The columns of a CSV or Parquet table and its rows, each value a text, "" for null.

    Raises FeedInvalid where a required column is missing or a row has another number of values.
    """
    rows: Iterable[list[str]]
    if file.data.startswith(_PARQUET):
        names, rows = _parquet(file)
    else:
        # strict: a quote that is never closed is a file that was cut.
        reader = csv.reader(io.StringIO(text_of(file), newline=""), strict=True)
        names, rows = _header(file, reader), _csv_rows(file, reader)
    missing = sorted(set(required) - set(names))
    if missing:
        raise file.invalid(f"the file lacks columns: {', '.join(missing)}")
    return names, (dict(zip(names, row, strict=True)) for row in _whole(file, names, rows))


def _header(file: FeedFile, reader: Iterator[list[str]]) -> list[str]:
    try:
        names = next(reader, [])
    except csv.Error as error:
        raise file.invalid(f"the file is no CSV: {error}") from error
    if len(names) != len(set(names)):
        raise file.invalid("the file names a column twice")
    return names


def _csv_rows(file: FeedFile, reader: Iterator[list[str]]) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as error:
        raise file.invalid(f"the file is no CSV: {error}") from error


def _whole(file: FeedFile, names: list[str], rows: Iterable[list[str]]) -> Iterator[list[str]]:
    for place, row in enumerate(rows, start=1):
        if len(row) != len(names):
            raise file.invalid(f"row {place} has {len(row)} values, the file {len(names)} columns")
        yield row


def _parquet(file: FeedFile) -> tuple[list[str], list[list[str]]]:
    """A Parquet table as texts; DuckDB reads only from a path."""
    with tempfile.TemporaryDirectory(prefix="patchlib-") as folder, duckdb.connect() as connection:
        path = Path(folder) / "feed.parquet"
        path.write_bytes(file.data)
        try:
            found = connection.execute(
                "select coalesce(cast(columns(*) as varchar), '') from read_parquet($path)", {"path": str(path)}
            )
            names = [column[0] for column in found.description or []]
            return names, [list(row) for row in found.fetchall()]
        except duckdb.Error as error:
            raise file.invalid(f"the Parquet file is damaged: {str(error).splitlines()[0]}") from error

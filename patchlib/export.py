"""A query's rows as bytes for another program: csv, json or parquet.

Instants are naive UTC in the store and ISO text with `Z` outside; null is empty in csv and null in json.
"""

from __future__ import annotations

import os
import tempfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pandas as pd

from patchlib.errors import ParameterInvalid
from patchlib.queries import TYPES

__all__ = ["FORMATS", "as_bytes"]

FORMATS = ("csv", "json", "parquet")


def as_bytes(frame: pd.DataFrame, form: str) -> bytes:
    """The frame as `csv` (with a header line), `json` (an array of objects) or `parquet`.

    Raises ParameterInvalid for another format.
    """
    if form == "csv":
        return _plain(frame).to_csv(index=False, lineterminator="\n").encode()
    if form == "json":
        rows = _plain(frame).to_dict(orient="records")
        return orjson.dumps(rows, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    if form == "parquet":
        return _parquet(frame)
    raise ParameterInvalid(f"there is no format {form}", next_step=f"Formats: {', '.join(FORMATS)}.")


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    types = frame.attrs.get(TYPES, {})
    shown = {name: map(_VALUES.get(types.get(name, ""), _value), frame[name]) for name in frame.columns}
    return pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in shown.items()})


def _value(value: Any) -> Any:
    """What JSON knows: text, numbers, booleans, null."""
    if value is None or (not isinstance(value, list | dict) and pd.isna(value)):
        return None
    if isinstance(value, datetime):
        return f"{value.isoformat()}Z"
    if isinstance(value, date):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value


def _day(value: Any) -> str | None:
    return None if pd.isna(value) else str(pd.Timestamp(value).date())


def _number(value: Any) -> int | None:
    return None if pd.isna(value) else int(value)


# pandas turns whole numbers beside a null into fractions, and days into instants.
_VALUES = {"bigint": _number, "integer": _number, "date": _day}


def _parquet(frame: pd.DataFrame) -> bytes:
    handle, name = tempfile.mkstemp(suffix=".parquet")
    os.close(handle)
    path = Path(name)
    connection = duckdb.connect()
    try:
        connection.register("answer", frame)
        connection.execute(f"copy (select * from answer) to '{name}' (format parquet)")  # noqa: S608 - our own name
        return path.read_bytes()
    finally:
        connection.close()
        path.unlink()

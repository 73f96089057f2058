"""Rows of a frame as plain values: what is not known is None, however the frame says so."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pandas as pd

__all__ = ["day", "known", "records"]


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as mappings of plain values."""
    return [{str(name): known(value) for name, value in row.items()} for row in frame.to_dict("records")]


def day(value: Any) -> date | None:
    """A day of the store, which a frame holds as the instant at which it begins."""
    found = known(value)
    return found.date() if isinstance(found, datetime) else found


def known(value: Any) -> Any:
    """A plain value; None for every way in which a frame says that it is not known."""
    if value is None or (not isinstance(value, list | dict | tuple) and pd.isna(value)):
        return None
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    return value.item() if hasattr(value, "item") else value

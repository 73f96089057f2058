"""What passes between a place, a reader and the store: a file as it came, and the facts in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

from patchlib.errors import FeedInvalid
from patchlib.feedtables import FACT_TABLES

__all__ = ["ORIGIN", "Facts", "FeedFile", "cves_in", "day", "instant", "number", "unknown_names"]

ORIGIN = ("feed", "source", "as_of_date")
_COLUMNS = {
    table.name: tuple(column.name for column in table.columns if column.name not in ORIGIN) for table in FACT_TABLES
}
_KEYS = {table.name: tuple(name for name in table.grain if name not in ORIGIN) for table in FACT_TABLES}
_TYPES = {
    table.name: tuple(column.type for column in table.columns if column.name not in ORIGIN) for table in FACT_TABLES
}
# A day is no instant here and a truth no number, though Python has them so.
_TAKES: dict[str, tuple[type, ...]] = {
    "VARCHAR": (str,), "DOUBLE": (float,), "BIGINT": (int,), "INTEGER": (int,), "BOOLEAN": (bool,), "DATE": (date,),
    "TIMESTAMP": (datetime,),
}  # fmt: skip
_CVE = re.compile(r"CVE-\d{4}-\d{4,}")


@dataclass(frozen=True)
class FeedFile:
    """A file as it came.

    source: address or path. etag, last_modified: of the answer that brought it, "" where none.
    """

    source: str
    data: bytes
    etag: str = ""
    last_modified: str = ""

    @property
    def checksum(self) -> str:
        """SHA-256 of its bytes."""
        return sha256(self.data).hexdigest()

    def invalid(self, what: str) -> FeedInvalid:
        """The error that says what is wrong with it."""
        return FeedInvalid(what, where=self.source, next_step="The last good rows stay; get the file again.")


@dataclass
class Facts:
    """The facts of one file: rows by table, and what is to be said of them.

    as_of: day the facts are of, None where the file does not tell. row_count: rows of the file.
    """

    as_of: date | None = None
    row_count: int = 0
    model_version: str = ""
    notes: list[str] = field(default_factory=list)
    rows: dict[str, dict[tuple[Any, ...], tuple[Any, ...]]] = field(default_factory=dict)

    def add(self, table: str, **values: Any) -> bool:
        """A row of a table, what is not given is null; False where one of its name is there, which stays.

        Raises TypeError for a value that is none of its column; a name that the table lacks is a bug (KeyError).
        """
        name = f"core.{table}"
        unknown = values.keys() - set(_COLUMNS[name])
        if unknown:
            raise KeyError(f"{name} has no column {', '.join(sorted(unknown))}")
        held = self.rows.setdefault(name, {})
        key = tuple(values[column] for column in _KEYS[name])
        if key in held:
            return False
        row = tuple(values.get(column) for column in _COLUMNS[name])
        for column, type_, value in zip(_COLUMNS[name], _TYPES[name], row, strict=True):
            if type(value) not in _TAKES[type_] and (value is not None or column in _KEYS[name]):
                raise TypeError(f"{column} is a {type(value).__name__}")
        held[key] = row
        return True


def instant(file: FeedFile, text: str | None) -> datetime | None:
    """An instant [UTC, naive] from a date or time as feeds write them; None for nothing. Raises FeedInvalid."""
    if not isinstance(text, str | None):
        raise file.invalid(f"not a date: {text!r:.40}")
    if text is None or not text.strip():
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except (OverflowError, ValueError) as error:
        raise file.invalid(f"not a date: {text[:40]!r}") from error


def day(file: FeedFile, text: str | None) -> date | None:
    """A day from a date or time; None for nothing. Raises FeedInvalid."""
    moment = instant(file, text)
    return moment.date() if moment else None


def number(file: FeedFile, text: str | float | None, low: float, high: float) -> float | None:
    """A number within bounds; None for nothing. Raises FeedInvalid."""
    if text is None or text == "":
        return None
    try:
        value = float(text)
    except (TypeError, ValueError) as error:
        raise file.invalid(f"not a number: {str(text)[:40]!r}") from error
    if not low <= value <= high:
        raise file.invalid(f"{value:g} is not within {low:g} and {high:g}")
    return value


def cves_in(text: str | Sequence[str] | None) -> list[str]:
    """The CVE ids in a text or list, each once, in their order."""
    whole = " ".join(text) if isinstance(text, list | tuple) else str(text or "")
    return list(dict.fromkeys(_CVE.findall(whole)))


def unknown_names(found: Sequence[str] | Mapping[str, Any], known: frozenset[str], what: str = "columns") -> list[str]:
    """A note on columns or members that the reader does not know; they are not kept."""
    unknown = sorted(set(found) - known)
    return [f"unknown {what} left out: {', '.join(unknown)}"] if unknown else []

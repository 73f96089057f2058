"""Scalar values between Python and the wire: numbers, text, blobs and timestamps.

Every other protocol module is built from these few conversions. A value of the wrong type is a Mismatch,
never a guess: a handler that answers a number as text would otherwise teach the extractor a lie.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

__all__ = ["Mismatch", "from_json", "from_text", "timestamp_format", "to_json", "to_text", "utc", "wrong_type"]


class Mismatch(Exception):
    """A value that does not fit its shape; `path` leads to it from the outside in."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.path: list[str] = []
        super().__init__(what)

    def within(self, step: str) -> Mismatch:
        """The same mismatch, seen from one member further out."""
        self.path.insert(0, step)
        return self

    def __str__(self) -> str:
        where = "".join(step if step.startswith("[") else f".{step}" for step in self.path).lstrip(".")
        return f"{where}: {self.what}" if where else self.what


def wrong_type(value: Any, wanted: str) -> Mismatch:
    """The mismatch of a value that is not of the wanted type."""
    return Mismatch(f"{value!r:.80} is {type(value).__name__}, not {wanted}")


def utc(instant: datetime) -> datetime:
    """An aware UTC instant; a naive one is taken as UTC, as everywhere in patchlib."""
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def timestamp_format(shape: Any, default: str) -> str:
    """The wire format of a timestamp shape: `iso8601`, `unixtimestamp` or `rfc822`."""
    return str(shape.serialization.get("timestampFormat", default)).lower()


def _iso8601(instant: datetime) -> str:
    precision = "microseconds" if instant.microsecond % 1000 else "milliseconds"
    return instant.isoformat(timespec=precision)[:-6] + "Z"


_WRITE_INSTANT: dict[str, Callable[[datetime], Any]] = {
    "iso8601": _iso8601,
    "unixtimestamp": datetime.timestamp,
    "rfc822": lambda instant: format_datetime(instant, usegmt=True),
}


def _read_rfc822(text: str) -> datetime:
    return utc(parsedate_to_datetime(text))


_READ_INSTANT: dict[str, Callable[[Any], datetime]] = {
    "iso8601": lambda text: utc(datetime.fromisoformat(text)),
    "unixtimestamp": lambda seconds: datetime.fromtimestamp(float(seconds), UTC),
    "rfc822": _read_rfc822,
}


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise wrong_type(value, "a string")
    return value


def _integer(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise wrong_type(value, "an integer")
    return value


def _number(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise wrong_type(value, "a finite number")
    return value


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise wrong_type(value, "a boolean")
    return value


def _instant(value: Any) -> datetime:
    if not isinstance(value, datetime):
        raise wrong_type(value, "a datetime")
    return utc(value)


def _blob(value: Any) -> str:
    if not isinstance(value, bytes):
        raise wrong_type(value, "bytes")
    return base64.b64encode(value).decode()


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "string": _string,
    "character": _string,
    "integer": _integer,
    "long": _integer,
    "float": _number,
    "double": _number,
    "boolean": _boolean,
    "blob": _blob,
}


def to_json(shape: Any, default_format: str = "unixtimestamp") -> Callable[[Any], Any]:
    """The conversion of a scalar shape to a JSON value; it raises Mismatch for another type."""
    if shape.type_name == "timestamp":
        write = _WRITE_INSTANT[timestamp_format(shape, default_format)]
        return lambda value: write(_instant(value))
    return _CHECKS[shape.type_name]


def to_text(shape: Any, default_format: str = "iso8601") -> Callable[[Any], str]:
    """The conversion of a scalar shape to text, for XML, headers and query strings."""
    if shape.type_name == "boolean":
        return lambda value: "true" if _boolean(value) else "false"
    if shape.type_name in {"string", "character", "blob"}:
        return _CHECKS[shape.type_name]
    convert = to_json(shape, default_format)
    return lambda value: str(convert(value))


def _read_boolean(text: str) -> bool:
    if text not in {"true", "false"}:
        raise wrong_type(text, "true or false")
    return text == "true"


def _read_blob(text: str) -> bytes:
    try:
        return base64.b64decode(_string(text), validate=True)
    except ValueError as error:
        raise wrong_type(text, "base64") from error


def _guarded(read: Callable[[Any], Any], wanted: str) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        try:
            return read(value)
        except (TypeError, ValueError, OverflowError) as error:
            raise wrong_type(value, wanted) from error

    return convert


def from_text(shape: Any, default_format: str = "iso8601") -> Callable[[str], Any]:
    """The conversion of text from a form, a query string, a header or a path to a scalar shape."""
    kind = shape.type_name
    if kind in {"integer", "long"}:
        return _guarded(int, "an integer")
    if kind in {"float", "double"}:
        return _guarded(float, "a number")
    if kind == "timestamp":
        written = timestamp_format(shape, default_format)
        return _guarded(_READ_INSTANT[written], f"a timestamp ({written})")
    if kind == "boolean":
        return _read_boolean
    return _read_blob if kind == "blob" else _string


def from_json(shape: Any, default_format: str = "unixtimestamp") -> Callable[[Any], Any]:
    """The conversion of a JSON value of a request to a scalar shape."""
    kind = shape.type_name
    if kind in {"timestamp", "blob"}:
        return from_text(shape, default_format)
    if kind in {"float", "double"}:
        # JSON has no word for NaN and the infinities; AWS protocols write them as strings.
        return lambda value: float(value) if value in {"NaN", "Infinity", "-Infinity"} else _number(value)
    return _CHECKS[kind]

"""Promises of scalar values: exact both ways, and never guessed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given

from patchlib.sandbox.scalars import Mismatch, from_json, from_text, to_json, to_text, utc
from tests.sandbox.shape_values import instants

INSTANT = datetime(2026, 11, 2, 6, 0, 0, 250000, tzinfo=UTC)


def shape(type_name: str, **traits: str) -> Any:
    """A scalar shape."""
    return SimpleNamespace(type_name=type_name, serialization=traits)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("iso8601", "2026-11-02T06:00:00.250Z"),
        ("unixtimestamp", "1793599200.25"),
        ("rfc822", "Mon, 02 Nov 2026 06:00:00 GMT"),
    ],
)
def test_an_instant_in_each_format(written: str, text: str) -> None:
    """As AWS writes them: milliseconds in ISO 8601, seconds in RFC 822."""
    stamp = shape("timestamp", timestampFormat=written)
    assert to_text(stamp)(INSTANT) == text
    expected = INSTANT.replace(microsecond=0) if written == "rfc822" else INSTANT
    assert from_text(stamp)(text) == expected


@given(instants())
def test_instants_are_exact_to_the_microsecond(instant: datetime) -> None:
    """As text and as a JSON number."""
    stamp = shape("timestamp")
    assert from_text(stamp)(to_text(stamp)(instant)) == instant
    assert from_json(stamp)(to_json(stamp)(instant)) == instant


def test_a_naive_instant_is_utc_and_another_zone_is_converted() -> None:
    """Time is UTC in patchlib."""
    naive = INSTANT.replace(tzinfo=None)
    assert utc(naive) == utc(INSTANT.astimezone(timezone(timedelta(hours=5)))) == INSTANT


@pytest.mark.parametrize(
    ("type_name", "value"),
    [
        ("string", 3),
        ("string", None),
        ("integer", "3"),
        ("integer", True),
        ("long", 3.0),
        ("double", "3"),
        ("double", float("nan")),
        ("boolean", 1),
        ("blob", "text"),
        ("timestamp", "2026-11-02"),
        ("timestamp", 1793599200),
    ],
)
@pytest.mark.parametrize("convert", [to_json, to_text])
def test_a_value_of_another_type_is_a_mismatch(convert: Any, type_name: str, value: Any) -> None:
    """A handler that answers a number as text would teach the extractor a lie."""
    with pytest.raises(Mismatch, match=f"is {type(value).__name__}, not "):
        convert(shape(type_name))(value)


@pytest.mark.parametrize(
    ("type_name", "text"),
    [
        ("integer", "x"),
        ("double", ""),
        ("boolean", "True"),
        ("blob", "*"),
        ("blob", "é"),
        ("timestamp", "soon"),
    ],
)
def test_text_that_says_no_such_value_is_a_mismatch(type_name: str, text: str) -> None:
    """In forms, query strings and headers."""
    with pytest.raises(Mismatch):
        from_text(shape(type_name))(text)


@pytest.mark.parametrize(
    ("type_name", "value"), [("integer", 3.5), ("string", 3), ("boolean", "true"), ("double", "3")]
)
def test_json_of_another_type_is_a_mismatch(type_name: str, value: Any) -> None:
    """In request bodies."""
    with pytest.raises(Mismatch):
        from_json(shape(type_name))(value)


def test_a_mismatch_tells_its_way_in() -> None:
    """Members with dots, positions in brackets."""
    assert str(Mismatch("odd").within("[2]").within("Tags").within("Instances")) == "Instances.Tags[2]: odd"

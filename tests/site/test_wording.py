"""Promises of the words that values are shown in."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from patchlib.site.wording import change, plain, quantity, spell_unit, text


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.835, "share", "83.5"),
        (1.0, "share", "100"),
        (0, "share", "0"),
        (12345, "nodes", "12,345"),
        (13.25, "d", "13.2"),
        (0.031, "d", "0.031"),
        (1234.6, "usd", "1,235"),
        (-3, "points", "−3"),
        (True, "", "yes"),
        (float("inf"), "d", "without end"),
    ],
)
def test_a_quantity_has_the_digits_a_reader_needs(value: object, unit: str, shown: str) -> None:
    """Shares as percent, thousands separated, one decimal from 1 to 100, two digits below."""
    assert quantity(value, unit) == shown


@pytest.mark.parametrize(("share", "shown"), [(0.9999, ">99.9"), (0.00001, "<0.1"), (0.9994, "99.9")])
def test_a_share_is_never_rounded_to_all_or_none(share: float, shown: str) -> None:
    """A rounded figure claims neither 100 % nor 0 % unless it is."""
    assert quantity(share, "share") == shown


@pytest.mark.parametrize("value", [None, float("nan")])
def test_what_is_not_known_is_said_so(value: object) -> None:
    """An unknown value is a word, never a zero or an empty cell."""
    assert quantity(value, "nodes") == text(value) == "unknown"
    assert plain(value) is None


@pytest.mark.parametrize(
    ("value", "before", "unit", "better", "said"),
    [
        (0.85, 0.83, "share", "higher", "up 2 points, better"),
        (60, 57, "nodes", "lower", "up 3 nodes, worse"),
        (12.0, 13.5, "d", "lower", "down 1.5 days, better"),
        (12.0, 13.5, "d", "", "down 1.5 days"),
        (5, 5, "nodes", "lower", "unchanged"),
    ],
)
def test_a_change_is_said_in_words(value: float, before: float, unit: str, better: str, said: str) -> None:
    """Direction, size, unit and verdict are words: no reader depends on a colour or an arrow."""
    assert change(value, before, unit, better) == said


def test_times_are_said_in_utc_and_sorted_as_iso() -> None:
    """Instants read to the minute with their zone; as plain values they are ISO `Z`, days ISO."""
    moment = datetime(2026, 11, 2, 6, 30, tzinfo=UTC)
    assert text(moment) == "2026-11-02 06:30 UTC"
    assert plain(moment.astimezone(timezone(timedelta(hours=2)))) == "2026-11-02T06:30:00Z"
    assert plain(date(2026, 11, 2)) == text(date(2026, 11, 2)) == "2026-11-02"


def test_units_are_words() -> None:
    """Short unit symbols are spelt out; other units stay as they are."""
    assert [spell_unit(unit) for unit in ("d", "h", "share", "usd", "nodes")] == ["days", "hours", "%", "USD", "nodes"]

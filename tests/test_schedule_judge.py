"""Crons in UTC against aws-croniter, an implementation by other people, and where the two part."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice

import pytest
from aws_croniter import AwsCroniter
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from patchlib.schedule import occurrences, read_schedule
from tests.crons import crons

COUNT = 4
JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
# Naive: hypothesis adds the zone.
SPAN = datetime(2000, 1, 1), datetime(2040, 1, 1)  # noqa: DTZ001

# What they answer after JANUARY (None: nothing, or that they cannot), what we do, and why ours stands.
PARTING = [
    ("0 0 ? * L *", None, "2026-01-03", "the guide: L is the last day of the week; they look for a day 0"),
    ("0 0 LW * ? *", None, "2026-01-30", "their pattern lets LW in, their reader takes the L for a number"),
    ("0 0 ? * 1/3 *", None, "2026-01-03", "the guide's table lets / stand in day of week; their pattern does not"),
    ("0 0 *,1 * ? *", None, "2026-01-02", "a list may hold *, which makes the rest idle; their pattern refuses it"),
    ("0 0 ? FEB 2#5 *", None, "2044-02-29", "they give up after ten steps, a year each; this goes on to the last year"),
]


def _theirs(text: str, after: datetime) -> list[datetime]:
    """Their next firings, up to where they gave up."""
    found: list[datetime | None] = AwsCroniter(text).get_next(after, COUNT)
    return [at for at in found if at is not None]


# In whole seconds: they round to milliseconds first, and half of one before a minute is then the minute itself.
seconds = st.datetimes(*SPAN, timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0))


@settings(max_examples=400)
@given(crons(narrow=True), seconds)
def test_two_implementations_agree_in_utc(text: str, after: datetime) -> None:
    """Whatever aws-croniter answers within its ten steps, this answers too, one by one."""
    theirs = _theirs(text.removeprefix("cron(").removesuffix(")"), after)
    assume(theirs)
    assert [one.at for one in islice(occurrences(read_schedule(text), after), len(theirs))] == theirs


@pytest.mark.parametrize(("text", "their_day", "our_day", "reason"), PARTING, ids=[row[0] for row in PARTING])
def test_where_they_part_is_known(text: str, their_day: str | None, our_day: str, reason: str) -> None:
    """Each disagreement still is one, and has its reason."""
    try:
        theirs = [f"{at:%Y-%m-%d}" for at in _theirs(text, JANUARY)]
    except ValueError:  # what they cannot read
        theirs = []
    ours = next(occurrences(read_schedule(f"cron({text})"), JANUARY)).at
    assert (theirs[:1], f"{ours:%Y-%m-%d}") == ([their_day] if their_day else [], our_day), reason

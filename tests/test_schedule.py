"""When schedules fire: AWS's own examples, clocks derived by hand, and what must hold for any schedule."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchlib.errors import ParameterInvalid
from patchlib.expression import Cron
from patchlib.schedule import Occurrence, Schedule, Skipped, instant_of, occurrences, opening, read_schedule, timeline
from tests.crons import crons

CASES = tomllib.loads(Path(__file__).with_name("schedule_cases.toml").read_text(encoding="utf-8"))["case"]
ZONES = ("UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Cairo")

# Naive: hypothesis adds the zone.
SPAN = datetime(2000, 1, 1), datetime(2040, 1, 1)  # noqa: DTZ001
instants = st.datetimes(*SPAN, timezones=st.just(UTC))
units = st.sampled_from(["hour", "day"])
rates = st.builds(lambda n, unit: f"rate({n} {unit}{'s' * (n > 1)})", st.integers(1, 40), units)
schedules = st.one_of(
    st.builds(
        lambda text, zone, days, start: read_schedule(text, timezone=zone, offset_days=days, start=start),
        crons(),
        st.sampled_from(ZONES),
        st.none() | st.integers(1, 6),
        st.none() | instants,
    ),
    st.builds(lambda text, start: read_schedule(text, timezone="Europe/Berlin", start=start), rates, instants),
)


def _name(case: dict[str, Any]) -> str:
    return f"{case['expression']} {case.get('timezone', 'UTC')} {case['after']}"


def _schedule(case: dict[str, Any]) -> Schedule:
    gates = {name: instant_of(case[name], name) for name in ("start", "end", "made") if name in case}
    return read_schedule(
        case["expression"], timezone=case.get("timezone", "UTC"), offset_days=case.get("offset_days"), **gates
    )


def _until(case: dict[str, Any]) -> Iterator[Occurrence | Skipped]:
    """The timeline up to the last firing that the case tells of, or to its end."""
    left = len(case["fires"])
    for found in timeline(_schedule(case), instant_of(case["after"], "after")):
        yield found
        left -= isinstance(found, Occurrence)
        if left == 0 and not case.get("ends"):
            return


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_it_fires_as_the_case_tells(case: dict[str, Any]) -> None:
    """The next firings, what is left of them, and what the clocks did to them."""
    found = list(_until(case))
    fired = [one for one in found if isinstance(one, Occurrence)]
    assert [f"{one.at:%Y-%m-%dT%H:%M:%SZ}" for one in fired] == case["fires"]
    assert [one.wall.isoformat() for one in fired if one.is_repeated] == case.get("repeated", [])
    assert [one.wall.isoformat() for one in found if isinstance(one, Skipped)] == case.get("skipped", [])


def test_the_table_is_whole() -> None:
    """Every case says where its expectation comes from, and none is told twice."""
    assert all(case["source"] for case in CASES)
    asked = [{key: value for key, value in case.items() if key not in {"fires", "source"}} for case in CASES]
    assert len(asked) >= 40
    assert all(asked.count(case) == 1 for case in asked)


@given(schedules, instants)
def test_firings_ascend_strictly_after_the_instant(schedule: Schedule, after: datetime) -> None:
    """Each is later than the one before and the first is later than what was asked; none is before the start."""
    found = [one.at for one in islice(occurrences(schedule, after), 5)]
    assert all(earlier < later for earlier, later in pairwise([after, *found]))
    assert schedule.start is None or all(at >= schedule.start for at in found)


@given(schedules, instants, st.integers(1, 5))
def test_more_firings_begin_with_the_same(schedule: Schedule, after: datetime, count: int) -> None:
    """N firings are the first N of N + 1."""
    more = list(islice(occurrences(schedule, after), count + 1))
    assert list(islice(occurrences(schedule, after), count)) == more[:count]


@given(schedules, instants, st.integers(0, 999))
def test_nothing_changes_between_two_firings(schedule: Schedule, after: datetime, part: int) -> None:
    """Whenever one asks between two firings, the second is next."""
    for earlier, later in pairwise(islice(occurrences(schedule, after), 3)):
        asked = earlier.at + (later.at - earlier.at) * part / 1000
        assert next(occurrences(schedule, asked)) == later


@given(schedules, instants)
def test_the_wall_clock_shows_what_the_fields_name(schedule: Schedule, after: datetime) -> None:
    """Every firing is on the zone's clock at its wall time, and that less the offset is what the cron names."""
    for one in islice(timeline(schedule, after), 5):
        if isinstance(one, Occurrence):
            assert one.at.astimezone(schedule.zone).replace(tzinfo=None, fold=0) == one.wall
        if isinstance(schedule.expression, Cron):
            assert schedule.expression.names(one.wall - timedelta(days=schedule.offset_days))


@given(st.sampled_from(ZONES), instants)
def test_every_minute_is_every_wall_minute_once(zone: str, after: datetime) -> None:
    """A cron of every minute fires in each minute of UTC, but for those whose wall time comes a second time."""
    schedule = read_schedule("cron(* * * * ? *)", timezone=zone)
    end = after + timedelta(hours=4)
    fired = [one.at for one in _before(occurrences(schedule, after), end)]
    first = after.replace(second=0, microsecond=0) + timedelta(minutes=1)
    minutes = [first + timedelta(minutes=n) for n in range(240) if first + timedelta(minutes=n) <= end]
    assert fired == [at for at in minutes if not at.astimezone(ZoneInfo(zone)).fold]


def _before(found: Iterator[Occurrence], end: datetime) -> Iterator[Occurrence]:
    for one in found:
        if one.at > end:
            return
        yield one


def test_a_night_that_is_always_jumped_over_ends_too() -> None:
    """The second Sunday of March at 02:30 is on New York's clock in no year to come: all are skipped, and it ends."""
    found = list(timeline(read_schedule("cron(30 2 ? 3 1#2 *)", timezone="America/New_York"), SPAN[1]))
    assert found
    assert {type(one) for one in found} == {Skipped}
    assert found[-1].wall.year == 2199


def test_a_naive_instant_is_utc() -> None:
    """The store's instants are naive UTC; they may be handed over as they are."""
    naive = datetime(2026, 1, 1, 1)  # noqa: DTZ001
    schedule = read_schedule("rate(1 hour)", start=naive)
    assert schedule == read_schedule("rate(1 hour)", start=naive.replace(tzinfo=UTC))
    assert next(occurrences(schedule, naive)).at == datetime(2026, 1, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"expression": "rate(1 hour)", "offset_days": 2}, "cron only"),
        ({"expression": "at(2026-01-01T00:00:00)", "offset_days": 2}, "cron only"),
        ({"expression": "cron(0 0 * * ? *)", "offset_days": 0}, "1 to 6"),
        ({"expression": "cron(0 0 * * ? *)", "offset_days": 7}, "1 to 6"),
        ({"expression": "cron(0 0 * * ? *)", "timezone": "europe/berlin"}, "Europe/Berlin"),
        ({"expression": "cron(0 0 * * ? *)", "timezone": ""}, "IANA"),
        ({"expression": "cron(0 0 * * ? *)", "timezone": "localtime"}, "no such time zone"),
        ({"expression": "cron(0 0 * * ? *)", "timezone": "../etc/passwd"}, "no such time zone"),
        ({"expression": "cron(0 0 * * ?)"}, "6 fields"),
    ],
)
def test_what_cannot_be_read_is_refused(asked: dict[str, Any], says: str) -> None:
    """An offset out of place, a zone that is none, an expression that is none: each with what is allowed."""
    with pytest.raises(ParameterInvalid, match=says):
        read_schedule(**asked)


@pytest.mark.parametrize(
    ("words", "instant"),
    [
        ("2026-11-02", "2026-11-02T00:00:00+00:00"),
        ("2026-11-02T06:00", "2026-11-02T06:00:00+00:00"),
        ("2020-07-26T00:00+10:00", "2020-07-25T14:00:00+00:00"),
    ],
)
def test_an_instant_without_an_offset_is_utc(words: str, instant: str) -> None:
    """Texts as people and the API write them."""
    assert instant_of(words, "after").isoformat() == instant


@pytest.mark.parametrize("words", ["", "soon", "2026-02-30", "0001-01-01T00:00:00+10:00", "2026-11-02T25:00:00Z"])
def test_what_is_no_instant_is_refused(words: str) -> None:
    """The refusal says which of the instants it is."""
    with pytest.raises(ParameterInvalid, match="after is not an instant"):
        instant_of(words, "after")


def test_a_window_lasts_elapsed_hours() -> None:
    """Opened in Berlin at 00:00 on the night of 25 hours (22:00Z), four hours end at 02:00Z, which is 03:00 there."""
    schedule = read_schedule("cron(0 0 ? * SUN *)", timezone="Europe/Berlin")
    (one,) = islice(occurrences(schedule, datetime(2026, 10, 24, tzinfo=UTC)), 1)
    window = opening(one.at, duration_hours=4, cutoff_hours=1)
    assert window.opens_at == datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert window.last_start_at == datetime(2026, 10, 25, 1, tzinfo=UTC)
    assert window.closes_at == datetime(2026, 10, 25, 2, tzinfo=UTC)
    assert window.closes_at.astimezone(ZoneInfo("Europe/Berlin")).hour == 3


@pytest.mark.parametrize(("duration", "cutoff"), [(0, 0), (25, 1), (4, -1), (4, 5), (24, 24)])
def test_lengths_that_no_window_has_are_refused(duration: int, cutoff: int) -> None:
    """A window is open 1 to 24 hours, and its cutoff lies within it."""
    with pytest.raises(ParameterInvalid, match="Write"):
        opening(datetime(2026, 1, 1, tzinfo=UTC), duration_hours=duration, cutoff_hours=cutoff)

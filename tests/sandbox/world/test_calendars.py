"""Promises of the world's own calendars."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from patchlib.sandbox.world.calendars import Schedule, from_datetime, instant, occurrences, to_datetime

BERLIN = "Europe/Berlin"


def local(schedule: Schedule, first: date, last: date) -> list[str]:
    zone = ZoneInfo(schedule.timezone)
    found = occurrences(schedule, first, last)
    return [to_datetime(int(at)).astimezone(zone).strftime("%a %Y-%m-%d %H:%M") for at in found]


def test_weekly_keeps_local_time_over_daylight_saving() -> None:
    """A window at 04:00 opens at 04:00 local time before and after the clocks change."""
    sundays = local(Schedule(6, 4, BERLIN), date(2026, 10, 18), date(2026, 11, 1))
    assert sundays == ["Sun 2026-10-18 04:00", "Sun 2026-10-25 04:00", "Sun 2026-11-01 04:00"]


def test_second_tuesday_with_offset() -> None:
    """The Saturday after Patch Tuesday is the second Tuesday and four days, local time."""
    found = local(Schedule(1, 22, BERLIN, nth=2, offset_days=4), date(2026, 3, 1), date(2026, 4, 30))
    assert found == ["Sat 2026-03-14 22:00", "Sat 2026-04-18 22:00"]


def test_every_day() -> None:
    """Without a weekday the window opens daily."""
    assert len(occurrences(Schedule(None, 0, BERLIN), date(2026, 3, 1), date(2026, 3, 31))) == 31


def test_occurrences_ascend() -> None:
    """Openings come in order, so that the first after an instant is found by bisection."""
    found = occurrences(Schedule(1, 22, "America/New_York", nth=2, offset_days=4), date(2023, 1, 1), date(2028, 1, 1))
    assert (found[1:] > found[:-1]).all()
    assert len(found) == 60


@pytest.mark.parametrize(
    ("schedule", "expression"),
    [
        (Schedule(6, 4, BERLIN), "cron(0 4 ? * SUN *)"),
        (Schedule(1, 22, BERLIN, nth=2, offset_days=4), "cron(0 22 ? * TUE#2 *)"),
        (Schedule(None, 0, BERLIN), "cron(0 0 ? * * *)"),
    ],
)
def test_schedule_says_itself(schedule: Schedule, expression: str) -> None:
    """The SSM expression means what the schedule does."""
    assert schedule.expression == expression


def test_instants_round_trip() -> None:
    """Text to seconds to datetime and back is the identity."""
    assert from_datetime(to_datetime(instant("2026-03-10T17:00:00Z"))) == instant("2026-03-10T17:00:00+00:00")
    assert to_datetime(instant("2026-03-10")) == datetime.fromisoformat("2026-03-10T00:00:00+00:00")

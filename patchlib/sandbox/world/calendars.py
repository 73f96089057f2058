"""Instants, and when the world's own maintenance windows open.

A schedule here is one of three plain forms (every weekday, every nth weekday of the month, every day) and
can say itself as an SSM cron expression. Instants are whole seconds since 1970-01-01T00:00Z.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

__all__ = ["DAY", "HOUR", "NEVER", "Instants", "Schedule", "from_datetime", "instant", "occurrences", "to_datetime"]

HOUR = 3600
DAY = 24 * HOUR
# Later than anything the world knows, and far from overflow when days are added.
NEVER = 2**60
Instants = npt.NDArray[np.int64]

_WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


def instant(text: str) -> int:
    """Seconds since 1970 of an ISO instant such as `2026-03-10T17:00:00Z`, or of a date's midnight UTC."""
    moment = datetime.fromisoformat(text)
    return from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def from_datetime(moment: datetime) -> int:
    """Seconds since 1970 of an aware datetime."""
    return int(moment.timestamp())


def to_datetime(seconds: int) -> datetime:
    """The aware UTC datetime of seconds since 1970."""
    return datetime.fromtimestamp(int(seconds), tz=UTC)


@dataclass(frozen=True)
class Schedule:
    """When a window opens, in local time.

    weekday:     0 = Monday; None = every day.
    hour:        local hour of the opening; hours that daylight saving skips (1 to 3) are not used.
    timezone:    an IANA name.
    nth:         None = every week; 2 = the second such weekday of each month, and so on.
    offset_days: days to wait after the scheduled day (SSM's ScheduleOffset), 0 = none.
    """

    weekday: int | None
    hour: int
    timezone: str
    nth: int | None = None
    offset_days: int = 0

    @property
    def expression(self) -> str:
        """The same schedule as an SSM cron expression (the offset is a field of its own)."""
        if self.weekday is None:
            return f"cron(0 {self.hour} ? * * *)"
        place = "" if self.nth is None else f"#{self.nth}"
        return f"cron(0 {self.hour} ? * {_WEEKDAYS[self.weekday]}{place} *)"

    def _days(self, first: date, last: date) -> Iterator[date]:
        day = first
        while day <= last:
            if (self.weekday is None or day.weekday() == self.weekday) and (
                self.nth is None or (day.day - 1) // 7 + 1 == self.nth
            ):
                yield day + timedelta(days=self.offset_days)
            day += timedelta(days=1)


@cache
def occurrences(schedule: Schedule, first: date, last: date) -> Instants:
    """Every opening whose scheduled day lies in first..last, ascending."""
    zone = ZoneInfo(schedule.timezone)
    opening = time(schedule.hour)
    days = schedule._days(first, last)
    return np.array([from_datetime(datetime.combine(day, opening, tzinfo=zone)) for day in days], dtype=np.int64)

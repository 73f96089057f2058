"""Change calendars: the organisation's freezes, as the accounts that own them wrote them down.

Each is open by default and closed during its events. They block State Manager and Automation where those ask
them; the world's maintenance windows do not, as in life.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from patchlib.sandbox.world.calendars import from_datetime, instant, to_datetime
from patchlib.sandbox.world.directory import HOME_REGION

__all__ = ["FREEZES", "Event", "Freeze", "visible"]

_ZONE = "Europe/Berlin"


@dataclass(frozen=True)
class Event:
    """One closed period in local time, `YYYY-MM-DDTHH:MM:SS`; `every_year` repeats it on the same dates."""

    summary: str
    starts: str
    ends: str
    every_year: bool = False

    def periods(self) -> Iterator[tuple[int, int]]:
        """(start, end) of every occurrence up to 2029, in seconds since 1970."""
        first = int(self.starts[:4])
        for year in range(first, 2029 if self.every_year else first + 1):
            later = year - first
            yield _local(self.starts, later), _local(self.ends, later)


def _local(text: str, years: int) -> int:
    moment = to_datetime(instant(text)).replace(tzinfo=ZoneInfo(_ZONE))
    return from_datetime(moment.replace(year=moment.year + years))


@dataclass(frozen=True)
class Freeze:
    """A change calendar: its owner, whom it is shared with, and when it is closed."""

    name: str
    owner_id: str
    region: str
    created_at: str
    events: tuple[Event, ...]
    shared_with: tuple[str, ...] = ()

    @property
    def arn(self) -> str:
        """The document's ARN, by which other accounts know it."""
        return f"arn:aws:ssm:{self.region}:{self.owner_id}:document/{self.name}"

    def state(self, moment: int) -> tuple[str, int | None]:
        """(OPEN or CLOSED at an instant, the next change after it if there is one)."""
        periods = sorted(period for event in self.events for period in event.periods())
        is_closed = any(start <= moment < end for start, end in periods)
        changes = [at for period in periods for at in period if at > moment]
        return ("CLOSED" if is_closed else "OPEN"), min(changes, default=None)

    @property
    def text(self) -> str:
        """The calendar as iCalendar text; lines are folded as RFC 5545 asks."""
        lines = ["BEGIN:VCALENDAR", "PRODID:-//AWS//Change Calendar 1.0//EN", "VERSION:2.0"]
        lines += ["X-CALENDAR-TYPE:DEFAULT_OPEN", "X-WR-CALDESC:", "X-CALENDAR-CMEVENTS:DISABLED"]
        for number, event in enumerate(self.events, start=1):
            lines += ["BEGIN:VEVENT", f"UID:{self.name}-{number}@alderbrook.example.com", "DTSTAMP:20250110T090000Z"]
            lines += [f"DTSTART;TZID={_ZONE}:{_basic(event.starts)}", f"DTEND;TZID={_ZONE}:{_basic(event.ends)}"]
            lines += ["RRULE:FREQ=YEARLY"] if event.every_year else []
            lines += ["SUMMARY:" + event.summary.replace(",", "\\,"), "END:VEVENT"]
        return "".join(f"{folded}\r\n" for line in [*lines, "END:VCALENDAR"] for folded in _folded(line))


def _basic(text: str) -> str:
    return text.replace("-", "").replace(":", "")


def _folded(line: str) -> Iterator[str]:
    yield line[:75]
    for start in range(75, len(line), 74):
        yield " " + line[start : start + 74]


_PRODUCTION_A, _PRODUCTION_B, _SHARED = "210400173933", "210400173974", "210400173962"
FREEZES = (
    Freeze(
        name="year-end-freeze",
        owner_id=_PRODUCTION_A,
        region=HOME_REGION,
        created_at="2024-09-18T08:12:31Z",
        events=(
            Event(
                "Year-end trading, no change without the approval of the change board",
                "2024-12-13T18:00:00",
                "2024-12-31T23:00:00",
                every_year=True,
            ),
            Event("Autumn campaign", "2026-09-21T00:00:00", "2026-09-28T00:00:00"),
        ),
        shared_with=(_PRODUCTION_B,),
    ),
    # Closed when the demo looks, over the week of its windows.
    Freeze(
        name="audit-freeze",
        owner_id=_SHARED,
        region=HOME_REGION,
        created_at="2026-10-05T13:40:02Z",
        events=(Event("Audit of the directory services", "2026-10-26T00:00:00", "2026-11-07T00:00:00"),),
    ),
)


def visible(account_id: str, region: str, as_of: int) -> Iterator[Freeze]:
    """The calendars that an account owns or is given in a Region, once they are made."""
    for freeze in FREEZES:
        is_given = account_id in (freeze.owner_id, *freeze.shared_with)
        if is_given and freeze.region == region and instant(freeze.created_at) <= as_of:
            yield freeze

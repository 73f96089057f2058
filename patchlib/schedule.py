"""When an SSM schedule fires: pure functions over an expression, a time zone, an offset and two gates.

Source: AWS Systems Manager User Guide, "Maintenance window scheduling and active period options"; API reference,
CreateMaintenanceWindow. Instants come aware, or naive and then UTC as everywhere in the store; they leave aware, UTC.

Where SSM's pages are silent, these rules hold:
- Clocks: a wall time in a gap (spring) is skipped and one in an overlap (autumn) fires once, at the first, as the
  guide of EventBridge Scheduler says of its own. Both are reported.
- An offset counts days on the wall clock, and it is the shifted wall time that a gap can swallow.
- Gates are inclusive and hold for the firing, not for the day that an offset counts from.
- A rate counts elapsed time from its start, else from when the schedule was made, else from the instant asked about.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from patchlib.errors import ParameterInvalid
from patchlib.expression import FIRST_YEAR, LAST_YEAR, At, Cron, Expression, Rate, read_expression

__all__ = [
    "OFFSET_DAYS",
    "Occurrence",
    "Opening",
    "Schedule",
    "Skipped",
    "instant_of",
    "occurrences",
    "opening",
    "read_schedule",
    "timeline",
]

# ScheduleOffset, Duration and Cutoff of CreateMaintenanceWindow: valid ranges of the API reference, both ends in.
OFFSET_DAYS = (1, 6)
_DURATION_HOURS, _CUTOFF_HOURS = (1, 24), (0, 23)
_TICK = timedelta(microseconds=1)
# Wall times are only compared inside these, which any zone can convert.
_EARLIEST, _LATEST = datetime(FIRST_YEAR - 1, 1, 1, tzinfo=UTC), datetime(LAST_YEAR + 2, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Schedule:
    """An expression with all that decides when it fires. read_schedule makes one from the API's values.

    offset_days: days on the wall clock from a cron's day to the firing, 0 for none.
    start, end:  the gates, aware UTC; None where there is none.
    made:        when the schedule was created, aware UTC; None where that is not known. Nothing fires before it, and
                 an offset does not rescue a period whose cron day was over by then (user guide, "Schedule offsets").
    """

    expression: Expression
    zone: ZoneInfo
    offset_days: int = 0
    start: datetime | None = None
    end: datetime | None = None
    made: datetime | None = None


@dataclass(frozen=True)
class Occurrence:
    """One firing: at, aware UTC; wall, what the zone's clock shows then, naive.

    is_repeated: the clock shows this time twice; `at` is the first.
    """

    at: datetime
    wall: datetime
    is_repeated: bool = False


@dataclass(frozen=True)
class Skipped:
    """A wall time, naive, at which the schedule would fire and which the zone's clock jumps over."""

    wall: datetime


@dataclass(frozen=True)
class Opening:
    """A maintenance window while it is open, aware UTC.

    last_start_at: no task starts after this (the end less the cutoff).
    """

    opens_at: datetime
    last_start_at: datetime
    closes_at: datetime


def read_schedule(
    expression: str,
    *,
    timezone: str = "UTC",
    offset_days: int | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    made: datetime | None = None,
) -> Schedule:
    """A schedule from the API's values: Schedule, ScheduleTimezone, ScheduleOffset [d], StartDate, EndDate.

    timezone: an IANA name. made: CreatedDate, where it is known.
    Raises ParameterInvalid for an expression or a zone that cannot be read, and for an offset that is not 1 to 6 days
    or does not stand with a cron.
    """
    read = read_expression(expression)
    if offset_days is not None:
        low, high = OFFSET_DAYS
        if not isinstance(read, Cron):
            step = "Leave the offset out, or write a cron expression."
            raise ParameterInvalid("an offset goes with cron only", where=expression, next_step=step)
        if not low <= offset_days <= high:
            step = f"Write {low} to {high} days, or leave it out."
            raise ParameterInvalid(f"offset cannot be {offset_days}", where=expression, next_step=step)
    start, end, made = (None if moment is None else _utc(moment) for moment in (start, end, made))
    return Schedule(read, _zone(timezone), offset_days or 0, start, end, made)


@cache
def _zone_names() -> frozenset[str]:
    return frozenset((files("tzdata") / "zones").read_text(encoding="utf-8").split())


def _zone(name: str) -> ZoneInfo:
    """The zone of an IANA name. Other files of a machine's zone folder (localtime, posixrules) are none."""
    if name in _zone_names():
        return ZoneInfo(name)
    near = get_close_matches(name, sorted(_zone_names()), n=1)
    step = f"Did you mean {near[0]}?" if near else "Write an IANA name such as Europe/Berlin."
    raise ParameterInvalid(f"no such time zone: {name!r}", next_step=step)


def instant_of(words: str, name: str) -> datetime:
    """The instant that an ISO text names, aware UTC; without an offset it is UTC, a date is its midnight.

    name: what the text is, for the error. Raises ParameterInvalid for anything else.
    """
    try:
        return _utc(datetime.fromisoformat(words))
    except (ValueError, OverflowError) as error:
        step = "Write 2026-11-02 or 2026-11-02T06:00:00Z."
        raise ParameterInvalid(f"{name} is not an instant: {words!r}", next_step=step) from error


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def occurrences(schedule: Schedule, after: datetime) -> Iterator[Occurrence]:
    """The firings strictly after an instant, ascending; it ends with the end gate or the last year."""
    return (found for found in timeline(schedule, after) if isinstance(found, Occurrence))


def timeline(schedule: Schedule, after: datetime) -> Iterator[Occurrence | Skipped]:
    """The firings strictly after an instant, and between them what the clock jumps over, as the wall clock has them.

    It ends where nothing can fire any more, at once for an expression that never can (the 30th of February).
    """
    after = _utc(after)
    # A gate lets its own instant in, so the search begins a tick before it.
    gates = [gate - _TICK for gate in (schedule.start, schedule.made) if gate is not None and gate > after]
    begin = max([after, *gates])
    if isinstance(schedule.expression, Rate):
        yield from _beats(schedule.expression, schedule, after, begin)
        return
    end = _LATEST if schedule.end is None else schedule.end
    last_wall = _wall(end, schedule.zone)
    for wall in _walls(schedule, begin):
        at = _first(wall, schedule.zone)
        if _wall(at, schedule.zone) != wall:
            if wall > last_wall:
                return
            yield Skipped(wall)
            continue
        if at > end:
            return
        if at > begin:
            yield Occurrence(at, wall, is_repeated=_is_repeated(wall, schedule.zone))


def opening(at: datetime, *, duration_hours: int, cutoff_hours: int) -> Opening:
    """The window that an occurrence opens: elapsed hours, whatever the clocks do meanwhile.

    duration_hours: 1 to 24 [h]; cutoff_hours: 0 to 23 [h], not more than the duration. Raises ParameterInvalid.
    """
    for name, hours, (low, high) in (
        ("duration", duration_hours, _DURATION_HOURS),
        ("cutoff", cutoff_hours, (_CUTOFF_HOURS[0], min(_CUTOFF_HOURS[1], duration_hours))),
    ):
        if not low <= hours <= high:
            raise ParameterInvalid(f"{name} cannot be {hours} hours", next_step=f"Write {low} to {high}.")
    opens = _utc(at)
    closes = opens + timedelta(hours=duration_hours)
    return Opening(opens, closes - timedelta(hours=cutoff_hours), closes)


def _walls(schedule: Schedule, begin: datetime) -> Iterator[datetime]:
    """The wall times named that come after an instant, offset added. What is over on the wall clock is over."""
    wall, shift = _wall(begin, schedule.zone), timedelta(days=schedule.offset_days)
    if isinstance(schedule.expression, At):
        if schedule.expression.wall > wall:
            yield schedule.expression.wall
    elif isinstance(schedule.expression, Cron):
        for named in schedule.expression.after(wall - shift):
            is_over = schedule.made is not None and _first(named, schedule.zone) <= schedule.made
            if not (shift and is_over):
                yield named + shift


def _beats(rate: Rate, schedule: Schedule, after: datetime, begin: datetime) -> Iterator[Occurrence]:
    """Multiples of the period after the anchor; in whole seconds, so that no period is too long to add."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    anchors = [moment for moment in (schedule.start, schedule.made) if moment is not None]
    # Not before the gate where it has a fraction of a second; asked about an instant, the second it lies in.
    anchor = -((epoch - max(anchors)) // timedelta(seconds=1)) if anchors else (after - epoch) // timedelta(seconds=1)
    last = (min(schedule.end, _LATEST) if schedule.end else _LATEST) - epoch
    count = max(0 if anchors else 1, ((begin - epoch) // timedelta(seconds=1) - anchor) // rate.period)
    while (seconds := anchor + count * rate.period) <= last // timedelta(seconds=1):
        at = epoch + timedelta(seconds=seconds)
        if at > begin:
            yield Occurrence(at, _wall(at, schedule.zone))
        count += 1


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    """What the zone's clock shows at an instant, naive."""
    return min(max(moment, _EARLIEST), _LATEST).astimezone(zone).replace(tzinfo=None, fold=0)


def _first(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which the zone's clock shows this; in a gap, where it would be had the clock not moved."""
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def _is_repeated(wall: datetime, zone: ZoneInfo) -> bool:
    return wall.replace(tzinfo=zone, fold=0).utcoffset() != wall.replace(tzinfo=zone, fold=1).utcoffset()

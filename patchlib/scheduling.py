"""What `patchlib schedule` does: an expression's next firings as lines, and what the clocks do to them told beside."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice

from patchlib.schedule import Occurrence, Schedule, Skipped, instant_of, read_schedule, timeline

__all__ = ["fire_times"]


def fire_times(
    expression: str, zone: str, after: str, *, offset_days: int | None, start: str | None, end: str | None, count: int
) -> Iterator[str]:
    """The next `count` firings strictly after an instant, each `YYYY-MM-DDTHH:MM:SSZ`; fewer where fewer are left.

    after, start, end: ISO instants; without an offset they are UTC. What falls into a gap of the zone's clock or comes
    twice is said on standard error. Raises ParameterInvalid for what cannot be read, before the first line.
    """
    schedule = read_schedule(
        expression,
        timezone=zone,
        offset_days=offset_days,
        start=None if start is None else instant_of(start, "start"),
        end=None if end is None else instant_of(end, "end"),
    )
    asked = instant_of(after, "after")
    return islice(_lines(schedule, timeline(schedule, asked)), count)


def _lines(schedule: Schedule, found: Iterator[Occurrence | Skipped]) -> Iterator[str]:
    zone = schedule.zone.key
    for one in found:
        if isinstance(one, Skipped):
            sys.stderr.write(f"patchlib: skipped {one.wall:%Y-%m-%d %H:%M:%S}: the clocks of {zone} jump over it\n")
            continue
        if one.is_repeated:
            told = f"{one.wall:%Y-%m-%d %H:%M:%S} comes twice in {zone}: it fires once, at the first"
            sys.stderr.write(f"patchlib: {told}\n")
        yield f"{one.at:%Y-%m-%dT%H:%M:%SZ}"

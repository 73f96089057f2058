"""What `patchlib schedule` does: an expression's next firings as lines, and what the clocks do to them told beside."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from typing import Annotated

import typer

from patchlib.schedule import Occurrence, Schedule, Skipped, instant_of, read_schedule, timeline

__all__ = ["fire_times", "schedule"]


def schedule(
    expression: Annotated[str, typer.Argument(metavar="EXPR", help="cron(...), rate(...) or at(...), as SSM has it.")],
    timezone: Annotated[str, typer.Option("--timezone", metavar="TZ", help="IANA time zone: Europe/Berlin.")],
    after: Annotated[str, typer.Option("--after", metavar="T", help="Instant to look on from [UTC].")],
    offset: Annotated[int | None, typer.Option("--offset", help="Days to wait after a cron's day, 1 to 6.")] = None,
    start: Annotated[str | None, typer.Option("--start", metavar="T", help="First instant it may fire [UTC].")] = None,
    end: Annotated[str | None, typer.Option("--end", metavar="T", help="Last instant it may fire [UTC].")] = None,
    count: Annotated[int, typer.Option("--count", min=1, help="How many times to print.")] = 1,
) -> None:
    """Print when an SSM schedule fires next, strictly after an instant, one UTC time a line.

    A rate counts from --start, else from --after. A time that the zone's clock jumps over is skipped, one that comes
    twice fires once, at the first; both are said on standard error. Nothing left prints nothing.
    """
    gates = {"start": start, "end": end}
    for line in fire_times(expression, timezone, after, offset_days=offset, count=count, **gates):
        typer.echo(line)


def fire_times(
    expression: str, zone: str, after: str, *, offset_days: int | None, start: str | None, end: str | None, count: int
) -> Iterator[str]:
    """The next `count` firings strictly after an instant, each `YYYY-MM-DDTHH:MM:SSZ`; fewer where fewer are left.

    after, start, end: ISO instants; without an offset they are UTC. What falls into a gap of the zone's clock or comes
    twice is said on standard error. Raises ParameterInvalid for what cannot be read, before the first line.
    """
    wanted = read_schedule(
        expression,
        timezone=zone,
        offset_days=offset_days,
        start=None if start is None else instant_of(start, "start"),
        end=None if end is None else instant_of(end, "end"),
    )
    asked = instant_of(after, "after")
    return islice(_lines(wanted, timeline(wanted, asked)), count)


def _lines(wanted: Schedule, found: Iterator[Occurrence | Skipped]) -> Iterator[str]:
    zone = wanted.zone.key
    for one in found:
        if isinstance(one, Skipped):
            sys.stderr.write(f"patchlib: skipped {one.wall:%Y-%m-%d %H:%M:%S}: the clocks of {zone} jump over it\n")
            continue
        if one.is_repeated:
            told = f"{one.wall:%Y-%m-%d %H:%M:%S} comes twice in {zone}: it fires once, at the first"
            sys.stderr.write(f"patchlib: {told}\n")
        yield f"{one.at:%Y-%m-%dT%H:%M:%SZ}"

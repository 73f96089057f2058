"""Bringing feeds into the store: get and read all, then take in what is good, each feed whole or not at all.

Files are fetched and read before the store is locked. A feed that fails leaves its rows as they are and is told; the
others go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import duckdb

from patchlib import __version__
from patchlib.errors import FeedInvalid, FeedUnreachable
from patchlib.feeds.catalogue import Feed, chosen
from patchlib.feeds.facts import Facts, FeedFile
from patchlib.feeds.fetch import NotModified
from patchlib.feeds.intake import Standing, filled, replace_rows, standing, write_state
from patchlib.feeds.places import Absent, Place, place_of
from patchlib.store import connect
from patchlib.swap import next_store, only_writer

__all__ = ["Outcome", "update"]

# A publisher's clock, or its time zone, may be ahead of ours by that much.
_AHEAD = timedelta(days=2)


@dataclass(frozen=True)
class Outcome:
    """How one feed ended.

    state: updated, unchanged, failed, or skipped where the place has no file of it and it was not asked for by name.
    row_count, as_of, source: of the rows that stand now, None and "" where none do. why: why it failed or was skipped.
    """

    feed: str
    state: str
    row_count: int | None = None
    as_of: date | None = None
    source: str = ""
    why: str = ""
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        stand = f"{self.row_count:,} rows as of {self.as_of} from {self.source}" if self.row_count else ""
        words = f": {self.why}" if self.why else ""
        if stand:
            words += f"; {stand} stay" if self.why else f": {stand}"
        return f"{self.feed}: {self.state}{words}" + "".join(f"; {note}" for note in self.notes)


@dataclass(frozen=True)
class _Gathered:
    """A feed before the store is locked; file and facts only where there is something new."""

    feed: Feed
    state: str
    why: str = ""
    file: FeedFile | None = None
    facts: Facts | None = None


def update(
    names: Sequence[str],
    place: str,
    store: str | Path,
    now: datetime,
    *,
    as_of: date | None = None,
    accept_fewer: bool = False,
    accept_older: bool = False,
) -> list[Outcome]:
    """Bring the feeds of those names, or all, from a place into the store.

    place: "" for the official addresses, else a folder or address. now: [UTC, naive]. as_of: day of files that tell
    none. accept_fewer: take a file though it has far fewer rows than the last, or tells far less of them. accept_older:
    take it though it is of an earlier day than what stands. The store is created when missing.
    Raises ParameterInvalid, FeedUnreachable when the place has no file of any feed, and what `only_writer` raises; a
    feed's own failure is its outcome.
    """
    path, asked, origin = Path(store), chosen(names), place_of(place)
    accepted = _Accepted(accept_fewer, accept_older)
    known = _known(path)
    days = _Days(as_of, (now + _AHEAD).date())
    gathered = [_gather(feed, origin, known.get(feed.name, Standing()), days, named=bool(names)) for feed in asked]
    told = [each for each in gathered if each.state != "skipped"]
    if not told:
        raise FeedUnreachable(
            "there is no file of any feed", where=place, next_step="`patchlib feeds list` names the files."
        )
    done: dict[str, Outcome] = {}
    # A store that would hold nothing but failures is not made: the estate's own is looked for by its file.
    if path.exists() or any(each.facts for each in told):
        with only_writer(path), next_store(path) as connection:
            for each in told:
                done[each.feed.name] = _take_in(connection, each, now, accepted)
    return [done.get(each.feed.name, Outcome(each.feed.name, each.state, why=each.why)) for each in gathered]


def _known(path: Path) -> dict[str, Standing]:
    if not path.exists():
        return {}
    with connect(path) as connection:
        return standing(connection)


@dataclass(frozen=True)
class _Days:
    """The day of files that tell none, and the last day that a file can be of."""

    untold: date | None
    last: date


def _gather(feed: Feed, place: Place, known: Standing, days: _Days, *, named: bool) -> _Gathered:
    """Get and read one feed; whatever is wrong with it is its own."""
    try:
        file = place.file(feed, known.held)
        facts = _dated(file, feed.read(file), days)
    except NotModified:
        return _Gathered(feed, "unchanged")
    except Absent as error:
        return _Gathered(feed, "failed" if named else "skipped", str(error))
    except (FeedInvalid, FeedUnreachable) as error:
        return _Gathered(feed, "failed", f"{error.what} ({error.where})")
    return _Gathered(feed, "updated", file=file, facts=facts)


def _dated(file: FeedFile, facts: Facts, days: _Days) -> Facts:
    """The facts with their day; Absent where nothing tells it, FeedInvalid where it is still to come."""
    facts.as_of = facts.as_of or _day_of(file) or days.untold
    if facts.as_of is None:
        raise Absent(f"nothing tells which day {file.source} is of: give it with --as-of")
    if facts.as_of > days.last:
        raise file.invalid(f"the file says it is of {facts.as_of}, which is to come")
    return facts


def _day_of(file: FeedFile) -> date | None:
    """The day of its Last-Modified; None where there is none, or it is no date."""
    try:
        return parsedate_to_datetime(file.last_modified).date() if file.last_modified else None
    except ValueError:
        return None


@dataclass(frozen=True)
class _Accepted:
    """What somebody has looked at and takes all the same."""

    fewer: bool
    older: bool


def _take_in(connection: duckdb.DuckDBPyConnection, each: _Gathered, now: datetime, accepted: _Accepted) -> Outcome:
    """One feed in one transaction, compared with what stands by now."""
    before = standing(connection).get(each.feed.name, Standing())
    state, why, notes = each.state, each.why, []
    new: dict[str, Any] = {}
    connection.execute("begin")
    if each.facts is not None and each.file is not None:
        why = _refused(each.feed, each.facts, before, accepted)
        if not why:
            told = filled(connection, each.feed.name)
            try:
                replace_rows(connection, each.feed.name, each.file.source, each.facts)
                why = "" if accepted.fewer else _poorer(each.feed, told, filled(connection, each.feed.name))
            except duckdb.DataError as error:
                # A value that its column does not take: this feed's own fault, and the others are taken in.
                why = f"the store does not take it: {str(error).splitlines()[0]}"
            if why:
                connection.execute("rollback")
                connection.execute("begin")
        if why:
            state = "failed"
        else:
            notes = [*_changes(each.facts, before), *each.facts.notes]
            new = _described(each.file, each.facts, now, notes)
    write_state(
        connection, each.feed.name,
        {"title": each.feed.title, "licence": each.feed.licence, "checked_at": now, "state": state,
         "failure": why or None, **new},
    )  # fmt: skip
    connection.execute("commit")
    now_stands = standing(connection)[each.feed.name]
    return Outcome(
        each.feed.name, state, now_stands.row_count, now_stands.as_of, now_stands.source, why, tuple(notes)
    )  # fmt: skip


def _refused(feed: Feed, facts: Facts, before: Standing, accepted: _Accepted) -> str:
    """Why a file does not replace what stands, before its rows are written; "" when it may."""
    if before.as_of and facts.as_of and facts.as_of < before.as_of and not accepted.older:
        return (
            f"it is of {facts.as_of}, older than what stands, of {before.as_of}: repeat with --accept-older to take it"
        )
    if facts.row_count < (before.row_count or 0) * (1 - feed.largest_fall_share) and not accepted.fewer:
        return (
            f"it has {facts.row_count:,} rows where {before.row_count:,} stand, and more than "
            f"{feed.largest_fall_share:.0%} may not go at once: look at the file, then repeat with --accept-fewer"
        )
    return ""


def _poorer(feed: Feed, before: dict[str, int], now: dict[str, int]) -> str:
    """Which column far fewer rows tell than did, the worst; "" when none: another form of a feed may hold less."""
    fallen = {
        name: now[name] / count for name, count in before.items() if now[name] < count * (1 - feed.largest_fall_share)
    }
    if not fallen:
        return ""
    worst = min(sorted(fallen), key=fallen.__getitem__)
    return (
        f"it tells {worst.removeprefix('core.')} of {now[worst]:,} rows where it is told of {before[worst]:,}: "
        "look at the file, then repeat with --accept-fewer"
    )


def _changes(facts: Facts, before: Standing) -> list[str]:
    notes = []
    if before.as_of and facts.as_of and facts.as_of < before.as_of:
        notes.append(f"older than the rows before, of {before.as_of}")
    if before.model_version and before.model_version != facts.model_version:
        now = facts.model_version or "one not named"
        notes.append(f"the model has changed from {before.model_version} to {now}: scores do not compare across it")
    return notes


def _described(file: FeedFile, facts: Facts, now: datetime, notes: list[str]) -> dict[str, Any]:
    return {
        "source": file.source,
        "as_of_date": facts.as_of,
        "model_version": facts.model_version or None,
        "row_count": facts.row_count,
        "checksum": file.checksum,
        "etag": file.etag or None,
        "last_modified": file.last_modified or None,
        "tool_version": __version__,
        "fetched_at": now,
        "note": "; ".join(notes) or None,
    }

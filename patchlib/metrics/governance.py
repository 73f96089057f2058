"""Whether the process of patching itself is healthy: do maintenance windows run when their schedules say?

Inputs are the frames of `queries/governance/`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from patchlib.errors import ParameterInvalid
from patchlib.expression import Rate
from patchlib.metrics.share import Share
from patchlib.schedule import Schedule, instant_of, occurrences, read_schedule

__all__ = ["doubtful", "schedule_of", "schedule_sentence", "window_schedule"]

_PLACE = ["account_id", "region", "window_id", "window_name"]


@dataclass(frozen=True)
class _Judged:
    """next_at, expected_at, told_at: naive UTC, None where there is none; agreement and note as in window_schedule."""

    agreement: str
    note: str = ""
    next_at: datetime | None = None
    expected_at: datetime | None = None
    told_at: datetime | None = None


def window_schedule(windows: pd.DataFrame, as_of: datetime) -> pd.DataFrame:
    """Each window's next run by its schedule, beside the one that AWS told.

    windows: query governance/window_schedules; as_of: naive UTC. One row per window, in the query's order, with
    account_id, region, window_id, window_name and
      next_at      first run strictly after as_of [UTC], NaT when there is none or it is not known
      expected_at  first run strictly after AWS was asked [UTC]: what AWS should have told
      told_at      what AWS told [UTC]
      agreement    agrees; differs; disabled (nothing runs, nothing is compared); unknown (a rate that counts from the
                   window's making, which no listing tells: next_at follows from told_at); unreadable
      note         why, in words; "" where it agrees or is disabled
    A told instant without seconds is compared to the minute; one without a zone agrees as UTC or as the window's time.
    """
    judged = [_judge(row, as_of) for row in windows.to_dict("records")]
    found = windows[_PLACE].reset_index(drop=True)
    for column in ("next_at", "expected_at", "told_at"):
        found[column] = pd.to_datetime(pd.Series([getattr(one, column) for one in judged], dtype="object"))
    for column in ("agreement", "note"):
        found[column] = pd.Series([getattr(one, column) for one in judged], dtype="str")
    return found


def doubtful(judged: pd.DataFrame) -> pd.DataFrame:
    """The windows that AWS runs otherwise than their schedules say, then those of which it cannot be told.

    judged: `window_schedule`. Returns its rows and columns.
    """
    place = judged["agreement"].map({"differs": 0, "unreadable": 1, "unknown": 2})
    return judged.loc[place.dropna().sort_values(kind="stable").index].reset_index(drop=True)


def schedule_sentence(judged: pd.DataFrame) -> str:
    """How many windows AWS runs otherwise than their schedules say, and of how many that cannot be told.

    judged: `window_schedule`.
    """
    if judged.empty:
        return "No maintenance window was read."
    told = judged["agreement"].value_counts()
    differ, off = int(told.get("differs", 0)), int(told.get("disabled", 0))
    unknown = int(told.get("unknown", 0) + told.get("unreadable", 0))
    share = Share(differ, len(judged) - off, "windows that run")
    return (
        f"{share} run otherwise than their schedule says; of {unknown:,} it cannot be told. {off:,} are switched off."
    )


def _judge(row: dict[Any, Any], as_of: datetime) -> _Judged:
    if row["is_enabled"] is False:
        return _Judged("disabled")
    told_words = _words(row["next_execution_at"])
    try:
        schedule = schedule_of(row)
        told = None if told_words is None else instant_of(told_words, "AWS's next run")
    except ParameterInvalid as error:
        return _Judged("unreadable", str(error))
    told_at = _naive(told)
    if isinstance(schedule.expression, Rate) and schedule.start is None:
        counted = None if told is None else Schedule(schedule.expression, schedule.zone, start=told, end=schedule.end)
        next_at = None if counted is None else _next(counted, as_of)
        return _Judged("unknown", "counts from when the window was made, which is not listed", next_at, None, told_at)
    next_at, expected = _next(schedule, as_of), _next(schedule, row["observed_at"].to_pydatetime())
    if _is_same(expected, told_words, told_at, schedule):
        return _Judged("agrees", "", next_at, expected, told_at)
    note = f"the schedule says {_shown(expected)}, AWS said {told_words or 'none'}"
    return _Judged("differs", note, next_at, expected, told_at)


def schedule_of(row: dict[Any, Any]) -> Schedule:
    """The schedule of a row of governance/window_schedules. Raises ParameterInvalid where it cannot be read."""
    offset, starts, ends = row["schedule_offset_days"], _words(row["starts_at"]), _words(row["ends_at"])
    return read_schedule(
        str(row["schedule"]),
        timezone=_words(row["schedule_timezone"]) or "UTC",
        offset_days=None if pd.isna(offset) else int(offset),
        start=None if starts is None else instant_of(starts, "the start date"),
        end=None if ends is None else instant_of(ends, "the end date"),
    )


def _next(schedule: Schedule, after: datetime) -> datetime | None:
    first = next(occurrences(schedule, after), None)
    return None if first is None else _naive(first.at)


def _is_same(expected: datetime | None, words: str | None, told_at: datetime | None, schedule: Schedule) -> bool:
    if expected is None or words is None or told_at is None:
        return expected is None and words is None
    has_zone = re.search(r"(Z|[+-]\d{2}:?\d{2})$", words) is not None
    has_seconds = re.search(r"T\d{2}:\d{2}:\d{2}", words) is not None
    told = {told_at} if has_zone else {told_at, _naive(told_at.replace(tzinfo=schedule.zone))}
    return (expected if has_seconds else expected - timedelta(seconds=expected.second)) in told


def _naive(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None)


def _words(value: Any) -> str | None:
    return None if pd.isna(value) else str(value)


def _shown(moment: datetime | None) -> str:
    return "none" if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"

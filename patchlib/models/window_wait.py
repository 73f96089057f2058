"""The wait for a maintenance window where its executions were not read: by the schedule that the window has now.

AWS keeps executions of windows for 30 days, so what was approved before the first snapshot waited for a run that
nobody can read any more. Its schedule tells when it ran, if it has been the same since; that is an assumption, so what
it explains is counted apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any

import numpy as np
import pandas as pd

from patchlib.errors import ParameterInvalid
from patchlib.expression import Rate
from patchlib.metrics.governance import schedule_of
from patchlib.schedule import occurrences

__all__ = ["ScheduleAssumptions", "scheduled", "with_schedules"]

_PLACE = ["account_id", "region", "windows"]
_STRATUM = ["environment", "severity", "is_event"]
_DAY = 86_400.0
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class ScheduleAssumptions:
    """What the past of a window is taken to have been.

    reach_days: for so long before the report instant windows ran as their schedules say now, and served the nodes
                they serve now, 0 to 3,650 [d]; 0 assumes nothing.
    """

    reach_days: int = 730

    def __post_init__(self) -> None:
        if not 0 <= self.reach_days <= 3650:
            raise ParameterInvalid(f"reach_days cannot be {self.reach_days}", next_step="Write 0 to 3650 days.")


def scheduled(
    unread: pd.DataFrame, windows: pd.DataFrame, as_of: datetime, assumptions: ScheduleAssumptions
) -> pd.DataFrame:
    """The waits that no execution tells, with the first run of a window by its schedule.

    unread: query lag/unread_window; windows: query governance/window_schedules; as_of: naive UTC.
    Returns the same rows and window_at [UTC], not after the installation or the end; NaT before the reach of the
    assumptions, and where a window is not listed, cannot be read, or counts from when it was made, or all of them are
    disabled now.
    """
    found = unread.reset_index(drop=True).assign(window_at=pd.Series(pd.NaT, dtype="datetime64[us]"))
    schedules = {(row["account_id"], row["region"], row["window_id"]): row for row in windows.to_dict("records")}
    since = pd.Timestamp(as_of) - pd.Timedelta(days=assumptions.reach_days)
    by_at = found["installed_at"].fillna(found["ended_at"])
    is_reached = found["ready_at"] >= since
    for (account, region, named), rows in found[is_reached].groupby(_PLACE):
        listed = [schedules.get((account, region, window)) for window in str(named).split(";")]
        until = by_at[rows.index].max()
        runs = _runs(listed, rows["ready_at"].min().to_pydatetime(), until.to_pydatetime())
        if runs is None:
            continue
        place = np.searchsorted(runs, rows["ready_at"].to_numpy("datetime64[us]"))
        first = np.append(runs, np.datetime64(until, "us"))[place]
        found.loc[rows.index, "window_at"] = np.minimum(first, by_at[rows.index].to_numpy("datetime64[us]"))
    return found


def _runs(listed: Sequence[dict[Any, Any] | None], start: datetime, end: datetime) -> Any:
    """All runs of the windows from start to end, ascending; None where one of them does not tell, or all are off."""
    found: set[datetime] = set()
    running = [row for row in listed if row is None or row["is_enabled"] is not False]
    for row in running:
        if row is None:
            return None
        try:
            schedule = schedule_of(row)
        except ParameterInvalid:
            return None  # the page's table of windows says what cannot be read, and why
        if isinstance(schedule.expression, Rate) and schedule.start is None:
            return None
        runs = (each.at.astimezone(UTC).replace(tzinfo=None) for each in occurrences(schedule, start - _SECOND))
        found.update(takewhile(lambda at: at <= end, runs))
    return np.array(sorted(found), dtype="datetime64[us]") if running else None


def with_schedules(decomposition: pd.DataFrame, waits: pd.DataFrame) -> pd.DataFrame:
    """The decomposition with what schedules explain moved out of the unknown part.

    decomposition: query lag/decomposition; waits: `scheduled`. Returns the same rows and scheduled_count [patches]: of
    how many episodes the wait for a window is by schedule, not by execution. Totals stay as they are; the means of a
    part are of all that know it now.
    """
    told = waits[waits["window_at"].notna()]
    count = told["episode_count"]
    gained = told[_STRATUM].assign(
        scheduled_count=count,
        window_days=(told["window_at"] - told["ready_at"]).dt.total_seconds() / _DAY * count,
        installed_count=count.where(told["installed_at"].notna(), 0),
        execution_days=(told["installed_at"] - told["window_at"]).dt.total_seconds().fillna(0) / _DAY * count,
    )
    sums = gained.groupby(_STRATUM, as_index=False).sum()
    found = decomposition.merge(sums, on=_STRATUM, how="left", suffixes=("", "_gained"))
    extra = {name: found.pop(f"{name}_gained").fillna(0.0) for name in ("window_days", "execution_days")}
    found["scheduled_count"] = found["scheduled_count"].fillna(0).astype("int64")
    found["unknown_window_count"] -= found["scheduled_count"]
    found["window_known_count"] += found["scheduled_count"]
    found["execution_known_count"] += found.pop("installed_count").fillna(0).astype("int64")
    found["window_days"] += extra["window_days"]
    found["design_days"] += extra["window_days"]
    found["execution_days"] += extra["execution_days"]
    found["unknown_days"] -= extra["window_days"] + extra["execution_days"]
    for name in ("window", "execution"):
        known = found[f"{name}_known_count"].astype("float64")
        found[f"mean_{name}_days"] = found[f"{name}_days"] / known.where(known > 0)
    found["mean_design_days"] = found["mean_approval_days"] + found["mean_window_days"]
    found.attrs = dict(decomposition.attrs)
    return found

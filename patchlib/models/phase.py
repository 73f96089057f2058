"""What a maintenance window's phase does to the time from a release to its installation: the designed delay.

A patch released at r is approved A days later and installed by the first run of the window from then on. A window
that opens shortly before the approval waits a whole cycle more. Nothing that goes wrong is counted here: failures,
stopped nodes and reboots come on top.

Sources: AWS Systems Manager API reference, PatchRule, ApproveAfterDays; user guide, "Package release dates and update
dates": days of 24 hours from the release, to the second. For releases spread evenly, the waiting time of renewal
theory: a run that follows a gap of g days is waited for g/2 days on average.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from patchlib.errors import ParameterInvalid
from patchlib.expression import Rate
from patchlib.metrics.governance import schedule_of
from patchlib.metrics.share import counted
from patchlib.schedule import Schedule, instant_of, occurrences, read_schedule

__all__ = [
    "Designed",
    "PhaseAssumptions",
    "best_phase",
    "designed_delay",
    "even_delay",
    "merged",
    "patch_tuesdays",
    "phase_lint",
    "phase_sentence",
]

_DAY = 86_400
# Longer than a year, so that a yearly window is seen twice and can be shifted anywhere in its cycle [d].
_REACH_DAYS = 400
# Better by less than this is not worth moving a window for [d].
_WORTH_DAYS = 1.0
# The second Tuesday of each month at 10:00 Pacific time (Microsoft Security Update Guide, FAQ).
_PATCH_TUESDAY = read_schedule("cron(0 10 ? * TUE#2 *)", timezone="America/Los_Angeles")
_WHO = ["account_id", "region", "window_id", "window_name", "operating_system", "baseline_id", "baseline_name"]
_RULE = [*_WHO, "node_count", "rule_number", "approve_after_days", "approve_until_date"]
_FIGURES = ["worst_days", "mean_days", "best_days", "phase_days", "best_phase_days", "best_phase_mean_days"]
_WORDS = ["releases", "verdict", "note"]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PhaseAssumptions:
    """What the designed delay assumes.

    horizon_days:     releases of so many days after the report instant are followed, 35 to 3,650 [d].
    monthly_systems:  operating systems whose updates come on Patch Tuesday and each replace the one before; of all
                      others releases are spread evenly in time, and whether one replaces another is not known.
    """

    horizon_days: int = 728
    monthly_systems: tuple[str, ...] = ("WINDOWS",)

    def __post_init__(self) -> None:
        if not 35 <= self.horizon_days <= 3650:
            step = "Write 35 to 3650 days: at least one Patch Tuesday has to lie in it."
            raise ParameterInvalid(f"horizon_days cannot be {self.horizon_days}", next_step=step)


@dataclass(frozen=True)
class Designed:
    """Days from a release to the window that installs it; None where no release gets there.

    release_count:   releases followed, None when they are spread evenly.
    replaced_count:  of these, replaced by the next before they are approved: never installed.
    unreached_count: of these, approved when the window runs no more.
    phase_days:      mean days from a release to the first run of the window after it.
    """

    worst_days: float | None = None
    mean_days: float | None = None
    best_days: float | None = None
    release_count: int | None = None
    replaced_count: int = 0
    unreached_count: int = 0
    phase_days: float | None = None


def patch_tuesdays(after: datetime, until: datetime) -> list[datetime]:
    """The Patch Tuesdays strictly after one instant and up to another, aware UTC, and the one that follows them."""
    found: list[datetime] = []
    for each in occurrences(_PATCH_TUESDAY, after):
        found.append(each.at)
        if found[-1] > _aware(until):
            break
    return found


def designed_delay(releases: Sequence[datetime], runs: Sequence[datetime], approval_days: int) -> Designed:
    """The designed delay of releases at known instants.

    releases: ascending; the last only ends the time of the one before it. runs: the window's, ascending, from before
    the first release to beyond the approval of the last. approval_days: from release to approval [d].
    """
    return _delay(_seconds(releases), _seconds(runs), approval_days)


def even_delay(runs: Sequence[datetime], approval_days: int) -> Designed:
    """The designed delay of releases spread evenly over time: the approval and the wait for the next run.

    runs: the window's, ascending. The worst is approached, never reached. None where fewer than two runs are known.
    A gap of g days is met with a chance that grows with g, so the mean wait is sum(g^2) / (2 sum(g)).
    """
    gaps = np.diff(_seconds(runs)) / _DAY
    if not len(gaps):
        return Designed()
    mean = float((gaps**2).sum() / (2 * gaps.sum()))
    return Designed(approval_days + float(gaps.max()), approval_days + mean, float(approval_days))


def best_phase(releases: Sequence[datetime], runs: Sequence[datetime], approval_days: int) -> tuple[int, Designed]:
    """By how many whole days the window has to move later for the smallest mean delay, and the delay it then has.

    Arguments as for designed_delay; runs begin at least one cycle before the first release. Every day of the window's
    longest cycle is tried; of equal ones the least move wins. Moving adds days of 24 hours: clocks that change in
    between may shift it by an hour.
    """
    released, ran = _seconds(releases), _seconds(runs)
    cycle = int(min(max(np.round(np.diff(ran).max() / _DAY), 1), _REACH_DAYS)) if len(ran) > 1 else 1
    tried = [(shift, _delay(released, ran + shift * _DAY, approval_days)) for shift in range(cycle)]
    return min(tried, key=lambda each: (each[1].unreached_count, each[1].mean_days or np.inf, each[0]))


def _delay(released: Floats, ran: Floats, approval_days: int) -> Designed:
    followed, following = released[:-1], released[1:]
    approved = followed + approval_days * _DAY
    is_replaced = approved >= following
    place = np.searchsorted(ran, approved)
    is_reached = (place < len(ran)) & ~is_replaced
    days = (ran[place[is_reached]] - followed[is_reached]) / _DAY
    first = np.searchsorted(ran, followed)
    phases = (ran[first[first < len(ran)]] - followed[first < len(ran)]) / _DAY
    counts = len(followed), int(is_replaced.sum()), int((~is_reached & ~is_replaced).sum())
    phase = float(phases.mean()) if len(phases) else None
    if not len(days):
        return Designed(None, None, None, *counts, phase)
    return Designed(float(days.max()), float(days.mean()), float(days.min()), *counts, phase)


def phase_lint(rules: pd.DataFrame, as_of: datetime, assumptions: PhaseAssumptions) -> pd.DataFrame:
    """The designed delay of each window, baseline and approval rule, and the phase that would be best.

    rules: query lag/window_rule; as_of: naive UTC. One row per row, in the query's order: who, node_count, the rule,
      worst_days, mean_days, best_days    release to installation over the horizon [d]
      phase_days                          mean days from a release to the first run after it [d]
      best_phase_days                     the same at the best phase [d], null where any phase is as good
      best_phase_mean_days                mean delay at the best phase [d], null likewise
      releases   Patch Tuesday, or any day
      verdict    in phase; out of phase (another day of the cycle saves at least one day); any phase (releases come on
                 any day); never approved; never runs; disabled; unknown; unreadable
      note       why, in words
    Figures are null wherever the verdict gives no delay.
    """
    judge = _Judge(as_of, assumptions)
    judged = [judge.row(row) for row in rules.to_dict("records")]
    found = rules[_RULE].reset_index(drop=True)
    for column in _FIGURES:
        found[column] = pd.Series([one.get(column) for one in judged], dtype="float64")
    for column in _WORDS:
        found[column] = pd.Series([one.get(column, "") for one in judged], dtype="str")
    return found


def merged(lint: pd.DataFrame) -> pd.DataFrame:
    """The rules of one window and baseline that come to the same answer as one row, with how they approve in words.

    lint: `phase_lint`. Returns its columns but rule_number, and approval: after so many days, at once, until a date, or
    not known.
    """
    said = [_approval(row) for row in lint.to_dict("records")]
    rows = lint.assign(approval=pd.Series(said, index=lint.index, dtype="str"))
    return rows.drop(columns="rule_number").drop_duplicates(ignore_index=True)


def _approval(row: dict[Any, Any]) -> str:
    if pd.isna(row["rule_number"]):
        return "not known"
    if not pd.isna(row["approve_until_date"]):
        return f"until {pd.Timestamp(row['approve_until_date']):%Y-%m-%d}"
    days = 0 if pd.isna(row["approve_after_days"]) else int(row["approve_after_days"])
    return f"after {counted(days, 'day')}" if days else "at once"


def phase_sentence(lint: pd.DataFrame) -> str:
    """The window whose phase costs most days, and what approves nothing or runs no more, in words.

    lint: `phase_lint`; rules of one window and baseline that come to the same answer count once.
    """
    lint = merged(lint)
    off = lint[lint["verdict"] == "out of phase"]
    never = int((lint["verdict"] == "never approved").sum())
    unknown = int(lint["verdict"].isin(["unknown", "unreadable"]).sum())
    over = int((lint["verdict"] == "never runs").sum())
    rest = (
        f" {never:,} approve nothing, {over:,} never run again; of {unknown:,} the delay is not known."
        if never or over or unknown
        else ""
    )
    if lint.empty:
        return "No maintenance window was read."
    if off.empty:
        return f"No window would gain a day by another phase.{rest}"
    row = off.iloc[int((off["mean_days"] - off["best_phase_mean_days"]).to_numpy().argmax())]
    return (
        f"Of {counted(len(off), 'row')} out of phase, {row['window_name']} costs most: {row['mean_days']:.0f} days "
        f"from release to window on average, {row['worst_days']:.0f} at worst, and {row['best_phase_mean_days']:.0f} "
        f"at its best phase.{rest}"
    )


class _Judge:
    """Judges rows; windows that share a schedule are computed once."""

    def __init__(self, as_of: datetime, assumptions: PhaseAssumptions) -> None:
        self.as_of, self.assumptions = _aware(as_of), assumptions
        self.end = self.as_of + timedelta(days=assumptions.horizon_days)
        self.tuesdays = patch_tuesdays(self.as_of, self.end)
        self._runs: dict[Schedule, list[datetime]] = {}
        self._figures: dict[tuple[Schedule, int, bool], dict[str, Any]] = {}

    def row(self, row: dict[Any, Any]) -> dict[str, Any]:
        if row["is_enabled"] is False:
            return _said("disabled", "the window does not run")
        if (missing := _missing(row)) is not None:
            return _said("unknown", missing)
        if not pd.isna(row["approve_until_date"]):
            until = pd.Timestamp(row["approve_until_date"])
            return _said("never approved", f"nothing released after {until:%Y-%m-%d} is ever approved")
        try:
            schedule = _anchored(row)
        except ParameterInvalid as error:
            return _said("unreadable", str(error))
        if schedule is None:
            return _said("unknown", "a rate counts from when the window was made, which is not listed")
        # A rule without days or date approves at once: Debian and Ubuntu know no delay (API reference, PatchRule).
        days = 0 if pd.isna(row["approve_after_days"]) else int(row["approve_after_days"])
        is_monthly = row["operating_system"] in self.assumptions.monthly_systems
        key = (schedule, days, is_monthly)
        if key not in self._figures:
            self._figures[key] = self._judged(schedule, days, is_monthly=is_monthly)
        return self._figures[key]

    def _judged(self, schedule: Schedule, days: int, *, is_monthly: bool) -> dict[str, Any]:
        runs = self._listed(schedule)
        if not runs or runs[-1] <= self.as_of:
            return _said("never runs", "the schedule has no run after the report instant")
        ends = f"the last run is on {runs[-1]:%Y-%m-%d}" if runs[-1] < self.end else ""
        if not is_monthly:
            return _figures(even_delay(runs, days)) | {"releases": "any day"} | _said("any phase", ends)
        now = designed_delay(self.tuesdays, runs, days)
        if now.mean_days is None:
            verdict = "never runs" if now.unreached_count else "never approved"
            return {"releases": "Patch Tuesday"} | _said(verdict, ends or _replaced(now, days))
        shift, best = best_phase(self.tuesdays, runs, days)
        gain = now.mean_days - (best.mean_days or now.mean_days)
        is_off = shift > 0 and gain >= _WORTH_DAYS
        move = f"{counted(shift, 'day')} later saves {gain:.0f} on average" if is_off else ""
        notes = "; ".join(part for part in (move, _replaced(now, days) if now.replaced_count else "", ends) if part)
        best_figures = {"best_phase_days": best.phase_days, "best_phase_mean_days": best.mean_days}
        said = _said("out of phase" if is_off else "in phase", notes)
        return _figures(now) | best_figures | {"releases": "Patch Tuesday"} | said

    def _listed(self, schedule: Schedule) -> list[datetime]:
        if schedule not in self._runs:
            last = self.end + timedelta(days=2 * _REACH_DAYS)  # the longest approval, 360 days, and a cycle beyond
            found = occurrences(schedule, self.as_of - timedelta(days=_REACH_DAYS))
            self._runs[schedule] = [each.at for each in takewhile(lambda each: each.at <= last, found)]
        return self._runs[schedule]


def _missing(row: dict[Any, Any]) -> str | None:
    """What is not known that a delay needs, in words."""
    if not row["node_count"]:
        return "no node is known that this window patches"
    if pd.isna(row["baseline_id"]):
        return "the baseline of these nodes is not known"
    return "the baseline has no rule, or was not read" if pd.isna(row["rule_number"]) else None


def _anchored(row: dict[Any, Any]) -> Schedule | None:
    """The row's schedule; a rate without a start counts from the run that AWS told, None where it told none."""
    schedule = schedule_of(row)
    if not isinstance(schedule.expression, Rate) or schedule.start is not None:
        return schedule
    if pd.isna(row["next_execution_at"]):
        return None
    told = instant_of(str(row["next_execution_at"]), "AWS's next run")
    beats = -(-2 * _REACH_DAYS * _DAY // schedule.expression.period)
    start = told - timedelta(seconds=beats * schedule.expression.period)
    return Schedule(schedule.expression, schedule.zone, start=start, end=schedule.end)


def _said(verdict: str, note: str) -> dict[str, Any]:
    return {"verdict": verdict, "note": note}


def _figures(designed: Designed) -> dict[str, Any]:
    return {name: getattr(designed, name) for name in ("worst_days", "mean_days", "best_days", "phase_days")}


def _replaced(designed: Designed, days: int) -> str:
    return (
        f"{designed.replaced_count} of {designed.release_count} releases are replaced by the next before the "
        f"{days} days of approval are over, so never installed"
    )


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _seconds(moments: Sequence[datetime]) -> Floats:
    return np.array([_aware(each).timestamp() for each in moments], dtype=float)

"""Survival statistics on the curves of `queries/lag/survival`: open items count.

The curves are Kaplan-Meier estimates with delayed entry and their intervals, made in SQL; here are the statistics
on top of them. All durations are days since the start of one clock [d]. Patches on one node and nodes of one
patch move together, so intervals and tests, which take rows as independent, are too sure of themselves:
read them as description.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["STRATUM", "LogRank", "log_rank", "pace", "restricted_mean"]

# What has a curve of its own. Clocks are never mixed.
STRATUM = ["clock", "severity", "environment"]
COUNTS = ("entry_count", "exit_count", "event_count")
Floats = npt.NDArray[np.float64]


def restricted_mean(survival: pd.DataFrame, *, tau_days: int) -> pd.DataFrame:
    """Mean days open within the first `tau_days` of the clock: the area under each curve.

    survival: query lag/survival; tau_days: horizon, stated wherever the number is shown [d].
    Returns clock, severity, environment, restricted_mean_days [d], at most tau_days, and restricted_mean_error [d],
    its standard error; both null where the curve ends before tau_days with something still open, for what
    follows is not known.
    Source: Klein and Moeschberger, Survival Analysis, 2nd ed., section 4.5.
    """
    rows = [
        (*stratum, *_area(curve, tau_days))
        for stratum, curve in survival.sort_values("day").groupby(STRATUM, sort=False)
    ]
    return pd.DataFrame(rows, columns=[*STRATUM, "restricted_mean_days", "restricted_mean_error"])


def _area(curve: pd.DataFrame, tau: float) -> tuple[float, float]:
    """The area under one curve up to tau, and its standard error."""
    days, shares, risk, events = (
        curve[name].to_numpy(float) for name in ("day", "survival_share", "at_risk_count", "event_count")
    )
    if days[-1] < tau and shares[-1] > 0:
        return math.nan, math.nan
    knots = np.concatenate(([0.0], np.minimum(days, tau), [tau]))
    pieces = np.concatenate(([1.0], shares)) * np.diff(knots)
    beyond = np.cumsum(pieces[::-1])[::-1][1:]  # the area still to come after each day; 0 from tau on
    term = np.divide(events, risk * (risk - events), out=np.zeros_like(risk), where=risk > events)
    return float(pieces.sum()), float(np.sqrt(np.sum(beyond**2 * term)))


@dataclass(frozen=True)
class LogRank:
    """Do the groups differ? statistic ~ chi-squared with `degrees` degrees of freedom under "no"."""

    statistic: float
    degrees: int
    p_value: float


def log_rank(cube: pd.DataFrame, groups: str, *, strata: Sequence[str] = ()) -> LogRank:
    """Log-rank test across `groups`, within `strata`, with delayed entry.

    cube: rows of query lag/cube (entry_count, exit_count, event_count per day); groups, strata: its columns.
    NaN statistic and p-value when fewer than two groups can be compared. Raises ValueError for more than one clock:
    the same episodes would count twice.
    Source: Klein and Moeschberger, Survival Analysis, 2nd ed., section 7.3.
    """
    _one_clock(cube)
    names = sorted(cube[groups].unique())
    excess, spread = np.zeros(len(names)), np.zeros((len(names), len(names)))
    for _, part in cube.groupby(list(strata)) if strata else [((), cube)]:
        one_excess, one_spread = _excess(part, groups, names)
        excess, spread = excess + one_excess, spread + one_spread
    degrees = int(np.linalg.matrix_rank(spread))
    if not degrees:
        return LogRank(math.nan, 0, math.nan)
    statistic = float(excess @ np.linalg.pinv(spread) @ excess)
    return LogRank(statistic, degrees, _chi_squared_tail(statistic, degrees))


def pace(cube: pd.DataFrame, groups: str, *, strata: Sequence[str] = ()) -> pd.DataFrame:
    """How many episodes of each group became effective, and how many would have at the pace of all, within `strata`.

    cube, groups, strata: as for `log_rank`, whose expectation this is. Returns groups, episode_count, event_count,
    expected_count [patches] and pace_ratio = event_count / expected_count (above 1 is faster than all of the same
    strata together), null where nothing was expected. Raises ValueError for more than one clock.
    Source: Breslow, Analysis of Survival Data under the Proportional Hazards Model (1975), section 4.
    """
    _one_clock(cube)
    names = sorted(cube[groups].unique())
    excess = np.zeros(len(names))
    for _, part in cube.groupby(list(strata)) if strata else [((), cube)]:
        excess = excess + _excess(part, groups, names)[0]
    counts = cube.groupby(groups)[["entry_count", "event_count"]].sum().reindex(names)
    found = counts.rename(columns={"entry_count": "episode_count"}).reset_index(names=groups)
    found["expected_count"] = np.round(found["event_count"] - excess, 9)
    found["pace_ratio"] = found["event_count"] / found["expected_count"].where(found["expected_count"] > 0)
    return found


def _one_clock(cube: pd.DataFrame) -> None:
    if "clock" in cube and cube["clock"].nunique() > 1:
        raise ValueError(f"clocks are never mixed: {', '.join(sorted(cube['clock'].unique()))}")


def _excess(cube: pd.DataFrame, groups: str, names: Sequence[str]) -> tuple[Floats, Floats]:
    """Events beyond what equal hazards expect, and their covariance, for one stratum."""
    entered, ended, effective = (_counts(cube, name, groups, names) for name in COUNTS)
    open_before = np.cumsum(entered - ended, axis=0) - (entered - ended)
    busy = effective.sum(axis=1) > 0
    at_risk, effective = open_before[busy], effective[busy]
    risk, events = at_risk.sum(axis=1), effective.sum(axis=1)
    share = at_risk / risk[:, None]
    weight = events * (risk - events) / np.maximum(risk - 1, 1)
    spread = np.diag(weight @ share) - (share * weight[:, None]).T @ share
    return (effective - events[:, None] * share).sum(axis=0), spread


def _counts(cube: pd.DataFrame, name: str, groups: str, names: Sequence[str]) -> Floats:
    """One count of the cube as days by groups, zero where the cube has no row."""
    wide = cube.pivot_table(index="day", columns=groups, values=name, aggfunc="sum", fill_value=0)
    return wide.reindex(columns=list(names), fill_value=0).sort_index().to_numpy(float)


def _chi_squared_tail(value: float, degrees: int) -> float:
    """P(X > value) for chi-squared, by the recursion over degrees in steps of two."""
    half = value / 2
    tail, start = (math.erfc(math.sqrt(half)), 1) if degrees % 2 else (math.exp(-half), 2)
    for below in range(start, degrees, 2):
        tail += math.exp(below / 2 * math.log(half) - half - math.lgamma(below / 2 + 1)) if half > 0 else 0.0
    return min(tail, 1.0)

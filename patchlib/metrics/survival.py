"""Survival statistics on the curves of `queries/lag/survival`: open items count.

The curves are Kaplan-Meier estimates with delayed entry, made in SQL; here are the statistics on top of
them. All durations are whole days since the vendor's release [d]. Patches on one node and nodes of one
patch move together, so intervals and tests, which take rows as independent, are too sure of themselves:
read them as description.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["STRATUM", "LogRank", "log_rank", "median_interval", "restricted_mean", "survival_interval"]

STRATUM = ["severity", "environment"]
COUNTS = ("entry_count", "exit_count", "event_count")
Floats = npt.NDArray[np.float64]


def survival_interval(survival: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """The curves with a pointwise confidence interval on the log-log scale, which stays within 0..1.

    survival: query lag/survival.
    Returns the same rows plus survival_low and survival_high [0..1]; both null where the share is 0,
    both 1 while no episode has become effective.
    Source: Kalbfleisch and Prentice, The Statistical Analysis of Failure Time Data, 2nd ed., section 1.4.
    """
    share = survival["survival_share"].to_numpy(dtype=float)
    error = survival["survival_error"].to_numpy(dtype=float)
    score = NormalDist().inv_cdf(0.5 + confidence / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.exp(score * error / (share * np.abs(np.log(share))))
        low, high = share**spread, share ** (1 / spread)
    still_whole = share == 1
    return survival.assign(survival_low=np.where(still_whole, 1.0, low), survival_high=np.where(still_whole, 1.0, high))


def median_interval(survival: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """The median lag of each stratum with its confidence interval (Brookmeyer and Crowley, log-log).

    survival: query lag/survival.
    Returns severity, environment, median_days, median_low_days, median_high_days [d]; null is "not reached".
    Source: Brookmeyer and Crowley, Biometrics 38 (1982) 29-41.
    """
    curves = survival_interval(survival, confidence=confidence)
    found = {
        name: curves[curves[column] <= 0.5 + 1e-9].groupby(STRATUM)["day"].min().astype(float)
        for name, column in (
            ("median_days", "survival_share"),
            ("median_low_days", "survival_low"),
            ("median_high_days", "survival_high"),
        )
    }
    strata = curves[STRATUM].drop_duplicates().set_index(STRATUM).index
    return pd.DataFrame({name: days.reindex(strata) for name, days in found.items()}, index=strata).reset_index()


def restricted_mean(survival: pd.DataFrame, *, tau_days: int) -> pd.DataFrame:
    """Mean days open within the first `tau_days` after release: the area under each curve.

    survival: query lag/survival; tau_days: horizon, stated wherever the number is shown [d].
    Returns severity, environment, restricted_mean_days [d], at most tau_days, and restricted_mean_error [d],
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

    cube: query lag/cube (entry_count, exit_count, event_count per day); groups, strata: its columns.
    NaN statistic and p-value when fewer than two groups can be compared.
    Source: Klein and Moeschberger, Survival Analysis, 2nd ed., section 7.3.
    """
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

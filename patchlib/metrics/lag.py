"""How long patches stay open, open items counted.

Survival curves come from `queries/lag/survival` (Kaplan-Meier with delayed entry); here are the
statistics on top of them. All durations are whole days since the vendor's release [d].
Patches on one node and nodes of one patch move together, so intervals and tests, which take rows as
independent, are too sure of themselves: read them as description.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from patchlib.metrics.share import Share

__all__ = [
    "LogRank",
    "closed_only_sentence",
    "environment_sentence",
    "lag_sentence",
    "log_rank",
    "median_interval",
    "release_sentence",
    "restricted_mean",
    "slowest",
    "summary",
    "survival_interval",
    "waiting_sentence",
]

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
        name: curves[curves[column] <= 0.5 + 1e-9].groupby(STRATUM)["day"].min()
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
    Returns severity, environment, restricted_mean_days [d], at most tau_days; null where the curve ends
    before tau_days with something still open, for what follows is not known.
    """
    rows = [
        (*stratum, _area(curve["day"].to_numpy(float), curve["survival_share"].to_numpy(float), tau_days))
        for stratum, curve in survival.sort_values("day").groupby(STRATUM, sort=False)
    ]
    return pd.DataFrame(rows, columns=[*STRATUM, "restricted_mean_days"])


def _area(days: Floats, shares: Floats, tau: float) -> float:
    if days[-1] < tau and shares[-1] > 0:
        return math.nan
    knots = np.concatenate(([0.0], np.minimum(days, tau), [tau]))
    heights = np.concatenate(([1.0], shares))
    return float(np.sum(heights * np.diff(knots)))


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


def summary(quantiles: pd.DataFrame, survival: pd.DataFrame, *, tau_days: int) -> pd.DataFrame:
    """One row per stratum: counts, the estimates that count open items, and the closed-only mean beside them.

    quantiles: query lag/quantiles; survival: query lag/survival; tau_days: horizon of the restricted mean [d].
    Returns the columns of lag/quantiles plus median_low_days, median_high_days and restricted_mean_days [d].
    """
    ends = median_interval(survival).drop(columns="median_days")
    means = restricted_mean(survival, tau_days=tau_days)
    return quantiles.merge(ends, on=STRATUM, how="left").merge(means, on=STRATUM, how="left")


def closed_only_sentence(lags: pd.DataFrame, *, tau_days: int) -> str:
    """How far the mean over closed items alone is from the mean that counts open items.

    lags: `summary`; tau_days: its horizon [d]. Strata whose restricted mean is not known are left out.
    """
    rows = lags.dropna(subset=["restricted_mean_days", "closed_mean_days"])
    rows = rows[rows["event_count"] > 0]
    if rows.empty:
        return f"No stratum has been watched for {tau_days} days, so no restricted mean can be told."
    gap = (rows["restricted_mean_days"] - rows["closed_mean_days"]).to_numpy(float)
    row = rows.iloc[int(np.argmax(gap))]
    if gap.max() <= 0:
        return f"The closed-only mean lies above the restricted mean ({tau_days} days) in every stratum."
    return (
        f"For {row['severity']} in {row['environment']} the closed-only mean says {row['closed_mean_days']:.1f} days, "
        f"the mean within {tau_days} days that counts open items {row['restricted_mean_days']:.1f}."
    )


def environment_sentence(cube: pd.DataFrame) -> str:
    """Whether environments differ in lag once severity is held fixed (stratified log-rank test).

    cube: query lag/cube.
    """
    test = log_rank(cube, "environment", strata=["severity"])
    if not test.degrees:
        return "There are not two environments to compare."
    verdict = "differ" if test.p_value < 0.05 else "do not differ beyond chance"
    p_words = "p < 0.001" if test.p_value < 0.001 else f"p = {test.p_value:.3f}"
    return (
        f"With severity held fixed, environments {verdict} "
        f"(log-rank chi-squared {test.statistic:.1f}, degrees of freedom {test.degrees}, {p_words})."
    )


def release_sentence(release_known: pd.DataFrame) -> str:
    """What part of the patch rows can be timed, and which platforms not at all.

    release_known: query lag/release_known.
    """
    if release_known.empty:
        return "No patch row was read."
    known = Share(int(release_known["release_known_count"].sum()), int(release_known["patch_row_count"].sum()), "rows")
    dark = release_known.loc[release_known["release_known_count"] == 0, "platform"].tolist()
    images = int(release_known["came_with_image_count"].sum())
    none = f"; none for {', '.join(dark)}" if dark else ""
    return f"A release date is known for {known}{none}. {images:,} came with their image and were never at risk."


def slowest(quantiles: pd.DataFrame, severity_order: Sequence[str]) -> pd.Series[Any] | None:
    """The stratum of the gravest severity whose median is longest; "not reached" is longer than any number.

    quantiles: query lag/quantiles; severity_order: severities, gravest first. None without episodes.
    """
    present = [name for name in severity_order if name in set(quantiles["severity"])]
    if quantiles.empty:
        return None
    rows = quantiles[quantiles["severity"] == present[0]] if present else quantiles
    return rows.sort_values("median_days", ascending=False, na_position="first", kind="stable").iloc[0]


def lag_sentence(quantiles: pd.DataFrame, decomposition: pd.DataFrame, severity_order: Sequence[str]) -> str:
    """How long patches stay open where it matters most, and whether by design or by execution.

    quantiles: query lag/quantiles; decomposition: query lag/decomposition.
    """
    row = slowest(quantiles, severity_order)
    if row is None:
        return "No patch can be timed: no release date is known for any patch that was at risk."
    median = row["median_days"]
    half = "half are not yet effective" if pd.isna(median) else f"half are effective after {median:.0f} days"
    return (
        f"Of {row['severity']} patches in {row['environment']}, {half} "
        f"({row['open_count']:,} of {row['episode_count']:,} still open). {waiting_sentence(decomposition)}"
    )


def waiting_sentence(decomposition: pd.DataFrame) -> str:
    """Which part of the open time is by design, and which by execution.

    decomposition: query lag/decomposition. Rows whose approval is not known are named, not counted.
    """
    sums = decomposition[["total_days", "design_days", "execution_days", "reboot_days"]].sum()
    unknown = int(decomposition["unknown_approval_count"].sum())
    rest = f"; of {unknown:,} patches the approval is not known" if unknown else ""
    if not sums["total_days"]:
        return f"Where the time is lost cannot be told{rest}."
    design, execution, reboot = (f"{sums[name] / sums['total_days']:.0%}".replace("%", " %") for name in sums.index[1:])
    return f"Of their open time {design} is before approval, {execution} after it, {reboot} waiting for a reboot{rest}."

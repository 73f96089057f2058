"""What EPSS says over a time that is not thirty days: a constant hazard per vulnerability, added in log space.

EPSS is the probability p that exploitation of a vulnerability is observed anywhere within 30 days [FIRST]. Read as a
constant hazard that is h = -ln(1 - p) / 30 per day; over t days P = 1 - exp(-h t) = 1 - (1 - p)^(t / 30). A linear
p / 30 is wrong where p is high. Nothing here knows whether an attempt would succeed against an estate: these are
probabilities of exploitation activity, to compare with one another.

Assumed: the hazard stays as it is, and different vulnerabilities are independent. The same vulnerability on many
nodes is one process, so for "any" it counts once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from patchlib.errors import ModelError

__all__ = [
    "EPSS_DAYS",
    "any_probability",
    "daily_hazard",
    "hazards_over_curve",
    "probability",
    "probability_over_curve",
    "probability_over_exponential",
    "probability_over_uniform",
    "series_probability",
]

EPSS_DAYS = 30.0  # The window of an EPSS score [d]: first.org/epss/model, read 2026-11-25.
Floats = npt.NDArray[np.float64]


def daily_hazard(epss_share: npt.ArrayLike) -> Floats:
    """Hazard per day [1/d] of EPSS probabilities [0..1); a null stays null. Raises ModelError outside of it."""
    share = np.asarray(epss_share, dtype=np.float64)
    if np.any((share < 0) | (share >= 1)):
        step = "A score of 1 would be certainty, which EPSS never gives: look at the feed."
        raise ModelError("an EPSS score lies outside 0 to below 1", next_step=step)
    return np.asarray(-np.log1p(-share) / EPSS_DAYS)


def probability(epss_share: npt.ArrayLike, days: npt.ArrayLike) -> Floats:
    """Probability [0..1] of exploitation activity within `days` [d]."""
    return _probability(daily_hazard(epss_share) * _not_negative(days, "days"))


def series_probability(epss_shares: npt.ArrayLike) -> float:
    """Probability [0..1] of activity over as many days as there are daily scores [0..1), one score a day.

    The rigorous form of NIST's LEV: the hazards of the days are added. A day without a score has no answer: the
    result is null. Source: NIST CSWP 41, Likely Exploited Vulnerabilities, 2025.
    """
    return float(_probability(np.sum(daily_hazard(epss_shares))))


def any_probability(shares: Sequence[float]) -> float:
    """Probability [0..1] that at least one of several different vulnerabilities sees activity: 1 - prod(1 - p).

    shares: one per vulnerability, however many nodes have it; over one and the same time.
    Source: FIRST, EPSS user guide, section 3.
    """
    return float(_probability(np.sum(-np.log1p(-np.asarray(shares, dtype=np.float64)))))


def probability_over_uniform(epss_share: npt.ArrayLike, least_days: float, width_days: float) -> Floats:
    """Probability [0..1] of activity before a fix that comes uniformly between `least_days` and a width later [d].

    1 - exp(-hA) (1 - exp(-hW)) / (hW): the Laplace transform of the lag, not the probability at its mean.
    """
    hazard = daily_hazard(epss_share)
    start, width = _not_negative(least_days, "least_days"), _not_negative(width_days, "width_days")
    within = hazard * width
    kept = np.divide(-np.expm1(-within), within, out=np.ones_like(within), where=within > 0)
    return np.asarray(1 - np.exp(-hazard * start) * np.where(np.isnan(within), np.nan, kept))


def probability_over_exponential(epss_share: npt.ArrayLike, mean_days: float) -> Floats:
    """Probability [0..1] of activity before a fix that comes after an exponential time: hm / (1 + hm).

    mean_days: mean of that time [d].
    """
    reached = daily_hazard(epss_share) * _not_negative(mean_days, "mean_days")
    return np.asarray(reached / (1 + reached))


def probability_over_curve(
    epss_share: float, days: npt.ArrayLike, survival_share: npt.ArrayLike, *, age_days: float = 0.0
) -> tuple[float, float]:
    """Probability [0..1] of activity before the fix, for an item open at `age_days`, by a survival curve of lags.

    days, survival_share: steps of the curve, ascending [d], and the share still open from each on [0..1].
    Returns the lowest and the highest it can be: where the curve ends with something still open, the fix may come at
    once after its end, or never. Both are null where the curve has nobody open at that age.
    """
    low, high = hazards_over_curve(daily_hazard([epss_share]), days, survival_share, age_days=age_days)
    return float(low[0]), float(high[0])


def hazards_over_curve(
    hazard_per_day: Floats, days: npt.ArrayLike, survival_share: npt.ArrayLike, *, age_days: float = 0.0
) -> tuple[Floats, Floats]:
    """`probability_over_curve` of many hazards [1/d] at once, all of items of one age and one curve."""
    at, share = np.asarray(days, dtype=np.float64), np.asarray(survival_share, dtype=np.float64)
    open_now = float(share[at <= age_days][-1]) if np.any(at <= age_days) else 1.0
    if not open_now > 0:
        unknown = np.full(len(hazard_per_day), np.nan)
        return unknown, unknown
    later = at > age_days
    drops = -np.diff(np.concatenate(([open_now], share[later]))) / open_now
    discount = np.exp(-np.outer(hazard_per_day, at[later] - age_days))
    tail = 1 - float(drops.sum())
    fixed = discount @ drops
    soonest = fixed + tail * (discount[:, -1] if later.any() else 1.0)
    return np.asarray(np.maximum(1 - soonest, 0.0)), np.asarray(1 - fixed)


def _probability(exponent: npt.ArrayLike) -> Floats:
    return np.asarray(-np.expm1(-np.asarray(exponent, dtype=np.float64)))


def _not_negative(value: npt.ArrayLike, name: str) -> Floats:
    given = np.asarray(value, dtype=np.float64)
    if np.any(given < 0):
        raise ModelError(f"{name} is negative", next_step="Give a time in days, 0 or more.")
    return given

"""Cumulative incidence: how many episodes ended by each cause, when one cause prevents another.

A node that scale-in terminates is never patched. Taking its end as censored, 1 - Kaplan-Meier answers
"if nothing were ever terminated"; the Aalen-Johansen estimate here answers what did happen. The counts
merge by addition, so cubes of several accounts give the curve of them all.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from patchlib.metrics.survival import STRATUM

__all__ = ["competing_sentence", "cumulative_incidence", "ended_by"]


def ended_by(cube: pd.DataFrame) -> pd.DataFrame:
    """The share of each severity's episodes that was patched, and that went with its node, so many days on the clock.

    cube: rows of query lag/cube on the clock "first observed", as `competing_sentence` says. What was withdrawn, or
    open when last seen, is censored.
    Returns severity and the columns of `cumulative_incidence` for the causes patched and gone.
    """
    named = cube.rename(columns={"event_count": "patched_count"})
    return cumulative_incidence(named, ["patched", "gone"], strata=["severity"])


def competing_sentence(cube: pd.DataFrame, *, tau_days: int) -> str:
    """What part of all episodes was patched within `tau_days`, and what part went with its node before, in words.

    cube: rows of query lag/cube on the clock "first observed": on another one, episodes of nodes that went before the
    first snapshot are missing, and with them most that ended so. tau_days: horizon, cut where the data end [d].
    """
    tau_days = int(min(tau_days, cube["day"].max())) if len(cube) else tau_days
    named = cube.rename(columns={"event_count": "patched_count"})
    within = named[named["day"] <= tau_days]
    if not within["patched_count"].sum() and not within["gone_count"].sum():
        return f"Nothing that can be timed ended within {tau_days} days."
    both = cumulative_incidence(named, ["patched", "gone"], strata=[])
    alone = cumulative_incidence(named, ["patched"], strata=[])
    shares = {cause: _share_by(both[both["cause"] == cause], tau_days) for cause in ("patched", "gone")}
    if not named["gone_count"].sum():
        return (
            f"Within {tau_days} days {100 * shares['patched']:.0f} % are patched. No episode is seen to end with its "
            "node: of nodes that went before the first snapshot nothing is known."
        )
    return (
        f"Within {tau_days} days {100 * shares['patched']:.0f} % are patched and {100 * shares['gone']:.1f} % went "
        f"with their node; as if no node ever went, it would be {100 * _share_by(alone, tau_days):.0f} % patched."
    )


def _share_by(curve: pd.DataFrame, tau_days: int) -> float:
    reached = curve[curve["day"] <= tau_days]
    return float(reached["incidence_share"].iloc[-1]) if len(reached) else 0.0


def cumulative_incidence(
    cube: pd.DataFrame, causes: Sequence[str], *, strata: Sequence[str] = tuple(STRATUM)
) -> pd.DataFrame:
    """Aalen-Johansen estimate of the share ended by each cause so many days after release, delayed entry counted.

    cube: `strata`, day [d], entry_count, exit_count (ends of every kind) and one column `<cause>_count` per
    cause [patches]; a day may be half a day; exits that no cause claims are censored.
    Returns strata, cause, day, at_risk_count, event_count (of this cause) [patches], incidence_share [0..1],
    incidence_error (its standard error), per day on which something ended by any of the causes.
    Raises ValueError when more episodes end by causes than end, or than are at risk.
    Source: Marubini and Valsecchi, Analysing Survival Data from Clinical Trials, section 10.2 (delta method).
    """
    names = [f"{cause}_count" for cause in causes]
    counts = ["entry_count", "exit_count", *names]
    days = cube.groupby([*strata, "day"], as_index=False, dropna=False)[counts].sum()
    groups = days.groupby(list(strata), sort=False, dropna=False) if strata else [((), days)]
    parts = [_curves(part.sort_values("day"), causes, strata) for _, part in groups]
    columns = [*strata, "cause", "day", "at_risk_count", "event_count", "incidence_share", "incidence_error"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _curves(days: pd.DataFrame, causes: Sequence[str], strata: Sequence[str]) -> pd.DataFrame:
    ended = days[[f"{cause}_count" for cause in causes]].sum(axis=1)
    change = days["entry_count"] - days["exit_count"]
    at_risk = change.cumsum() - change
    if (ended > days["exit_count"]).any() or (ended > at_risk).any():
        raise ValueError("more episodes end by the causes than end, or than are at risk")
    busy = ended > 0
    days, risk, all_ends = days[busy], at_risk[busy].to_numpy(float), ended[busy].to_numpy(float)
    left = np.cumprod(1 - all_ends / risk)
    before = np.concatenate(([1.0], left))[: len(left)]
    # nothing is left to vary after the last item at risk has ended: that day's term is 0, not 1/0
    lost = np.divide(all_ends, risk * (risk - all_ends), out=np.zeros_like(risk), where=risk > all_ends)
    parts = []
    for cause in causes:
        events = days[f"{cause}_count"].to_numpy(float)
        share = np.cumsum(before * events / risk)
        own = np.cumsum(before**2 * (risk - events) * events / risk**3)
        cross = before * events / risk**2
        variance = share**2 * np.cumsum(lost) - 2 * share * np.cumsum(lost * share) + np.cumsum(lost * share**2) + own
        variance -= 2 * (share * np.cumsum(cross) - np.cumsum(cross * share))
        parts.append(
            days[[*strata, "day"]].assign(
                cause=cause,
                at_risk_count=risk.astype("int64"),
                event_count=events.astype("int64"),
                incidence_share=share,
                incidence_error=np.sqrt(np.maximum(variance, 0.0)),
            )
        )
    return pd.concat(parts)

"""Lag over time: weeks of release, months, and since when anything is known at all.

Inputs are the frames of `queries/lag/`. A young cohort has only its fast patches to show: until it has been watched
for the horizon it is incomplete, and said so.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd

from patchlib.metrics.incidence import cumulative_incidence
from patchlib.metrics.share import counted

__all__ = ["lookback_sentence", "month_sentence", "months", "trend_sentence", "weekly"]

# Two cohorts that are complete make a trend.
_WEEKS_FOR_TREND = 2


def weekly(cohort: pd.DataFrame, as_of: datetime, *, tau_days: int) -> pd.DataFrame:
    """One row per week of release: what share was effective within `tau_days`, open items counted.

    cohort: query lag/cohort; as_of: naive UTC; tau_days: horizon [d].
    Returns week_date, episode_count, event_count, gone_count, open_count [patches], effective_share [0..1] (1 minus
    Kaplan-Meier at the horizon, or as far as is known), age_days (since the end of the week) and is_complete: nothing
    is open, or all that is open has been watched for longer than tau_days.
    """
    keys = ["episode_count", "event_count", "gone_count", "open_count"]
    found = cohort.rename(columns={"entry_count": "episode_count"}).groupby("week_date", as_index=False)[keys].sum()
    curves = cumulative_incidence(
        cohort.rename(columns={"event_count": "patched_count"}), ["patched"], strata=["week_date"]
    )
    reached = curves[curves["day"] <= tau_days].groupby("week_date")["incidence_share"].last()
    found["effective_share"] = found["week_date"].map(reached).astype(float).fillna(0.0)
    week_end = pd.to_datetime(found["week_date"]) + timedelta(days=7)
    found["age_days"] = (pd.Timestamp(as_of) - week_end).dt.total_seconds() / 86_400
    found["is_complete"] = (found["open_count"] == 0) | (found["age_days"] > tau_days)
    return found


def trend_sentence(weeks: pd.DataFrame, *, tau_days: int) -> str:
    """Whether the latest complete quarter of release weeks was faster than the one before, and what is left out.

    weeks: `weekly`; tau_days: its horizon [d].
    """
    whole = weeks[weeks["is_complete"].astype(bool)]
    rest = len(weeks) - len(whole)
    moving = "younger than that, in grey, rest on few patches and may still move either way."
    grey = f" {counted(rest, 'week')} {moving}" if rest else ""
    if len(whole) < _WEEKS_FOR_TREND:
        return f"No trend yet: {counted(len(whole), 'week')} of releases watched for {tau_days} days.{grey}"
    late, early = whole.tail(13), whole.iloc[:-13].tail(13)
    told = f"Of what was released in the last {counted(len(late), 'complete week')} {_pooled(late)} was effective"
    before = f", of the {counted(len(early), 'week')} before {_pooled(early)}" if len(early) else ""
    return f"{told} within {tau_days} days{before}.{grey}"


def _pooled(weeks: pd.DataFrame) -> str:
    share = (weeks["effective_share"] * weeks["episode_count"]).sum() / weeks["episode_count"].sum()
    return f"{100 * share:.0f} %"


def months(month: pd.DataFrame, lookback: pd.DataFrame) -> pd.DataFrame:
    """The months with their change, and which of them rest on what was still there when we first looked.

    month: query lag/month; lookback: query lag/lookback. Returns the months' columns, open_change_count [patches]
    (open at the end less at the start) and month_basis: snapshots, or rebuilt, too low, for a month that began before
    the first snapshot: nodes that went before it left nothing, so its counts are too low and its growth too high.
    """
    is_rebuilt = _began_before(month, lookback)
    return month.assign(
        open_change_count=month["open_end_count"] - month["open_start_count"],
        month_basis=is_rebuilt.map({True: "rebuilt, too low", False: "snapshots"}),
    )


def _began_before(month: pd.DataFrame, lookback: pd.DataFrame) -> pd.Series[bool]:
    is_before: pd.Series[bool] = pd.to_datetime(month["month_date"]) < lookback["first_taken_at"].iloc[0]
    return is_before


def month_sentence(month: pd.DataFrame, lookback: pd.DataFrame) -> str:
    """The last month that is over against the one before it, of those that began after the first snapshot.

    month: query lag/month; lookback: query lag/lookback.
    """
    first = lookback["first_taken_at"].iloc[0]
    is_rebuilt = _began_before(month, lookback)
    seen = int(month["first_seen_count"].sum())
    found = (
        f" {seen:,} more did not come: they were there at our first look at nodes that tell no installation times, "
        "and since when is not known."
        if seen
        else ""
    )
    rest = found + (
        f" Months that began before the first snapshot ({first:%Y-%m-%d}) are rebuilt from nodes that were still there "
        "then: their counts are too low, and a rise from them to later ones is partly no growth."
        if is_rebuilt.any()
        else ""
    )
    month = month[~is_rebuilt]
    came = month["arrived_count"] + month["first_seen_count"]
    over = month[month["is_over"].astype(bool) & (month["open_start_count"] + came > 0)]
    if len(over) < 2:
        return f"There are not two whole months of snapshots to compare.{rest}"
    last, before = over.iloc[-1], over.iloc[-2]
    change = int(last["open_end_count"] - last["open_start_count"])
    word = "grew" if change > 0 else "fell" if change < 0 else "stayed"
    by = f" by {abs(change):,}" if change else ""
    return (
        f"In {last['month_date']:%B %Y} {int(last['event_count']):,} patches became effective, "
        f"{100 * last['capacity_share']:.0f} % of what was open or came (the month before "
        f"{int(before['event_count']):,}, {100 * before['capacity_share']:.0f} %); what is open {word}{by} to "
        f"{int(last['open_end_count']):,}.{rest}"
    )


def lookback_sentence(lookback: pd.DataFrame, as_of: datetime) -> str:
    """Since when we look, what installation times tell of the time before, and what is provisional.

    lookback: query lag/lookback; as_of: naive UTC.
    """
    row = lookback.iloc[0]
    if not row["snapshot_count"]:
        return "No snapshot was read."
    weeks = (pd.Timestamp(as_of) - row["first_taken_at"]).days / 7
    told = (
        f"{int(row['told_end_count']):,} installations before the first snapshot are known only from their "
        "installation times, on nodes and of patches that were still listed then"
    )
    provisional = f"{int(row['provisional_count']):,} ends are provisional"
    if row["snapshot_count"] == 1:
        return (
            f"One snapshot so far: {int(row['open_count']):,} timed patches are open at these ages. {told}. What "
            f"opens, ends and vanishes is seen from the second snapshot on, a trend from week 4. {provisional}."
        )
    again, missed, flapped = (int(row[name]) for name in ("reopened_count", "missed_end_count", "flapped_count"))
    told += f"; {missed:,} more came and ended between two snapshots" if missed else ""
    provisional += f"; {flapped:,} that were open again before that had settled count as open all along"
    return (
        f"{int(row['snapshot_count']):,} snapshots over {weeks:.0f} weeks: {int(row['open_count']):,} timed patches "
        f"are open, {int(row['seen_end_count']):,} were seen open and then effective, {again:,} opened again. {told}. "
        f"{provisional}."
    )

"""How long patches stay open, as frames, sentences and headline figures.

Inputs are the frames of `queries/lag/`. Open items count: a mean over closed items is shown only beside
the estimate that counts them, and labelled.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from patchlib.errors import ParameterInvalid
from patchlib.metrics.deadline import CLOCKS
from patchlib.metrics.headline import Headline
from patchlib.metrics.share import Share
from patchlib.metrics.survival import STRATUM, log_rank, pace, restricted_mean
from patchlib.metrics.waiting import lever_sentence

__all__ = [
    "clock_sentence",
    "clock_table",
    "closed_only_sentence",
    "comparison",
    "comparison_sentence",
    "curve_sentence",
    "environment_sentence",
    "lag_sentence",
    "left_out_sentence",
    "median_sentence",
    "on_clock",
    "open_headline",
    "release_headline",
    "release_sentence",
    "rows_behind",
    "slowest",
    "slowest_headline",
    "summary",
    "well_counted",
]

PAIRS = "node and patch pairs"
_FEWEST_NODES = 5  # a team of fewer is in the data, but not named as slowest or fastest
_STARTS = dict(zip(CLOCKS, ("the vendor's release", "the baseline's approval", "our first sight"), strict=True))
_TELLERS = {
    "listed_release_count": "told by Systems Manager",
    "advisory_release_count": "by the vendor's advisory of that very version",
    "stand_in_release_count": "by AlmaLinux's in place of Red Hat's, which came no later",
}


def on_clock(frame: pd.DataFrame, clock: str) -> pd.DataFrame:
    """The rows on one clock; clocks are never mixed.

    frame: any frame with the column clock. Raises ParameterInvalid for a clock that there is not.
    """
    if clock not in CLOCKS:
        raise ParameterInvalid(f"there is no clock {clock!r}", next_step=f"Write {', '.join(CLOCKS)}.")
    return frame[frame["clock"] == clock].reset_index(drop=True)


def clock_table(medians: pd.DataFrame) -> pd.DataFrame:
    """The three clocks side by side: severity, environment and per clock its median and the episodes on it.

    medians: query lag/quantiles. Returns a row per severity and environment in the query's order, with
    <clock>_median_days [d] (null: not reached) and <clock>_count [patches] for each clock.
    """
    keys = ["severity", "environment"]
    found: pd.DataFrame = medians[keys].drop_duplicates(ignore_index=True)
    for clock in CLOCKS:
        word = clock.replace(" ", "_")
        columns = {"median_days": f"{word}_median_days", "episode_count": f"{word}_count"}
        rows = medians.loc[medians["clock"] == clock, [*keys, *columns]].rename(columns=columns)
        found = found.merge(rows, on=keys, how="left")
        found[f"{word}_count"] = found[f"{word}_count"].fillna(0).astype("int64")
    return found


def clock_sentence(medians: pd.DataFrame, clock: str) -> str:
    """How many episodes are on each clock, that clocks cover different ones, and from which the charts count.

    medians: query lag/quantiles; clock: that of the charts.
    """
    counts = {clock: int(medians.loc[medians["clock"] == clock, "episode_count"].sum()) for clock in CLOCKS}
    named = ", ".join(f"{count:,} {clock}" for clock, count in counts.items())
    rest = "" if counts["first observed"] else " First sight can be timed from the second snapshot on."
    return (
        f"Timed patches by clock: {named}. What ended before a clock began is not on it, so each clock covers other "
        f"patches: do not compare across a row.{rest} The charts below count from {_STARTS[clock]}."
    )


def comparison(cube: pd.DataFrame, owners: pd.DataFrame, *, fewest: int) -> pd.DataFrame:
    """Environments within each severity, and teams within each severity and environment, slowest first.

    cube: rows of query lag/cube on one clock; owners: query compliance/by_owner. Returns compared (environment or
    team), name and the columns of `pace`, whose ratio is null for fewer than `fewest` timed patches and for a team of
    fewer than five nodes: it would be chance. Those come last.
    """
    parts = [
        pace(cube, column, strata=strata).rename(columns={column: "name"}).assign(compared=word)
        for word, column, strata in (
            ("environment", "environment", ["severity"]),
            ("team", "owner", ["severity", "environment"]),
        )
    ]
    found = pd.concat(parts, ignore_index=True)
    sized = owners.loc[owners["known_node_count"] >= _FEWEST_NODES, "owner"]
    is_team = found["compared"] == "team"
    is_sized = (found["episode_count"] >= fewest) & (~is_team | found["name"].isin(sized))
    found["pace_ratio"] = found["pace_ratio"].where(is_sized)
    found = found.sort_values(["compared", "pace_ratio", "name"], ignore_index=True)
    return found[["compared", "name", "episode_count", "event_count", "expected_count", "pace_ratio"]]


def comparison_sentence(compared: pd.DataFrame) -> str:
    """The slowest and fastest team of those that are large enough to have a pace.

    compared: `comparison`.
    """
    teams = compared[(compared["compared"] == "team") & compared["pace_ratio"].notna()]
    if len(teams) < 2:
        return "There are not two teams to compare."
    slow, fast = teams.iloc[0], teams.iloc[-1]
    return (
        f"Against the same severities and environments {slow['name']} closed {100 * slow['pace_ratio']:.0f} % of what "
        f"was to be expected at the pace of all, {fast['name']} {100 * fast['pace_ratio']:.0f} %."
    )


def rows_behind(oldest: pd.DataFrame, quantiles: pd.DataFrame, severity_order: Sequence[str]) -> pd.DataFrame:
    """The oldest open patches of the slowest stratum; empty when there is none.

    oldest: query lag/oldest_open; quantiles, severity_order: as for `slowest`.
    """
    row = slowest(quantiles, severity_order)
    if row is None:
        return oldest.head(0)
    is_in = (oldest["severity"] == row["severity"]) & (oldest["environment"] == row["environment"])
    found: pd.DataFrame = oldest[is_in].reset_index(drop=True)
    return found


def summary(quantiles: pd.DataFrame, survival: pd.DataFrame, *, tau_days: int) -> pd.DataFrame:
    """One row per stratum: counts, the estimates that count open items, and the closed-only mean beside them.

    quantiles: query lag/quantiles; survival: query lag/survival; tau_days: horizon of the restricted mean [d].
    Returns the columns of lag/quantiles plus restricted_mean_days and restricted_mean_error [d].
    """
    return quantiles.merge(restricted_mean(survival, tau_days=tau_days), on=STRATUM, how="left")


def well_counted(frame: pd.DataFrame, quantiles: pd.DataFrame, *, fewest: int) -> pd.DataFrame:
    """The rows of strata with at least `fewest` timed patches, for a curve of three says nothing; all when none has.

    frame: any frame by severity and environment; quantiles: query lag/quantiles on one clock, which counts them.
    """
    is_large = quantiles["episode_count"] >= fewest
    keys = [name for name in STRATUM if name in frame]
    return frame.merge(quantiles.loc[is_large, keys], on=keys) if is_large.any() else frame


def left_out_sentence(quantiles: pd.DataFrame, *, fewest: int) -> str:
    """Which strata `well_counted` leaves out, in words; "" when none.

    quantiles: query lag/quantiles.
    """
    is_large = quantiles["episode_count"] >= fewest
    rows = quantiles.loc[~is_large, ["severity", "environment"]]
    if rows.empty or not is_large.any():
        return ""
    named = ", ".join(f"{severity} in {environment}" for severity, environment in rows.itertuples(index=False))
    return f" Not drawn, with fewer than {fewest} timed patches each: {named}."


def median_sentence(lags: pd.DataFrame) -> str:
    """Which stratum has the longest median, and how far the median of closed items alone is off at most.

    lags: `summary`.
    """
    rows = lags.sort_values("median_days", ascending=False, na_position="first", kind="stable")
    if rows.empty:
        return closed_only_sentence(lags)
    row = rows.iloc[0]
    told = "half are not yet effective" if pd.isna(row["median_days"]) else f"{row['median_days']:.0f} days"
    return f"Slowest is {row['severity']} in {row['environment']}: {told}. {closed_only_sentence(lags)}"


def closed_only_sentence(lags: pd.DataFrame) -> str:
    """How far the median over closed items alone is from the median that counts open items, where it is furthest.

    lags: `summary`, or query lag/quantiles.
    """
    rows = lags[lags["event_count"] > 0]
    if rows.empty:
        return "No patch that can be timed is effective yet."
    middle, closed = rows["median_days"].astype(float), rows["closed_median_days"].astype(float)
    row = rows.iloc[int(np.argmax((middle.fillna(math.inf) - closed).to_numpy()))]
    told = "half are not yet effective" if pd.isna(row["median_days"]) else f"it is {row['median_days']:.0f}"
    return (
        f"For {row['severity']} in {row['environment']} the median of closed items alone says "
        f"{row['closed_median_days']:.0f} days; with open items counted {told}."
    )


def curve_sentence(quantiles: pd.DataFrame, cube: pd.DataFrame, severity_order: Sequence[str]) -> str:
    """Fastest and slowest environment for the gravest severity, and whether environments differ at all.

    quantiles: query lag/quantiles; cube: query lag/cube; severity_order: severities, gravest first.
    """
    rows = _gravest(quantiles, severity_order)
    if rows.empty:
        return "No patch can be timed."
    words = [
        f"{'not yet' if pd.isna(days) else f'after {days:.0f} days'} in {environment}"
        for environment, days in rows[["environment", "median_days"]].itertuples(index=False, name=None)
    ]
    span = words[0] if len(words) == 1 else f"{words[0]}, {words[-1]}"
    return f"Half of the {rows['severity'].iloc[0]} patches are effective {span}. {environment_sentence(cube)}"


def environment_sentence(cube: pd.DataFrame) -> str:
    """Whether environments differ in lag once severity is held fixed (stratified log-rank test).

    cube: query lag/cube.
    """
    test = log_rank(cube, "environment", strata=["severity"])
    if not test.degrees:
        return "There are not two environments to compare."
    verdict = "clearly differ" if test.p_value < 0.05 else "do not differ beyond chance"
    p_words = "p < 0.001" if test.p_value < 0.001 else f"p = {test.p_value:.3f}"
    return f"With severity held fixed, the environments {verdict} (log-rank test, {p_words})."


def release_sentence(release_known: pd.DataFrame) -> str:
    """What part of the patch rows has a release date, who tells it, and for which platforms nobody does.

    release_known: query lag/release_known.
    """
    if release_known.empty:
        return "No patch row was read."
    sums = release_known.drop(columns="platform").sum()
    known = Share(int(sums["release_known_count"]), int(sums["patch_row_count"]), PAIRS)
    told = [f"{sums[column]:,.0f} {words}" for column, words in _TELLERS.items() if sums[column]]
    dark = release_known.loc[release_known["release_known_count"] == 0, "platform"].tolist()
    by, none = f": {', '.join(told)}" if told else "", f"; none {_dark_words(dark)}" if dark else ""
    images = int(sums["came_with_image_count"])
    return f"A release date is known for {known}{by}{none}. {images:,} came with their image and were never at risk."


def _dark_words(platforms: Sequence[str]) -> str:
    """Platforms without a date; "unknown" is no name of one."""
    named = [name for name in platforms if name != "unknown"]
    unnamed = ["where the platform is unknown"] * ("unknown" in platforms)
    return " and ".join([f"for {', '.join(named)}"] * bool(named) + unnamed)


def slowest(quantiles: pd.DataFrame, severity_order: Sequence[str]) -> pd.Series[Any] | None:
    """The stratum of the gravest severity whose median is longest; "not reached" is longer than any number.

    quantiles: query lag/quantiles; severity_order: severities, gravest first. None without episodes.
    """
    rows = _gravest(quantiles, severity_order)
    return None if rows.empty else rows.iloc[-1]


def _gravest(quantiles: pd.DataFrame, severity_order: Sequence[str]) -> pd.DataFrame:
    """The strata of the gravest severity there is, fastest first, "not reached" last."""
    present = [name for name in severity_order if name in set(quantiles["severity"])]
    rows = quantiles[quantiles["severity"] == present[0]] if present else quantiles
    return rows.sort_values(["median_days", "environment"], ascending=[True, False], na_position="last")


def lag_sentence(quantiles: pd.DataFrame, decomposition: pd.DataFrame, severity_order: Sequence[str]) -> str:
    """How long patches stay open where it matters most, and whether by design or by execution.

    quantiles: query lag/quantiles; decomposition: query lag/decomposition.
    """
    row = slowest(quantiles, severity_order)
    if row is None:
        return "No patch can be timed on this clock: its start is known for none that was at risk."
    median = row["median_days"]
    half = "half are not yet effective" if pd.isna(median) else f"half are effective only after {median:.0f} days"
    return (
        f"{row['severity']} patches stay open longest in {row['environment']}: {half} "
        f"({row['open_count']:,} of {row['episode_count']:,} still open). {lever_sentence(decomposition)}"
    )


def slowest_headline(quantiles: pd.DataFrame, severity_order: Sequence[str]) -> Headline:
    """The longest median of the gravest severity [d]; unknown when half are not yet effective.

    quantiles: query lag/quantiles; severity_order: severities, gravest first.
    """
    row = slowest(quantiles, severity_order)
    told = "no patch can be timed"
    if row is not None:
        told = f"{row['severity']} in {row['environment']}, {row['episode_count']:,} timed patches"
    return Headline(
        name="slowest_median_days",
        label="Slowest median lag" if row is None else f"Slowest {row['severity']} median lag",
        value=None if row is None or pd.isna(row["median_days"]) else float(row["median_days"]),
        unit="d",
        definition="Longest Kaplan-Meier median from release to effective of any environment, for the gravest "
        "severity; unknown while half are not yet effective.",
        denominator=told,
        source="lag/quantiles",
        better="lower",
        term="median lag",
    )


def open_headline(quantiles: pd.DataFrame) -> Headline:
    """Timed node and patch pairs still open when last seen [patches].

    quantiles: query lag/quantiles.
    """
    return Headline(
        name="open_episode_count",
        label="Still open",
        value=int(quantiles["open_count"].sum()),
        unit="patches",
        definition="Timed node and patch pairs that were not effective when last seen.",
        denominator=f"of {int(quantiles['episode_count'].sum()):,} timed",
        source="lag/quantiles",
        better="lower",
    )


def release_headline(release_known: pd.DataFrame) -> Headline:
    """Part of the patch rows whose release date is known [0..1].

    release_known: query lag/release_known.
    """
    known = Share(int(release_known["release_known_count"].sum()), int(release_known["patch_row_count"].sum()), PAIRS)
    return Headline(
        name="release_known_share",
        label="Release date known",
        value=known.value,
        unit="share",
        definition="Applicable node and patch pairs whose vendor release Systems Manager or an advisory of that very "
        "version tells.",
        denominator=known.counts,
        source="lag/release_known",
        better="higher",
        term="released",
    )

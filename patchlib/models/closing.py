"""When what is open is closed by what is already scheduled: windows and associations that install, at their next runs.

Assumed: each run takes place when its schedule says, reaches the node, and succeeds at once; approvals and schedules
stay as they are. So an instant is the earliest that can be hoped for, never a promise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd

from patchlib.metrics.headline import Headline
from patchlib.metrics.next_run import next_run
from patchlib.metrics.share import Share, counted

__all__ = ["closing_headline", "closing_runs", "closing_sentence", "closing_times", "left_reasons"]

_PLACE = ["account_id", "region"]
_KEY = [*_PLACE, "node_id", "patch_ref"]
# States of a node that a run passes by: it needs an agent that answers.
_UNREACHED = {
    "stopped": "the node is stopped",
    "unmanaged": "Systems Manager does not manage the node",
    "not readable": "its account cannot be read",
    "unsupported OS": "Patch Manager does not patch its operating system",
}


# Parts of a fix that no patch of Systems Manager brings, by readiness of query risk/fix.
_BY_HAND = {
    "by hand": "Systems Manager lists no patch for {}: it is brought up to date by hand",
    "none": "no fix of {} is known",
    "not told": "whether there is a fix of {} is not told",
}


def closing_times(
    patches: pd.DataFrame, schedules: pd.DataFrame, as_of: datetime, fixes: pd.DataFrame | None = None
) -> pd.DataFrame:
    """The first scheduled run that closes each open patch, and what no patch closes.

    patches: query risk/cve_patch, one row per node and patch; schedules: query governance/install_schedule;
    as_of: naive UTC; fixes: rows of query risk/fix for the same vulnerability. What a scanner finds on a node and no
    listed patch mends is a row of its own, with the package as its patch_ref, that nothing closes. Returns the rows and
      ready_at   from when a run installs it: now, or the approval that is due [UTC]; NaT where none is known
      closes_at  first run from then on [UTC], NaT where none closes it
      closed_by  name of the window or association, null where none does
      reason     how the run is known, else why none closes it
    """
    listed: dict[tuple[Any, ...], Mapping[Any, Any]] = {
        (row["account_id"], row["region"], row["regime_id"]): row for row in _plain(schedules)
    }
    known: dict[tuple[Any, ...], tuple[datetime | None, str]] = {}
    judged: list[tuple[datetime | None, datetime | None, str | None, str]] = []
    for row in _plain(patches):
        ready, why = _ready(row, as_of)
        if ready is None:
            judged.append((None, None, None, why))
            continue
        names = str(row["regimes"]).split(";") if row["regimes"] else []
        if not names:
            judged.append((ready, None, None, _unserved(row)))
            continue
        regimes = [listed.get((row["account_id"], row["region"], name)) for name in names]
        judged.append((ready, *_first(regimes, ready, known)))
    found = patches.reset_index(drop=True).copy()
    for place, name in enumerate(("ready_at", "closes_at")):
        found[name] = pd.Series([each[place] for each in judged], dtype="datetime64[us]")
    for place, name in enumerate(("closed_by", "reason"), start=2):
        found[name] = pd.Series([each[place] for each in judged], dtype="str")
    if fixes is not None:
        found = pd.concat([found, _unlisted(fixes)], ignore_index=True).astype(dict(found.dtypes))
    found.attrs = dict(patches.attrs)
    return found


def _unlisted(fixes: pd.DataFrame) -> pd.DataFrame:
    """A row for each part on a node that no patch brings, with the reason why no run closes it."""
    rows = fixes[(fixes["asset_kind"] == "node") & fixes["readiness"].isin(list(_BY_HAND))]
    package = rows["package"].fillna("the package")
    reasons = [_BY_HAND[kind].format(name) for kind, name in zip(rows["readiness"], package, strict=True)]
    named = rows[_PLACE].assign(node_id=rows["asset_id"], patch_ref=package, reason=reasons)
    return named.drop_duplicates().reset_index(drop=True)


def _plain(frame: pd.DataFrame) -> list[dict[Any, Any]]:
    """Rows with None for whatever is missing, and instants as datetimes."""
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def _ready(row: Mapping[Any, Any], as_of: datetime) -> tuple[datetime | None, str]:
    if row["coverage_state"] in _UNREACHED:
        return None, _UNREACHED[row["coverage_state"]]
    if row["ping_status"] not in (None, "Online"):
        return None, "its agent does not answer"
    if row["patch_state"] != "AvailableSecurityUpdate":
        return as_of, ""  # what is missing, failed or waits for a reboot is approved: that is what these states say
    if row["approved_at"] is not None:
        return max(as_of, pd.Timestamp(row["approved_at"]).to_pydatetime()), ""
    if row["approval_source"] == "never approved":
        return None, "no approval rule ever approves it"
    return None, "when it is approved is not known"


def _unserved(row: Mapping[Any, Any]) -> str:
    group = row["auto_scaling_group"]
    return f"{group} replaces it, on no schedule that is read" if group else "nothing scheduled installs on the node"


def _first(
    regimes: Sequence[Mapping[Any, Any] | None],
    ready: datetime,
    known: dict[tuple[Any, ...], tuple[datetime | None, str]],
) -> tuple[datetime | None, str | None, str]:
    best: tuple[datetime, str, str] | None = None
    causes = []
    for regime in regimes:
        if regime is None:
            causes.append("a regime that is not listed any more")
            continue
        # A run that installs and leaves the reboot to others closes nothing: the patch waits for it.
        if regime["is_rebooting"] is not True:
            name, is_known = regime["regime_name"], regime["is_rebooting"] is False
            causes.append(f"{name} does not reboot" if is_known else f"whether {name} reboots is not known")
            continue
        asked = (regime["account_id"], regime["region"], regime["regime_id"], ready)
        if asked not in known:
            known[asked] = next_run(regime, ready)
        at, how = known[asked]
        if at is None:
            causes.append(f"{regime['regime_name']}: {how}")
        elif best is None or at < best[0]:
            best = at, str(regime["regime_name"]), how
    if best is None:
        return None, None, "; ".join(dict.fromkeys(causes))
    return best


def _nodes(closing: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series[Any]]:
    """The nodes, and of those on which every open patch is closed the instants at which the last is, ascending."""
    nodes = closing.groupby([*_PLACE, "node_id"], dropna=False)["closes_at"].agg(["max", "count", "size"])
    return nodes, nodes[nodes["count"] == nodes["size"]]["max"].sort_values()


def closing_runs(closing: pd.DataFrame, as_of: datetime) -> pd.DataFrame:
    """How many nodes are left after each instant at which some are closed.

    closing: `closing_times`. Returns one row per instant, first that of the report: closes_at [UTC], after_days [d],
    closed_count and left_count [nodes].
    """
    nodes, closed = _nodes(closing)
    counts = closed.value_counts().sort_index()
    at = pd.Series([pd.Timestamp(as_of), *counts.index], dtype="datetime64[us]")
    closed_count = pd.Series([0, *counts.tolist()], dtype="int64")
    return pd.DataFrame(
        {
            "closes_at": at,
            "after_days": (at - pd.Timestamp(as_of)).dt.total_seconds() / 86_400.0,
            "closed_count": closed_count,
            "left_count": len(nodes) - closed_count.cumsum(),
        }
    )


def left_reasons(closing: pd.DataFrame) -> pd.DataFrame:
    """Why no scheduled run closes what is left: reason, node_count [nodes], patch_count [node and patch pairs].

    closing: `closing_times`. The most nodes first.
    """
    left = closing[closing["closes_at"].isna()]
    found = left.groupby("reason").agg(node_count=("node_id", "nunique"), patch_count=("patch_ref", "size"))
    ranked: pd.DataFrame = found.reset_index().sort_values(["node_count", "reason"], ascending=[False, True])
    return ranked.reset_index(drop=True)


def closing_headline(closing: pd.DataFrame) -> Headline:
    """Share of the nodes with an open patch that fixes it on which what is scheduled closes it."""
    nodes, closed = _nodes(closing)
    share = Share(len(closed), len(nodes))
    return Headline(
        name="closing_share", label="Closed by what is scheduled", value=share.value, unit="share",
        definition="Nodes on which scheduled windows and associations close every open patch that fixes it, if each "
        "run succeeds.",
        denominator=share.counts, source="risk/cve_patch", better="higher",
        tone="unknown" if nodes.empty else "good" if len(closed) == len(nodes) else "warning",
    )  # fmt: skip


def closing_sentence(closing: pd.DataFrame, as_of: datetime) -> str:
    """How much of it is closed by when, and what no run closes, in words. closing: `closing_times`."""
    if closing.empty:
        return "No patch that Systems Manager lists as open is known to fix it."
    nodes, closed = _nodes(closing)
    total = counted(len(nodes), "node")
    if closed.empty:
        return f"No scheduled run closes it on any of {total}."
    half, last = closed.iloc[(len(closed) - 1) // 2], closed.iloc[-1]
    left = len(nodes) - len(closed)
    days = (last - pd.Timestamp(as_of)).total_seconds() / 86_400
    rest = f"; on {counted(left, 'node')} no scheduled run does" if left else ""
    by = f"by {last:%Y-%m-%d %H:%M} UTC, in {days:.1f} days"
    when = by if half == last else f"half of these by {half:%Y-%m-%d %H:%M} UTC, all {by}"
    return f"If every run succeeds, what is scheduled closes it on {len(closed):,} of {total}: {when}{rest}."

"""Which approval rules let nothing in any more: frozen by a date, or slower than the next release.

An update of Windows replaces the one before it. A rule that waits as long as that approves an update when its
successor is out already: it never installs what it was made for. Sources as in `patchlib.models.phase`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from patchlib.metrics.headline import Headline
from patchlib.metrics.share import counted
from patchlib.models.phase import PhaseAssumptions, designed_delay, patch_tuesdays

__all__ = ["approval_headline", "approval_lint", "approval_sentence", "rejected_headline", "rejected_sentence"]

_BASELINE = ["account_id", "region", "baseline_id"]
MOST_NAMED = 3  # baselines in one sentence
_FAULTS = ("frozen", "never approved", "partly replaced")


def approval_lint(rules: pd.DataFrame, as_of: datetime, assumptions: PhaseAssumptions) -> pd.DataFrame:
    """What each approval rule lets in.

    rules: query governance/approval_rule; as_of: naive UTC. One row per row, faults first, then by nodes; its columns
    and
      verdict  frozen (its date is over); never approved (every release is replaced before its delay is over); partly
               replaced (some are); approves; unknown (the operating system of the baseline was not read)
      note     why, in words
      approval when the rule approves: "7 days after release", "until 2026-03-31", or "at once"
    Only releases of `assumptions.monthly_systems` are known to replace each other.
    """
    start = as_of.replace(tzinfo=UTC)
    tuesdays = patch_tuesdays(start, start + timedelta(days=assumptions.horizon_days))
    judged = [_judged(row, tuesdays, assumptions) for row in rules.to_dict("records")]
    found = rules.reset_index(drop=True).copy()
    found["verdict"] = pd.Series([verdict for verdict, _ in judged], dtype="str")
    found["note"] = pd.Series([note for _, note in judged], dtype="str")
    found["approval"] = pd.Series([_approval(row) for row in rules.to_dict("records")], dtype="str")
    rank = {name: place for place, name in enumerate((*_FAULTS, "unknown", "approves"))}
    order = found.assign(place=found["verdict"].map(rank).astype("float64"))
    order = order.sort_values(["place", "node_count"], ascending=[True, False], kind="stable")
    lint = found.loc[order.index].reset_index(drop=True)
    lint.attrs = rules.attrs
    return lint


def _approval(row: dict[Any, Any]) -> str:
    if not pd.isna(row["approve_until_date"]):
        return f"until {pd.Timestamp(row['approve_until_date']):%Y-%m-%d}"
    # A rule without days or date approves at once: Debian and Ubuntu know no delay (API reference, PatchRule).
    days = 0 if pd.isna(row["approve_after_days"]) else int(row["approve_after_days"])
    return f"{counted(days, 'day')} after release" if days else "at once"


def _judged(row: dict[Any, Any], tuesdays: list[datetime], assumptions: PhaseAssumptions) -> tuple[str, str]:
    if row["is_frozen"]:
        return "frozen", f"nothing released after {pd.Timestamp(row['approve_until_date']):%Y-%m-%d} is approved"
    if pd.isna(row["operating_system"]):
        return "unknown", "the baseline's operating system was not read"
    if pd.isna(row["approve_after_days"]) or row["operating_system"] not in assumptions.monthly_systems:
        return "approves", ""
    days = int(row["approve_after_days"])
    done = designed_delay(tuesdays, [], days)  # no window's runs: only what is replaced is asked for
    if not done.replaced_count:
        return "approves", ""
    verdict = "never approved" if done.replaced_count == done.release_count else "partly replaced"
    return verdict, (
        f"{done.replaced_count} of {done.release_count} releases to come are replaced before {counted(days, 'day')} "
        "are over"
    )


def approval_sentence(lint: pd.DataFrame) -> str:
    """How many rules let nothing in, of which baselines, on how many nodes, and what they hold back, in words.

    lint: `approval_lint`. Baselines of one name are one: an account and Region often holds its own copy.
    """
    if lint.empty:
        return "No approval rule was read."
    bad = lint[lint["verdict"].isin(_FAULTS[:2])]
    partly = int((lint["verdict"] == "partly replaced").sum())
    rest = f" Of {counted(partly, 'rule')} some releases are replaced before they are approved." if partly else ""
    if bad.empty:
        return f"Each of {counted(len(lint), 'rule')} approves new releases.{rest}"
    frozen = int((bad["verdict"] == "frozen").sum())
    dated = "all" if frozen == len(bad) > 1 else f"{frozen:,} of them"
    named = bad.assign(baseline_name=bad["baseline_name"].fillna("baselines whose name was not read"))
    groups = [(_nodes(rows), str(name), rows) for name, rows in named.groupby("baseline_name", sort=True)]
    groups.sort(key=lambda group: (-group[0], group[1]))
    said = "; ".join(f"{name} ({_held(nodes, rows)})" for nodes, name, rows in groups[:MOST_NAMED])
    more = f"; and {len(groups) - MOST_NAMED:,} more" if len(groups) > MOST_NAMED else ""
    return (
        f"{counted(len(bad), 'rule')} of {len(lint):,} approve nothing new, {dated} by a date in the past, and "
        f"{counted(_nodes(bad), 'node')} went by them at the last scan: {said}{more}.{rest}"
    )


def _nodes(rows: pd.DataFrame) -> int:
    return int(rows.drop_duplicates(_BASELINE)["node_count"].sum())


def _held(nodes: int, rows: pd.DataFrame) -> str:
    copies = len(rows[_BASELINE].drop_duplicates())
    frozen = rows[rows["verdict"] == "frozen"]
    held = frozen["held_back_count"].dropna()
    back = ""
    if len(held) and held.max() > 0:
        upto = "" if held.nunique() == 1 and copies == len(rows) else "up to "
        back = f", {upto}{held.max():,.0f} later patches held back{_exploited(frozen)}"
    of_them = f"{copies:,} baselines of that name, " if copies > 1 else ""
    return f"{of_them}{counted(nodes, 'node')}{back}"


def _exploited(frozen: pd.DataFrame) -> str:
    known = frozen["exploited_count"].dropna()
    if known.empty:
        return ", of which it is not known whether they are exploited"
    return f", {int(known.max()):,} of them known to be exploited"


def rejected_sentence(rejected: pd.DataFrame) -> str:
    """How many patches are rejected by name, and of how many it is known that they fix what is exploited.

    rejected: query governance/rejected_patch.
    """
    if rejected.empty:
        return "No baseline that was read rejects a patch by name."
    answers = rejected["known_exploited"].astype(object)
    exploited = int(sum(answer is True for answer in answers))
    unknown = int(answers.isna().sum())
    told = f"{exploited:,} of them fix what is known to be exploited"
    rest = f"; of {unknown:,} it is not known" if unknown else ""
    return f"{counted(len(rejected), 'rejection')} by name in baselines: {told}{rest}."


def approval_headline(lint: pd.DataFrame) -> Headline:
    """Approval rules that approve nothing new [rules].

    lint: `approval_lint`.
    """
    return Headline(
        name="idle_rule_count",
        label="Rules that approve nothing",
        value=int(lint["verdict"].isin(_FAULTS[:2]).sum()) if len(lint) else None,
        unit="rules",
        definition="A date in the past, or a delay after which every release has been replaced.",
        denominator=f"of {len(lint):,} rules read",
        source="governance/approval_rule",
        better="lower",
        term="never approved",
    )


def rejected_headline(rejected: pd.DataFrame, lint: pd.DataFrame) -> Headline:
    """Rejections by name of a patch that fixes what is known to be exploited; None when that is not known [rejections].

    rejected: query governance/rejected_patch. lint: `approval_lint`; without a rule no baseline was read.
    """
    known = rejected["known_exploited"].dropna()
    return Headline(
        name="rejected_exploited_count",
        label="Rejected though exploited",
        value=int(known.astype(bool).sum()) if len(lint) and (len(known) or not len(rejected)) else None,
        unit="rejections",
        definition="Patches rejected by name that fix a vulnerability of the KEV catalogue.",
        denominator=f"of {len(rejected):,} rejections, {len(rejected) - len(known):,} of them not known",
        source="governance/rejected_patch",
        better="lower",
        term="KEV",
    )

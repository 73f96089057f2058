"""Compliance by patch rows beside AWS's own label, as shares and sentences.

Inputs are the frames of `queries/compliance/`. The denominator is every node that should be compliant:
all known nodes less the excluded. Unknown never counts as compliant.
"""

from __future__ import annotations

import pandas as pd

from patchlib.metrics.headline import Headline
from patchlib.metrics.share import Share, counted

__all__ = [
    "aws_compliant",
    "aws_headline",
    "compliant",
    "compliant_headline",
    "hidden",
    "hidden_headline",
    "hidden_sentence",
    "reboot_headline",
    "reboot_sentence",
    "shortfall_sentence",
    "state_sentence",
    "status_sentence",
    "unknown_headline",
    "weakest",
]

MOST_NAMED = 4  # groups in one sentence


def compliant(overall: pd.DataFrame) -> Share:
    """Nodes known to be compliant, of all that should be.

    overall: query compliance/overall (one row).
    """
    row = overall.iloc[0]
    return Share(int(row["compliant_count"]), int(row["expected_count"]), "nodes that should be compliant")


def aws_compliant(overall: pd.DataFrame) -> Share:
    """Nodes AWS labels compliant, of those it labels at all.

    overall: query compliance/overall (one row).
    """
    row = overall.iloc[0]
    return Share(int(row["aws_compliant_count"]), int(row["aws_labelled_count"]), "labelled nodes")


def status_sentence(overall: pd.DataFrame, accounts: pd.DataFrame) -> str:
    """The compliant share, its unknown part, what is in no share at all, and AWS's claim, in words.

    overall: query compliance/overall (one row); accounts: query fleet/accounts.
    """
    ours, theirs, unknown = compliant(overall), aws_compliant(overall), int(overall["unknown_count"].iloc[0])
    if not ours.whole:
        return "No node is known that should be compliant."
    best = Share(ours.part + unknown, ours.whole)
    range_words = (
        f"; {unknown:,} are unknown, so at most {best.percent} of the {ours.whole:,} can be" if unknown else ""
    )
    blind = int(accounts["is_blind"].sum())
    dark = f". Nodes of {counted(blind, 'account')} without an answer are not counted" if blind else ""
    claim = (
        f"AWS's own label calls {theirs.counts} compliant ({theirs.percent})" if theirs.whole else "AWS labels no node"
    )
    return f"{ours.counts} are known to be ({ours.percent}){range_words}{dark}. {claim}."


def hidden(aws_label: pd.DataFrame) -> pd.DataFrame:
    """What AWS's label hides: nodes not known to be compliant that it calls compliant or does not mention.

    aws_label: query compliance/aws_label.
    Returns aws_label, compliance_status, reason, node_count [nodes], most nodes first.
    """
    rows = aws_label.loc[aws_label["is_hidden"].astype(bool)]
    columns = ["aws_label", "compliance_status", "reason", "node_count"]
    return rows[columns].sort_values(["node_count", "reason"], ascending=[False, True], ignore_index=True)


def hidden_sentence(aws_label: pd.DataFrame) -> str:
    """How many nodes the label hides, and the largest reason.

    aws_label: query compliance/aws_label.
    """
    rows = hidden(aws_label)
    if rows.empty:
        return "AWS's label hides nothing: no node it calls compliant, or leaves out, is anything else."
    called = int(rows.loc[rows["aws_label"] == "compliant", "node_count"].sum())
    left_out = int(rows["node_count"].sum()) - called
    top = rows.iloc[0]
    return (
        f"AWS calls {counted(called, 'node')} compliant that cannot be called so, and says nothing of {left_out:,} "
        f"more; the largest reason is {top['reason']} ({counted(int(top['node_count']), 'node')})."
    )


def weakest(groups: pd.DataFrame, by: str) -> str:
    """The group with the lowest compliant share, in words.

    groups: a compliance/by_* query; by: its group column.
    """
    rows = groups[groups["expected_count"] > 0]
    if rows.empty:
        return "No node is known that should be compliant."
    none = rows[rows["compliant_count"] == 0].sort_values("expected_count", ascending=False, kind="stable")
    if len(none) > 1:
        named = [f"{group} (0 of {count:,})" for group, count in none[[by, "expected_count"]].itertuples(index=False)]
        more = f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
        return f"Not one node is compliant in {', '.join(named[:MOST_NAMED])}{more}."
    row = rows.sort_values("compliant_share", kind="stable").iloc[0]
    share = Share(int(row["compliant_count"]), int(row["expected_count"]), "nodes")
    return f"Lowest is {row[by]} with {share}, {int(row['unknown_count']):,} unknown."


def shortfall_sentence(open_patches: pd.DataFrame) -> str:
    """How many patches the non-compliant nodes lack: how many nodes are one, or a few, patches short.

    open_patches: query compliance/open_patches.
    """
    total = int(open_patches["non_compliant_count"].max()) if len(open_patches) else 0
    if not total:
        return "No node is non-compliant."
    up_to = open_patches.set_index("bucket_rank")["up_to_count"]
    one, few = Share(int(up_to[1]), total, "non-compliant nodes"), Share(int(up_to[2]), total)
    reboot = int(open_patches["reboot_only_count"].sum())
    return (
        f"{one} lack a single patch and {few.part:,} ({few.percent}) at most five; {total - few.part:,} lack more. "
        f"A reboot alone would do for {counted(reboot, 'node')}."
    )


def state_sentence(patch_states: pd.DataFrame) -> str:
    """How many applicable patch rows count against compliance, and in which state most of them are.

    patch_states: query compliance/patch_states.
    """
    rows = patch_states[patch_states["patch_state"] != "NotApplicable"]
    opened = rows[rows["is_open"].astype(object).fillna(False).astype(bool)]
    share = Share(int(opened["patch_row_count"].sum()), int(rows["patch_row_count"].sum()), "applicable patch rows")
    if not share.part:
        return "No applicable patch row counts against compliance." if share.whole else "No patch row was read."
    top = opened.sort_values("patch_row_count", ascending=False, kind="stable").iloc[0]
    return f"{share} count against compliance, most of them {top['patch_state']} ({top['patch_row_count']:,})."


def reboot_sentence(reboot_debt: pd.DataFrame) -> str:
    """How many nodes wait for a reboot and for how long.

    reboot_debt: query compliance/reboot_debt.
    """
    if reboot_debt.empty:
        return "No node waits for a reboot."
    days = reboot_debt["pending_days"]
    patches = int(reboot_debt["pending_reboot_count"].sum())
    return (
        f"Waiting for a reboot: {counted(len(reboot_debt), 'node')} with {patches:,} patches not in effect; "
        f"the median wait is {days.median():.0f} days, the longest {days.max():.0f}."
    )


def compliant_headline(overall: pd.DataFrame) -> Headline:
    """Compliant nodes of all that should be [0..1].

    overall: query compliance/overall (one row).
    """
    ours = compliant(overall)
    return Headline(
        name="compliant_share",
        label="Compliant",
        value=ours.value,
        unit="share",
        definition="Fresh scan, operating system supported, and no patch missing, failed, pending reboot or rejected.",
        denominator=ours.counts,
        source="compliance/overall",
        better="higher",
        term="compliant",
    )


def aws_headline(overall: pd.DataFrame) -> Headline:
    """Nodes AWS labels compliant, of those it labels [0..1].

    overall: query compliance/overall (one row).
    """
    theirs = aws_compliant(overall)
    return Headline(
        name="aws_compliant_share",
        label="AWS's label says",
        value=theirs.value,
        unit="share",
        definition="Nothing missing, failed, pending reboot or rejected in the last scan, however old that scan is.",
        denominator=theirs.counts,
        source="compliance/overall",
        term="AWS's label",
    )


def hidden_headline(overall: pd.DataFrame, aws_label: pd.DataFrame) -> Headline:
    """Nodes AWS calls compliant or does not mention that are not known to be compliant [nodes].

    overall, aws_label: the queries of compliance/ of these names.
    """
    return Headline(
        name="hidden_node_count",
        label="Hidden by the label",
        value=int(hidden(aws_label)["node_count"].sum()),
        unit="nodes",
        definition="Not known to be compliant, while AWS says compliant or nothing.",
        denominator=_expected(overall),
        source="compliance/aws_label",
        better="lower",
    )


def unknown_headline(overall: pd.DataFrame) -> Headline:
    """Nodes of which it is not known whether they are compliant [nodes].

    overall: query compliance/overall (one row).
    """
    return Headline(
        name="unknown_node_count",
        label="Unknown",
        value=int(overall["unknown_count"].iloc[0]),
        unit="nodes",
        definition="No fresh scan, or patch rows that were not read.",
        denominator=_expected(overall),
        source="compliance/overall",
        better="lower",
        term="unknown",
    )


def reboot_headline(overall: pd.DataFrame, reboot_debt: pd.DataFrame) -> Headline:
    """Nodes with a patch that takes effect only with a reboot [nodes].

    overall, reboot_debt: the queries of compliance/ of these names.
    """
    return Headline(
        name="reboot_node_count",
        label="Waiting for a reboot",
        value=len(reboot_debt),
        unit="nodes",
        definition="Nodes with a patch in state InstalledPendingReboot, stale ones included.",
        denominator=f"of {int(overall['known_node_count'].iloc[0]):,} known nodes",
        source="compliance/reboot_debt",
        better="lower",
        term="reboot debt",
    )


def _expected(overall: pd.DataFrame) -> str:
    row = overall.iloc[0]
    return f"of {row['expected_count']:,.0f} that should be compliant; {row['excluded_count']:,.0f} more are excluded"

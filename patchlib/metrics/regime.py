"""By which regimes nodes are patched, whose scan stands, and how the baselines of two environments part, in words.

Inputs are the frames of `queries/governance/`. What is not known is counted beside every answer, never in it.
"""

from __future__ import annotations

import pandas as pd

from patchlib.metrics.headline import Headline
from patchlib.metrics.share import Share, counted

__all__ = [
    "conflict_headline",
    "contrast_sentence",
    "effect_sentence",
    "idle_headline",
    "overwritten_sentence",
    "regime_sentence",
    "unchosen_headline",
    "unchosen_sentence",
    "unclear_regimes",
    "unresolved_sentence",
]

_UNCHOSEN = "default: "


def unchosen_sentence(findings: pd.DataFrame) -> str:
    """How many managed nodes go by a default baseline that nobody chose for them, and how many for want of a group.

    findings: query governance/regime_finding.
    """
    total = int(findings["node_count"].sum())
    if not total:
        return "No managed node was read."
    unchosen = findings.loc[findings["baseline_choice"].str.startswith(_UNCHOSEN), "node_count"].sum()
    ungrouped = findings.loc[findings["baseline_choice"] == "default: no patch group", "node_count"].sum()
    share = Share(int(unchosen), total, "managed nodes")
    return f"{share} go by a default baseline that nobody chose for them, {int(ungrouped):,} for want of a patch group."


def regime_sentence(findings: pd.DataFrame) -> str:
    """On how many managed nodes nothing installs, regimes go by different baselines, or one is not known.

    Every node has one finding, the gravest: how many on a default baseline have a graver one is said as well.

    findings: query governance/regime_finding.
    """
    total = int(findings["node_count"].sum())
    if not total:
        return "No managed node was read."
    by_finding = findings.groupby("finding")["node_count"].sum()
    idle = Share(int(by_finding.get("nothing installs", 0)), total, "managed nodes")
    members = int(findings.loc[findings["finding"] == "nothing installs", "member_count"].sum())
    replaced = f", {members:,} of them members of Auto Scaling groups, which may be replaced instead" if members else ""
    several = int(by_finding.get("baselines differ", 0))
    unknown = int(by_finding.get("baseline not known", 0))
    unchosen = findings[findings["baseline_choice"].str.startswith(_UNCHOSEN)]
    graver = int(unchosen.loc[unchosen["finding"] != "default baseline", "node_count"].sum())
    default = Share(graver, int(unchosen["node_count"].sum()), "nodes on a default baseline")
    counted_once = f" {default.counts} stand in a graver row." if graver else ""
    return (
        f"Nothing installs on {idle}{replaced}. On {counted(several, 'node')} regimes go by different baselines; on "
        f"{unknown:,} more the baseline of one of several is not known.{counted_once}"
    )


def unclear_regimes(nodes: pd.DataFrame) -> pd.DataFrame:
    """Nodes on which more than one baseline decides, or may: the differing first, then those of which it is not known.

    nodes: query governance/node_regime. Returns its rows and columns.
    """
    rank = {"baselines differ": 0, "baseline not known": 1, "several install": 2}
    place = nodes["finding"].map(rank)
    rows = nodes.loc[place.dropna().sort_values(kind="stable").index].reset_index(drop=True)
    rows.attrs = nodes.attrs
    return rows


def overwritten_sentence(overwritten: pd.DataFrame) -> str:
    """On how many nodes scans by different baselines overwrite each other: seen, set up, not known.

    overwritten: query governance/overwritten_scan.
    """
    if overwritten.empty:
        return "No node was seen to be scanned by two baselines, and none is set up so."
    evidence = overwritten["evidence"].value_counts()
    seen = int(evidence.get("seen", 0) + evidence.get("seen and set up", 0))
    set_up, unknown, moved = (int(evidence.get(name, 0)) for name in ("set up", "not known", "moved"))
    return (
        f"On {counted(seen, 'node')} a scan by another baseline was overwritten and came back; on {set_up:,} more it "
        f"is set up so. On {unknown:,} one of several baselines is not known, and {counted(moved, 'node')} moved to "
        "another baseline once."
    )


def unresolved_sentence(unresolved: pd.DataFrame) -> str:
    """How many windows and associations may patch nodes that cannot be named, and by which gap most.

    unresolved: query governance/unresolved_regime.
    """
    if unresolved.empty:
        return "Of every window and association that was read it is known what it reaches and whether it patches."
    gaps = unresolved["gap"].value_counts(sort=False).sort_values(ascending=False, kind="stable")
    return (
        f"Windows and associations of which that is not known: {unresolved['regime_id'].nunique():,}, mostly for "
        f"{gaps.index[0]}. A node that none but these reach counts as installed by nothing."
    )


def contrast_sentence(difference: pd.DataFrame, environment: str, other: str) -> str:
    """In how many settings the baselines of two environments differ, and in what: the parts add up to the whole.

    difference: query governance/baseline_difference.
    """
    known = difference[difference["is_different"].notna()]
    unknown = int(difference.loc[difference["is_different"].isna(), "operating_system"].nunique())
    if known.empty:
        return f"No operating system has nodes in both {environment} and {other} whose baselines were read."
    alone = f" Only one side has nodes of {counted(unknown, 'more operating system')}." if unknown else ""
    systems = int(known["operating_system"].nunique())
    rows = known[known["is_different"].astype(bool)]
    if rows.empty:
        return f"{environment} and {other} set the same for all of {counted(systems, 'operating system')}.{alone}"
    aspects = rows["aspect"].value_counts(sort=False).sort_values(ascending=False, kind="stable")
    named = ", ".join(f"{name} {count:,}" for name, count in aspects.items())
    share = Share(len(rows), len(known), "settings")
    return f"{environment} and {other} differ in {share} of {counted(systems, 'operating system')}: {named}.{alone}"


def effect_sentence(effect: pd.DataFrame) -> str:
    """How many patches are approved in one environment alone, and on how many nodes they stay unseen in the other.

    effect: query governance/baseline_effect.
    """
    if effect.empty:
        return "No release is known that one of the two approves by now and the other does not."
    parts = []
    for approved_in, rows in effect.groupby("approved_in", sort=True):
        never = int(rows["waits_until_at"].isna().sum())
        waiting = str(rows["waits_in"].iloc[0])
        ends = f", {never:,} of them for good" if never else ""
        parts.append(
            f"{counted(len(rows), 'release')} approved in {approved_in} and not in {waiting}{ends}: open on up to "
            f"{int(rows['open_count'].max()):,} nodes of {approved_in}, while no scan asks for them on up "
            f"to {int(rows['unseen_count'].max()):,} nodes of {waiting}"
        )
    return "; ".join(parts) + "."


def unchosen_headline(findings: pd.DataFrame) -> Headline:
    """Managed nodes that go by a default baseline [0..1].

    findings: query governance/regime_finding.
    """
    is_default = findings["baseline_choice"].str.startswith(_UNCHOSEN)
    share = Share(int(findings.loc[is_default, "node_count"].sum()), int(findings["node_count"].sum()), "managed nodes")
    return Headline(
        name="default_baseline_share",
        label="On a default baseline",
        value=share.value,
        unit="share",
        definition="No patch group, or a group that names no baseline for the operating system: a default decides.",
        denominator=share.counts,
        source="governance/regime_finding",
        better="lower",
        term="baseline in force",
    )


def conflict_headline(findings: pd.DataFrame) -> Headline:
    """Managed nodes on which regimes go by different baselines, or may [nodes].

    findings: query governance/regime_finding.
    """
    return _counted_headline(
        findings,
        ("baselines differ", "baseline not known"),
        name="regime_conflict_node_count",
        label="Two baselines, or not known",
        definition="Several regimes go by different baselines, or the baseline of one of several is not known.",
    )


def idle_headline(findings: pd.DataFrame) -> Headline:
    """Managed nodes on which no regime installs [nodes].

    findings: query governance/regime_finding.
    """
    return _counted_headline(
        findings,
        ("nothing installs",),
        name="uninstalled_node_count",
        label="Nothing installs",
        definition="No window, association or patch policy that was read installs on it; it may be replaced instead.",
    )


def _counted_headline(
    findings: pd.DataFrame, wanted: tuple[str, ...], *, name: str, label: str, definition: str
) -> Headline:
    total = int(findings["node_count"].sum())
    part = int(findings.loc[findings["finding"].isin(wanted), "node_count"].sum())
    return Headline(
        name=name,
        label=label,
        value=part if total else None,
        unit="nodes",
        definition=definition,
        denominator=f"of {total:,} managed nodes",
        source="governance/regime_finding",
        better="lower",
        term="regime",
    )

"""What of the fleet is seen, as shares and sentences.

Inputs are the frames of `queries/fleet/`. A node that is not seen is never counted as good.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from patchlib.metrics.headline import Headline
from patchlib.metrics.share import Share, counted

__all__ = [
    "blind_accounts",
    "blind_headline",
    "blind_sentence",
    "busiest_accounts",
    "coverage_sentence",
    "exclusion_sentence",
    "fresh",
    "fresh_headline",
    "gap_sentence",
    "largest_gap",
    "places_sentence",
    "support_sentence",
    "unread_headline",
    "unseen_headline",
]


def fresh(coverage: pd.DataFrame) -> Share:
    """Nodes with a fresh scan, of all that should be covered: known nodes less the excluded.

    coverage: query fleet/coverage.
    """
    counts = coverage.set_index("coverage_state")["node_count"]
    expected = int(counts.sum()) - int(counts.get("excluded", 0))
    return Share(int(counts.get("fresh", 0)), expected, "nodes that should be covered")


def blind_accounts(accounts: pd.DataFrame) -> Share:
    """Accounts of which nothing at all could be read, of all that the settings take in.

    accounts: query fleet/accounts.
    """
    return Share(int(accounts["is_blind"].sum()), len(accounts) - int(accounts["is_left_out"].sum()), "accounts")


def largest_gap(coverage: pd.DataFrame) -> pd.Series[Any] | None:
    """The row of the coverage state that keeps most nodes from being seen; None when all are fresh.

    coverage: query fleet/coverage. Excluded nodes are left out on purpose and are no gap. Of equal states
    the one that comes first in precedence.
    """
    is_gap = ~coverage["coverage_state"].isin(["fresh", "excluded"])
    gaps = coverage[is_gap & (coverage["node_count"] > 0)]
    return None if gaps.empty else gaps.sort_values("node_count", ascending=False, kind="stable").iloc[0]


def coverage_sentence(coverage: pd.DataFrame, accounts: pd.DataFrame, unseen: pd.DataFrame) -> str:
    """What cannot be seen and who opens it, in words.

    coverage, accounts: the queries of fleet/ of these names; unseen: query fleet/unseen_nodes.
    """
    seen, blind = fresh(coverage), blind_accounts(accounts)
    if not coverage["node_count"].sum():
        return f"No node is known; {blind.part} of {blind.whole} accounts cannot be read."
    told = [f"{seen} have a fresh scan", _blind_clause(accounts, blind)]
    gap = largest_gap(coverage)
    if gap is not None:
        nodes = counted(int(gap["node_count"]), "node")
        told.append(f"The largest known gap is {nodes} {gap['coverage_state']}{_opening(gap, unseen)}")
    return ". ".join(told) + "."


def _opening(gap: pd.Series[Any], unseen: pd.DataFrame) -> str:
    """Who opens a gap, and how; for what is not readable that is whoever can open it for most of its nodes."""
    nodes = unseen[unseen["coverage_state"] == gap["coverage_state"]]
    place, opened_by = "", str(gap["opened_by"])
    if gap["coverage_state"] == "not readable" and not nodes.empty:
        opened_by = str(_most_common(nodes["opened_by"]))
        own = nodes.loc[nodes["opened_by"] == opened_by, "account_name"]
        is_all = len(own) == len(nodes) and own.nunique() == 1
        place = f", {'' if is_all else 'most '}in account {_most_common(own)}"
    article = "" if opened_by.startswith(("nobody", "whoever")) else "the "
    return f"{place}, to be opened by {article}{opened_by}"


def _most_common(values: pd.Series[str]) -> str:
    """The value that occurs most; of equal ones the first by name."""
    return str(values.value_counts().sort_index().sort_values(ascending=False, kind="stable").index[0])


def _blind_clause(accounts: pd.DataFrame, blind: Share) -> str:
    left_out = int(accounts["is_left_out"].sum())
    more = (
        f"; {counted(left_out, 'more account')} left out by the settings, of which nothing is seen" if left_out else ""
    )
    if not blind.part:
        return f"Each of the {blind.whole} accounts can be read{more}"
    named = accounts.loc[accounts["is_blind"], ["account_name", "account_id"]].bfill(axis=1)["account_name"]
    return f"{blind.part} of {blind.whole} accounts cannot be read at all ({', '.join(named)}){more}"


def gap_sentence(coverage: pd.DataFrame, unseen: pd.DataFrame) -> str:
    """The largest gap and who opens it, in words.

    coverage: query fleet/coverage; unseen: query fleet/unseen_nodes.
    """
    gap = largest_gap(coverage)
    if gap is None:
        return "Every node that should be is freshly scanned." if coverage["node_count"].sum() else "No node is known."
    share = Share(int(gap["node_count"]), int(coverage["node_count"].sum()), "known nodes")
    return f"The largest known gap is {gap['coverage_state']}, {share}{_opening(gap, unseen)}."


def blind_sentence(blind_spots: pd.DataFrame) -> str:
    """How many cells of the ledger are dark, and for which reasons.

    blind_spots: query fleet/blind_spots.
    """
    if blind_spots.empty:
        return "Everything that was asked was answered in full."
    states = blind_spots["state"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
    places = len(blind_spots.groupby(["account_id", "region"]))
    reasons = ", ".join(f"{count} {str(state).replace('_', ' ')}" for state, count in states.items())
    reads, pairs = counted(len(blind_spots), "read"), counted(places, "account and Region pair")
    return f"Not answered in full: {reads} in {pairs} ({reasons})."


def busiest_accounts(by_account: pd.DataFrame, *, most: int = 30) -> pd.DataFrame:
    """The rows of the accounts in which there is most to open; all rows where there are no more accounts than `most`.

    by_account: query fleet/by_account. First come accounts with most Regions that are not readable, then those with
    most nodes that should be covered and are not freshly scanned.
    """
    rows = by_account.assign(
        is_dark=by_account["is_readable"].astype(object).eq(False),
        unseen=by_account["expected_count"] - by_account["fresh_count"],
    )
    ranked = rows.groupby("account_id")[["is_dark", "unseen"]].sum().sort_values(
        ["is_dark", "unseen"], ascending=False, kind="stable"
    )  # fmt: skip
    return by_account[by_account["account_id"].isin(ranked.index[:most])]


def places_sentence(blind_spots: pd.DataFrame, by_account: pd.DataFrame, shown: pd.DataFrame) -> str:
    """What is dark, and how many accounts the chart leaves out.

    blind_spots, by_account: the queries of fleet/ of these names; shown: `busiest_accounts` of the latter.
    """
    rest = by_account["account_id"].nunique() - shown["account_id"].nunique()
    more = f" {counted(rest, 'account')} in which there is less to open can be found in the data." if rest else ""
    return blind_sentence(blind_spots) + more


def support_sentence(platforms: pd.DataFrame) -> str:
    """Which platform has most nodes that are not seen, how many run past end of support, of how many is not known.

    platforms: query fleet/platforms.
    """
    total = int(platforms["known_node_count"].sum())
    if not total:
        return "No node is known."
    status = platforms.groupby(platforms["is_past_end_of_support"].astype(object).fillna("unknown"))
    counts = status["known_node_count"].sum()
    past = Share(int(counts.get(True, 0)), total, "known nodes")
    unknown = int(counts.get("unknown", 0))
    rest = f"of {unknown:,} the date is not known" if unknown else "the date is known of all"
    return f"{_least_seen(platforms)}{past} run an operating system past its end of support; {rest}."


def _least_seen(platforms: pd.DataFrame) -> str:
    sums = platforms.groupby("platform")[["known_node_count", "fresh_count"]].sum()
    unseen = (sums["known_node_count"] - sums["fresh_count"]).sort_values(ascending=False, kind="stable")
    if not unseen.iloc[0]:
        return ""
    share = Share(int(unseen.iloc[0]), int(sums["known_node_count"][unseen.index[0]]))
    return f"Most nodes that are not fresh run {unseen.index[0]}: {share}. "


def exclusion_sentence(exclusions: pd.DataFrame) -> str:
    """For how many nodes rules are in force, and which have ended, so that their nodes count again; "" without a rule.

    exclusions: query fleet/exclusions.
    """
    if exclusions.empty:
        return ""
    # Rules of one owner, reason and end are told with the nodes of all of them.
    together = ["is_expired", "reason", "owner", "expires_on"]
    nodes = exclusions.drop_duplicates(together).groupby(exclusions["is_expired"].astype(bool))["node_count"].sum()
    over = exclusions[exclusions["is_expired"].astype(bool)]
    told = f"{counted(len(exclusions) - len(over), 'rule')} in force for {counted(int(nodes.get(False, 0)), 'node')}."
    if over.empty:
        return told
    ended = "; ".join(f"{rule.owner}, {rule.expires_on:%Y-%m-%d}" for rule in over.itertuples())
    again = counted(int(nodes.get(True, 0)), "node")
    verb = "counts" if again == "1 node" else "count"
    return f"{told} {counted(len(over), 'rule')} ended ({ended}): {again} {verb} again."


def fresh_headline(coverage: pd.DataFrame) -> Headline:
    """Freshly scanned nodes of all that should be covered [0..1].

    coverage: query fleet/coverage.
    """
    seen = fresh(coverage)
    return Headline(
        name="fresh_share",
        label="Freshly scanned",
        value=seen.value,
        unit="share",
        definition="Nodes in coverage state fresh, of all known nodes that no rule excludes.",
        denominator=seen.counts,
        source="fleet/coverage",
        better="higher",
        term="fresh",
    )


def unseen_headline(coverage: pd.DataFrame) -> Headline:
    """Known nodes that should be covered and are not freshly scanned [nodes].

    coverage: query fleet/coverage.
    """
    seen = fresh(coverage)
    excluded = int(coverage["node_count"].sum()) - seen.whole
    return Headline(
        name="unseen_node_count",
        label="Known but not seen",
        value=seen.whole - seen.part,
        unit="nodes",
        definition="Known nodes in any coverage state but fresh and excluded.",
        denominator=f"of {seen.whole:,} that should be covered; {excluded:,} more are excluded by a rule",
        source="fleet/coverage",
        better="lower",
    )


def blind_headline(accounts: pd.DataFrame) -> Headline:
    """Accounts of which nothing could be read [accounts].

    accounts: query fleet/accounts.
    """
    blind = blind_accounts(accounts)
    return Headline(
        name="blind_account_count",
        label="Accounts without an answer",
        value=blind.part,
        unit="accounts",
        definition="Accounts of which not one source was answered in full; how many nodes they hold is unknown.",
        denominator=blind.counts,
        source="fleet/accounts",
        better="lower",
        tone="warning" if blind.part else "neutral",
        term="blind spot",
    )


def unread_headline(blind_spots: pd.DataFrame) -> Headline:
    """Reads whose latest attempt failed or was cut short [reads].

    blind_spots: query fleet/blind_spots.
    """
    return Headline(
        name="unread_source_count",
        label="Reads not answered in full",
        value=len(blind_spots),
        unit="reads",
        definition="Account, Region and source whose latest attempt failed or was cut short.",
        denominator=f"in {blind_spots['account_id'].nunique()} accounts",
        source="fleet/blind_spots",
        better="lower",
    )

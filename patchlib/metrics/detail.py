"""What stands behind the compliant share: labels that differ, nodes to work on, reboots overdue, patches from outside.

Inputs are the frames of `queries/compliance/`. Frames that come back hold the rows behind a number, in the order in
which they are worth reading; they keep the query they came from in `attrs`.
"""

from __future__ import annotations

import pandas as pd

from patchlib.metrics.share import Share, counted

__all__ = [
    "difference_sentence",
    "differing",
    "disagreeing",
    "lock_sentence",
    "locked",
    "non_compliant_nodes",
    "outside_nodes",
    "outside_sentence",
    "overdue",
    "overdue_sentence",
    "verdict_sentence",
]


def difference_sentence(label_matrix: pd.DataFrame) -> str:
    """On how many nodes AWS's label of patches and our status differ and why most do, and what associations mask.

    label_matrix: query compliance/label_matrix.
    """
    rows = label_matrix[label_matrix["compliance_status"] != "excluded"]
    total = int(rows["node_count"].sum())
    if not total:
        return "No node is known that should be compliant."
    masked = Share(int(rows["masked_count"].sum()), total)
    covered = (
        f"On {masked} an association that succeeded stands as compliant while the node is not known to be: it tells "
        "that a scan ran, not what it found."
    )
    reasons = rows[rows["difference"] != "agree"].groupby("difference", sort=True)["node_count"].sum()
    if reasons.empty:
        return f"AWS's label of patches and our status agree on all {total:,} nodes. {covered}"
    share, top = Share(int(reasons.sum()), total), str(reasons.idxmax())
    return (
        f"AWS's label of patches and our status differ on {share}; the largest reason is {top} "
        f"({counted(int(reasons[top]), 'node')}). {covered}"
    )


def differing(label_difference: pd.DataFrame) -> pd.DataFrame:
    """Nodes of which AWS's label of patches and our status differ, those it calls compliant first.

    label_difference: query compliance/label_difference. Returns its rows and columns.
    """
    rows = label_difference[~label_difference["difference"].isin(["agree", "excluded by a rule"])]
    place = rows["patch_label"].map({"compliant": 0, "none": 1, "non-compliant": 2})
    found = rows.loc[place.sort_values(kind="stable").index].reset_index(drop=True)
    found.attrs = label_difference.attrs
    return found


def non_compliant_nodes(node_status: pd.DataFrame) -> pd.DataFrame:
    """The non-compliant nodes, those with most open patches first.

    node_status: query compliance/node_status. Returns its rows and columns.
    """
    rows = node_status[node_status["compliance_status"] == "non-compliant"]
    counts = ["missing_count", "failed_count", "pending_reboot_count", "rejected_count"]
    found = rows.loc[rows[counts].sum(axis=1).sort_values(ascending=False, kind="stable").index]
    found.attrs = node_status.attrs
    return found.reset_index(drop=True)


def overdue(reboot_debt: pd.DataFrame, limit_days: float) -> pd.DataFrame:
    """Nodes that have waited for a reboot longer than a limit that somebody has set; all of them where none is.

    reboot_debt: query compliance/reboot_debt. limit_days: 0 sets no limit [d]. Returns its rows, longest wait first.
    """
    rows = reboot_debt[reboot_debt["pending_days"] > limit_days] if limit_days else reboot_debt
    rows.attrs = reboot_debt.attrs
    return rows.sort_values("pending_days", ascending=False, kind="stable", ignore_index=True)


def overdue_sentence(reboot_debt: pd.DataFrame, limit_days: float) -> str:
    """How many waiting nodes are beyond the limit, and how many of them were told not to reboot.

    reboot_debt: query compliance/reboot_debt. limit_days: 0 sets no limit [d].
    """
    if reboot_debt.empty:
        return "No node waits for a reboot."
    if not limit_days:
        return "No limit is set: ages are shown, and nothing is called overdue."
    late = overdue(reboot_debt, limit_days)
    share = Share(len(late), len(reboot_debt), "waiting nodes")
    told = int((late["reboot_option"] == "NoReboot").sum())
    return (
        f"{share} have waited longer than {limit_days:g} days; the last operation of {told:,} was told not to reboot."
    )


def outside_nodes(outside: pd.DataFrame) -> pd.DataFrame:
    """Nodes patched outside Patch Manager, the latest first; `outside_sentence` counts those of which it is not known.

    outside: query compliance/outside_patch_manager. Returns its rows and columns.
    """
    rows = outside[outside["verdict"] == "outside"]
    found = rows.sort_values("last_outside_at", ascending=False, kind="stable", ignore_index=True)
    found.attrs = outside.attrs
    return found


def outside_sentence(outside: pd.DataFrame) -> str:
    """How many nodes were patched outside Patch Manager, and of how many that is not known.

    outside: query compliance/outside_patch_manager.
    """
    if outside.empty:
        return "No node has a patch that was installed since its launch."
    verdicts = outside["verdict"].value_counts()
    found = Share(int(verdicts.get("outside", 0)), len(outside), "nodes with patches installed since their launch")
    untold = int(outside["before_count"].sum() + outside["undated_count"].sum())
    return (
        f"{found} were patched with no installation by Patch Manager within a day; of "
        f"{int(verdicts.get('not known', 0)):,} it is not known. Of {untold:,} patches nothing can be told: they are "
        "older than the record of commands, or without an instant."
    )


def disagreeing(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Nodes of which a system says otherwise than we do, most such systems first.

    verdicts: query compliance/verdicts. Returns its rows and columns.
    """
    rows = verdicts[verdicts["agreement"] == "differ"]
    found = rows.sort_values("differing_count", ascending=False, kind="stable", ignore_index=True)
    found.attrs = verdicts.attrs
    return found


def verdict_sentence(verdicts: pd.DataFrame) -> str:
    """On how many nodes every system that answers says what we say, and on how many nobody can tell.

    verdicts: query compliance/verdicts.
    """
    rows = verdicts[verdicts["agreement"] != "excluded"]
    if rows.empty:
        return "No node is known that should be compliant."
    counts = rows["agreement"].value_counts()
    agree = Share(int(counts.get("agree", 0)), len(rows))
    differ, unknown = int(counts.get("differ", 0)), int(counts.get("not known", 0))
    answers = rows["answer_count"].mean()
    return (
        f"On {agree} every system that answers says what we say; on {differ:,} at least one says otherwise, and on "
        f"{unknown:,} it is not known: we do not know the node's state, or none answers. On average {answers:.1f} of 4 "
        "systems answer."
    )


def locked(release_lock: pd.DataFrame, node_status: pd.DataFrame) -> pd.DataFrame:
    """Nodes behind the newest release of Amazon Linux 2023, those whose fresh scan misses nothing first.

    release_lock: query lag/release_lock. node_status: query compliance/node_status.
    Returns the rows of the first with coverage_state and scan_age_days [d] of the second.
    """
    rows = _with_scan(release_lock, node_status)
    rows = rows[rows["release_status"] == "behind"]
    order = rows.assign(is_shown=~_is_clean(rows))
    order = order.sort_values(["is_shown", "behind_days"], ascending=[True, False], kind="stable")
    found = rows.loc[order.index].reset_index(drop=True)
    found.attrs = release_lock.attrs
    return found


def lock_sentence(release_lock: pd.DataFrame, node_status: pd.DataFrame) -> str:
    """How many nodes a release lock keeps behind, and on how many of them a fresh scan misses nothing all the same.

    release_lock: query lag/release_lock. node_status: query compliance/node_status.
    """
    if release_lock.empty:
        return "No node with Amazon Linux 2023 is known."
    rows = _with_scan(release_lock, node_status)
    behind = rows[rows["release_status"] == "behind"]
    share = Share(len(behind), len(rows), "nodes with Amazon Linux 2023")
    clean, old = int(_is_clean(behind).sum()), int((behind["coverage_state"] != "fresh").sum())
    why = ", because it looks no further than the release" if clean else ""
    left = f"; {old:,} have no fresh scan and say nothing of that" if old else ""
    unknown = int(rows["release_status"].isin(["unknown", "newest not known"]).sum())
    return (
        f"{share} stand behind the newest release known; on {clean:,} of them a fresh scan misses nothing{why}{left}. "
        f"Of {unknown:,} it is not known whether they are behind."
    )


def _with_scan(release_lock: pd.DataFrame, node_status: pd.DataFrame) -> pd.DataFrame:
    node = ["account_id", "region", "node_id"]
    return release_lock.merge(node_status[[*node, "coverage_state", "scan_age_days"]], how="left", on=node)


def _is_clean(rows: pd.DataFrame) -> pd.Series[bool]:
    # An old scan that misses nothing was made before what it could miss: the lock explains nothing there.
    return (rows["coverage_state"] == "fresh") & rows["missing_count"].eq(0).fillna(False).astype(bool)

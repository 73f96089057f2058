"""Scanners beside each other: who finds what, why they differ, and what no vulnerability is known of."""

from __future__ import annotations

import pandas as pd

from patchlib.metrics.share import Share

__all__ = ["difference_counts", "difference_sentence", "scanner_counts", "scanner_sentence", "unnamed_sentence"]


def scanner_counts(items: pd.DataFrame) -> pd.DataFrame:
    """Items by asset kind and the scanners that find them: asset_kind, scanners, item_count [items], cve_count
    [vulnerabilities], differing_count: of these, items on which another that looks at the asset is silent [items].

    items: `patchlib.metrics.risk_item.shown`. The most items first.
    """
    counts = items.groupby(["asset_kind", "scanners"], as_index=False).agg(
        item_count=("cve_id", "size"), cve_count=("cve_id", "nunique"), differing_count=("scanner_difference", "count")
    )
    return counts.sort_values(["item_count", "scanners"], ascending=[False, True], ignore_index=True)


def scanner_sentence(counts: pd.DataFrame) -> str:
    """What one scanner alone would not have shown. counts: `scanner_counts`."""
    whole = int(counts["item_count"].sum())
    if not whole:
        return "No scanner names a vulnerability."
    names = sorted({name for each in counts["scanners"] for name in each.split("; ")})
    found = {
        name: int(counts.loc[[name in each.split("; ") for each in counts["scanners"]], "item_count"].sum())
        for name in names
    }
    parts = [f"{name} finds {Share(part, whole, 'items')}" for name, part in found.items()]
    both = int(counts.loc[counts["scanners"].str.contains("; "), "item_count"].sum())
    return f"{'; '.join(parts)}. More than one finds {Share(both, whole, 'items')}."


def difference_counts(items: pd.DataFrame) -> pd.DataFrame:
    """Why scanners differ: scanner_difference, scanners that do find it, item_count [items], asset_count [assets].

    items: `patchlib.metrics.risk_item.shown`. The most items first.
    """
    asset = items["account_id"].astype(str) + items["region"].astype(str) + items["asset_id"].astype(str)
    known = items.assign(asset=asset)[items["scanner_difference"].notna()]
    counts = known.groupby(["scanner_difference", "scanners"], as_index=False).agg(
        item_count=("cve_id", "size"), asset_count=("asset", "nunique")
    )
    return counts.sort_values(["item_count", "scanner_difference"], ascending=[False, True], ignore_index=True)


def difference_sentence(items: pd.DataFrame) -> str:
    """On how many items scanners differ that look at the same asset. items: `patchlib.metrics.risk_item.shown`."""
    if items.empty:
        return "No scanner names a vulnerability."
    differ = Share(int(items["scanner_difference"].notna().sum()), len(items), "items")
    return f"On {differ} a scanner is silent that another speaks of, and why is told where it is known."


def unnamed_sentence(unnamed: pd.DataFrame) -> str:
    """Which share of each scanner's findings names no vulnerability. unnamed: query risk/unnamed_finding."""
    if unnamed.empty:
        return "No finding without a vulnerability is known."
    sums = unnamed.groupby("scanner").agg(part=("finding_count", "sum"), whole=("scanner_count", "max"))
    told = [f"{Share(int(row.part), int(row.whole), f'findings of {name}')}" for name, row in sums.iterrows()]
    return f"{'; '.join(told)} name no vulnerability: they are in no item above."

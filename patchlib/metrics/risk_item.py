"""The facts of risk items side by side: evidence, reach, scores and severities. No score is made of them.

An item is one vulnerability on one asset. What every scanner hides by a rule of the account is left out and counted.
"""

from __future__ import annotations

import pandas as pd

from patchlib.errors import ParameterInvalid
from patchlib.metrics.cvss import reread
from patchlib.metrics.headline import Headline
from patchlib.metrics.share import Share, counted

__all__ = [
    "EVIDENCE",
    "REACHES",
    "assessor_differences",
    "evidence_counts",
    "evidence_of",
    "evidence_sentence",
    "exploited_headline",
    "of_items",
    "on_nodes_of",
    "open_headline",
    "owned",
    "reach_of",
    "reached_headline",
    "risk_sentence",
    "score_counts",
    "severity_counts",
    "severity_sentence",
    "shown",
    "top_items",
    "unfixed_sentence",
    "unowned_sentence",
    "untold_headline",
]

# What is known of the exploitation of an item: the first that fits.
EVIDENCE = ("known exploited", "exploited, by SSVC", "an exploit is public", "none known", "not assessed")
REACHES = ("internet", "no way found", "not known")
_ASSET = ["account_id", "region", "asset_kind", "asset_id"]


def owned(rows: pd.DataFrame, owner: str) -> pd.DataFrame:
    """The rows of one owner, all of them for "".

    rows: any frame with an owner, as query risk/item. Raises ParameterInvalid for an owner that has none.
    """
    if not owner:
        return rows
    names = sorted(rows["owner"].dropna().unique())
    if owner not in names:
        step = f"Owners of open items: {', '.join(map(str, names)) or 'none is told'}."
        raise ParameterInvalid(f"no item is {owner}'s", next_step=step)
    return rows[rows["owner"] == owner].reset_index(drop=True)


def unowned_sentence(items: pd.DataFrame, owner: str) -> str:
    """How many items belong to nobody by what is told, and so are in no owner's share; "" where none is asked for.

    items: `shown`, of everybody.
    """
    dark = items.loc[items["owner"].isna(), "asset_kind"].value_counts()
    if not owner or dark.empty:
        return ""
    kinds = ", ".join(f"{count:,} on {kind}s" for kind, count in dark.sort_index().items())
    verb = "has no owner that is told, and is" if dark.sum() == 1 else "have no owner that is told, and are"
    return f"{counted(int(dark.sum()), 'more item')} {verb} in no owner's share ({kinds})."


def of_items(rows: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Those rows that speak of one of the items.

    rows: query risk/action_item; items: query risk/item, or a part of it.
    """
    found = rows.merge(items[[*_ASSET, "cve_id"]], on=[*_ASSET, "cve_id"])
    found.attrs = dict(rows.attrs)
    return found


def on_nodes_of(rows: pd.DataFrame, tags: pd.DataFrame, owner: str) -> pd.DataFrame:
    """The rows on nodes that carry the owner in their tag Owner, all of them for "".

    rows: any frame with account_id, region and node_id; tags: query fleet/node_tags.
    """
    if not owner:
        return rows
    node = ["account_id", "region", "node_id"]
    own = tags.loc[(tags["tag_key"] == "Owner") & (tags["tag_value"] == owner), node].drop_duplicates()
    return rows.merge(own, on=node)


def shown(items: pd.DataFrame) -> pd.DataFrame:
    """The items that are not hidden by every scanner that finds them. items: query risk/item."""
    return items[~_is(items["is_suppressed"])].reset_index(drop=True)


def _is(values: pd.Series[bool]) -> pd.Series[bool]:
    """True where it is known to be so."""
    return values.astype("boolean").fillna(value=False).astype(bool)


def evidence_of(items: pd.DataFrame) -> pd.Series[str]:
    """The strongest evidence of exploitation of each item, one of EVIDENCE."""
    ssvc = items["ssvc_exploitation"]
    found = pd.Series("not assessed", index=items.index, dtype=object)
    found = found.mask(ssvc == "none", "none known")
    found = found.mask((ssvc == "poc") | _is(items["is_exploit_available"]), "an exploit is public")
    found = found.mask(ssvc == "active", "exploited, by SSVC")
    return found.mask(_is(items["is_known_exploited"]), "known exploited")


def reach_of(items: pd.DataFrame) -> pd.Series[str]:
    """Whether the internet reaches the asset of each item, one of REACHES."""
    reached = items["is_exposed"].astype("boolean")
    return reached.map({True: "internet", False: "no way found"}).astype(object).where(reached.notna(), "not known")


def evidence_counts(items: pd.DataFrame) -> pd.DataFrame:
    """Items by evidence of exploitation and reach: evidence, reach, item_count [items], asset_count [assets].

    items: `shown`. In the order of EVIDENCE, then REACHES; combinations that nothing has are left out.
    """
    asset = items.groupby(_ASSET, sort=False).ngroup()
    named = pd.DataFrame({"evidence": evidence_of(items), "reach": reach_of(items), "asset": asset})
    counts = named.groupby(["evidence", "reach"], as_index=False).agg(
        item_count=("asset", "size"), asset_count=("asset", "nunique")
    )
    place = counts["evidence"].map(EVIDENCE.index) * len(REACHES) + counts["reach"].map(REACHES.index)
    return counts.loc[place.sort_values().index].reset_index(drop=True)


def evidence_sentence(items: pd.DataFrame) -> str:
    """What is both exploited and reached, and what nobody has assessed. items: `shown`."""
    if items.empty:
        return "No item is known to be open."
    counts = evidence_counts(items)
    exploited = counts["evidence"].isin(EVIDENCE[:2])
    told = Share(int(counts.loc[exploited, "item_count"].sum()), len(items), "items")
    dark = Share(int(counts.loc[counts["evidence"] == "not assessed", "item_count"].sum()), len(items), "items")
    by_reach = counts[exploited].groupby("reach")["item_count"].sum()
    reach = _reach_words(told.part, int(by_reach.get("internet", 0)), int(by_reach.get("not known", 0)))
    said = f"{told} are exploited somewhere{reach}."
    if items["is_known_exploited"].isna().all():
        ssvc = (
            f"; by SSVC, {counted(told.part, 'item')} {'is' if told.part == 1 else 'are'}{reach}" if told.part else ""
        )
        said = f"No catalogue tells whether any of {counted(len(items), 'item')} is exploited{ssvc}."
    return f"{said} {dark} are assessed by nobody, which is not none." if dark.part else said


def _reach_words(whole: int, reached: int, dark: int) -> str:
    """How many of so many items the internet reaches; never none while that is not known of one."""
    if not whole:
        return ""
    if dark == whole:
        return "; whether the internet reaches the asset of any of them is not known"
    known = "are known to be" if reached != 1 else "is known to be"
    plain = "none of them is" if not reached else "1 of them is" if reached == 1 else f"{reached:,} of them are"
    first = f"{reached:,} of them {known}" if dark else plain
    return f"; {first} on an asset that the internet reaches" + (
        f", of {dark:,} of them it is not known" if dark else ""
    )


def score_counts(items: pd.DataFrame) -> pd.DataFrame:
    """Items by the EPSS model and day of their score: scores of two rows do not compare.

    items: `shown`. Returns model_version and score_date, null where there is no score; item_count [items], cve_count
    [vulnerabilities], least_share, median_share, most_share [0..1]: of the scores of its vulnerabilities, each once.
    """
    known = items.drop_duplicates("cve_id").groupby(["model_version", "score_date"], dropna=False)
    found = known.agg(
        cve_count=("cve_id", "size"),
        least_share=("epss_share", "min"),
        median_share=("epss_share", "median"),
        most_share=("epss_share", "max"),
    )
    counts = items.groupby(["model_version", "score_date"], dropna=False).agg(item_count=("cve_id", "size"))
    joined = counts.join(found).reset_index()
    return joined.sort_values("item_count", ascending=False, kind="stable", ignore_index=True)


def severity_counts(items: pd.DataFrame) -> pd.DataFrame:
    """Vulnerabilities by CVSS version and the severity of their vector, one version under the other.

    items: `shown`. Returns cvss_version and severity, null where there is none; cve_count [vulnerabilities],
    item_count [items], differing_count: vulnerabilities whose given score or version differs from their vector; a
    score without a vector that can be read differs from none.
    """
    sizes = items.groupby("cve_id").size()
    told = reread(items[["cve_id", "cvss_version", "cvss_vector", "cvss_score"]].drop_duplicates("cve_id"))
    told["items"] = told["cve_id"].map(sizes)
    told["differs"] = told["cvss_remark"].where(told["vector_score"].notna())
    counts = told.groupby(["cvss_version", "cvss_severity"], dropna=False).agg(
        cve_count=("cve_id", "size"), item_count=("items", "sum"), differing_count=("differs", "count")
    )
    place = {name: number for number, name in enumerate(("Critical", "High", "Medium", "Low", "None"))}
    found = counts.reset_index().rename(columns={"cvss_severity": "severity"})
    order = found.assign(place=found["severity"].map(place).fillna(len(place)))
    order = order.sort_values(["cvss_version", "place"], na_position="last", kind="stable")
    return found.loc[order.index].reset_index(drop=True)


def severity_sentence(counts: pd.DataFrame) -> str:
    """How many vulnerabilities have a vector, and how many scores differ from it. counts: `severity_counts`."""
    whole = int(counts["cve_count"].sum())
    if not whole:
        return "No vulnerability is known to be open."
    scored = Share(int(counts.loc[counts["severity"].notna(), "cve_count"].sum()), whole, "vulnerabilities")
    versions = counts["cvss_version"].dropna().unique()
    beside = f", of versions {' and '.join(versions)}, which do not compare" if len(versions) > 1 else ""
    differ = int(counts["differing_count"].sum())
    said = f"{scored} have a CVSS vector{beside}."
    return said + (f" Of {differ:,} what was given differs from what the vector says." if differ else "")


def assessor_differences(items: pd.DataFrame) -> pd.DataFrame:
    """Vulnerabilities whose given CVSS score or version is not what their vector says, or that lack one to say it.

    items: `shown`. Returns cve_id, cvss_version, cvss_vector, cvss_score, vector_score [0..10], cvss_remark, item_count
    [items], on most items first.
    """
    sizes = items.groupby("cve_id").size()
    told = reread(items[["cve_id", "cvss_version", "cvss_vector", "cvss_score"]].drop_duplicates("cve_id"))
    told = told[told["cvss_remark"].notna()]
    told = told.assign(item_count=told["cve_id"].map(sizes).astype("int64"))
    names = ["cve_id", "cvss_version", "cvss_vector", "cvss_score", "vector_score", "cvss_remark", "item_count"]
    return told.sort_values(["item_count", "cve_id"], ascending=[False, True], ignore_index=True)[names]


def top_items(exposed: pd.DataFrame) -> pd.DataFrame:
    """The items to look at first: known exploited, then reached from the internet, then the larger exposure.

    exposed: `patchlib.models.exposure.with_exposure`. Adds evidence and reach. An order, not a score; what is not
    scored comes after what is.
    """
    rows = shown(exposed)
    rows = rows.assign(evidence=evidence_of(rows), reach=reach_of(rows))
    known, reached = ~_is(rows["is_known_exploited"]), rows["reach"] != "internet"
    order = rows.assign(known=known, reached=reached).sort_values(
        ["known", "reached", "exposure", "open_days", "cve_id", "asset_id"],
        ascending=[True, True, False, False, True, True],
        na_position="last",
    )
    found = rows.loc[order.index].reset_index(drop=True)
    found.attrs = dict(exposed.attrs)
    return found


def unfixed_sentence(fixes: pd.DataFrame, items: pd.DataFrame) -> str:
    """How many of the items no action can end, for there is no fix or nobody tells of one.

    fixes: query risk/item_fix; items: query risk/item, or a part of it.
    """
    mine = of_items(fixes, items)
    untold = mine["untold_count"] > 0
    dark, none = int(untold.sum()), int((~mine["is_fixable"].astype(bool) & ~untold).sum())
    return (
        f"Without a fix for all parts: {none:,} of {counted(len(mine), 'open item')}; of {dark:,} no scanner tells a "
        "fix or that there is none. Neither have an action here or stand in the order."
    )


def risk_sentence(items: pd.DataFrame, unnamed: pd.DataFrame) -> str:
    """What is open, what of it is exploited, and what nobody can tell, in words.

    items: `shown`; unnamed: query risk/unnamed_finding.
    """
    if items.empty:
        dark = int(unnamed["finding_count"].sum())
        rest = f", but {counted(dark, 'finding')} of which no vulnerability is known" if dark else ""
        return f"No vulnerability is known to be open: no scanner or feed names one for what is read{rest}."
    assets = len(items[_ASSET].drop_duplicates())
    said = f"{counted(len(items), 'item')} are open on {counted(assets, 'asset')}"
    known = items["is_known_exploited"].astype("boolean")
    if known.isna().all():
        return f"{said}; no catalogue tells which are exploited."
    reach = reach_of(items)[_is(items["is_known_exploited"])]
    many, both, dark = len(reach), int((reach == "internet").sum()), int((reach == "not known").sum())
    said = f"{said}: {many:,} {'is' if many == 1 else 'are'} known to be exploited"
    if not many:
        return f"{said}."
    if dark == many:
        return f"{said}; whether the internet reaches any of these is not known."
    rest = f"; of {dark:,} of these it is not known" if dark else ""
    return f"{said}, {both:,} of these where the internet reaches{rest}."


def open_headline(items: pd.DataFrame) -> Headline:
    """Open items; null where there is none, for then nothing may have been looked at. items: `shown`."""
    assets, cves = len(items[_ASSET].drop_duplicates()), items["cve_id"].nunique()
    return Headline(
        name="open_items", label="Open items", value=float(len(items)) if len(items) else None, unit="items",
        definition="Vulnerabilities that a scanner, or an open patch, shows on an asset: each once per asset.",
        denominator=f"{counted(assets, 'asset')}, {cves:,} different vulnerabilities", source="risk/item",
        better="lower", term="risk item",
    )  # fmt: skip


def exploited_headline(items: pd.DataFrame) -> Headline:
    """Open items that are known to be exploited; null without items or a catalogue. items: `shown`."""
    known = items["is_known_exploited"].astype("boolean")
    value = float(known.sum()) if known.notna().any() else None
    assets = len(items.loc[_is(items["is_known_exploited"]), _ASSET].drop_duplicates())
    return Headline(
        name="known_exploited_items", label="Known to be exploited", value=value, unit="items",
        definition="Open items whose vulnerability is in CISA's KEV catalogue. Not listed is not never exploited.",
        denominator=f"of {len(items):,} open items, on {counted(assets, 'asset')}", source="risk/item",
        better="lower", tone="bad" if value else "neutral",
    )  # fmt: skip


def reached_headline(items: pd.DataFrame) -> Headline:
    """Open items on assets that the internet reaches; null without items. items: `shown`."""
    reach = reach_of(items)
    value, dark = int((reach == "internet").sum()), int((reach == "not known").sum())
    return Headline(
        name="reached_items", label="Reached from the internet",
        value=float(value) if len(items) else None, unit="items",
        definition="Open items on assets with a way in: a public address or a public load balancer.",
        denominator=f"of {len(items):,} open items; of {dark:,} it is not known", source="risk/item",
        better="lower", tone="warning" if value else "neutral",
    )  # fmt: skip


def untold_headline(items: pd.DataFrame) -> Headline:
    """Share of the open items that no feed scores or assesses [0..1]. items: `shown`."""
    dark = items["epss_share"].isna() | items["ssvc_exploitation"].isna()
    blind = Share(int(dark.sum()), len(items), "items")
    return Headline(
        name="untold_item_share", label="Without score or assessment", value=blind.value, unit="share",
        definition="Open items that lack an EPSS score, or what SSVC says of their exploitation.",
        denominator=blind.counts, source="risk/item", better="lower", tone="warning" if dark.any() else "neutral",
        term="not scored",
    )  # fmt: skip

"""The coverage ledger by account, Region and system: what is answered, what keeps us out, how old what is held is.

A part is one system in one account and Region, a place one account and Region. Inputs are the frames of
`queries/fleet/`. What a part hides is unknown, so no sentence here counts nodes that were never seen.
"""

from __future__ import annotations

import pandas as pd

from patchlib.metrics.share import Share, counted

__all__ = ["MOST_ROWS", "age_sentence", "denial_sentence", "grid", "grid_sentence"]

MOST_ROWS = 30
_COLUMNS = (
    "row",
    "place",
    "place_count",
    "system",
    "system_number",
    "state",
    "answered_count",
    "source_count",
    "is_blind",
)


def grid(systems: pd.DataFrame, *, most_rows: int = MOST_ROWS) -> pd.DataFrame:
    """Rows of the ledger's chart: one per place, those with most parts that are not seen first.

    systems: query fleet/systems. Where there are more places than rows, places that read alike share a row, and
    rows beyond `most_rows` are left out. Columns: row (from 0), place (its label), place_count, system and its number
    in the catalogue, state, answered_count and source_count of its places together [sources], is_blind.
    """
    if systems.empty:
        return pd.DataFrame(columns=list(_COLUMNS))
    parts = systems.assign(account=_account_labels(systems), alike=systems["system"] + "=" + systems["state"])
    places = parts.groupby(["account_id", "region"], as_index=False).agg(
        account=("account", "first"), alike=("alike", "|".join), blind_count=("is_blind", "sum")
    )
    places["group"] = places["alike"] if len(places) > most_rows else places.index.astype(str)
    rows = _rows(places).head(most_rows)
    placed = parts.merge(places[["account_id", "region", "group"]], on=["account_id", "region"])
    placed = placed.merge(rows[["group", "row", "place", "place_count"]], on="group")
    summed = placed.groupby(["row", "place", "place_count", "system"], as_index=False, sort=False).agg(
        system_number=("system_number", "min"), state=("state", "first"), is_blind=("is_blind", "any"),
        answered_count=("answered_count", "sum"), source_count=("source_count", "sum"),
    )  # fmt: skip
    ordered = summed.sort_values(["row", "system_number", "system"], kind="stable", ignore_index=True)
    return ordered[list(_COLUMNS)]


def _rows(places: pd.DataFrame) -> pd.DataFrame:
    """One row per group of places, with its label; most parts unseen first, then the larger group, then by name."""
    groups = places.groupby("group", as_index=False, sort=False)
    rows = groups.agg(
        account=("account", "first"), account_count=("account", "nunique"), region=("region", "first"),
        region_count=("region", "nunique"), place_count=("region", "size"), blind_count=("blind_count", "first"),
    )  # fmt: skip
    by = ["blind_count", "place_count", "account", "region"]
    rows = rows.sort_values(by, ascending=[False, False, True, True], kind="stable", ignore_index=True)
    accounts = rows["account"].where(rows["account_count"] == 1, rows["account_count"].map("{:,} accounts".format))
    regions = rows["region"].where(rows["region_count"] == 1, rows["region_count"].map("{:,} Regions".format))
    return rows.assign(row=rows.index, place=accounts + ", " + regions)


def _account_labels(systems: pd.DataFrame) -> pd.Series[str]:
    """The account's name; with its id where the name is missing or not unique."""
    names = systems["account_name"].fillna("")
    owners = systems.groupby("account_name")["account_id"].nunique()
    is_told = names.map(owners).fillna(0) == 1
    return names.where(is_told, (names + " " + systems["account_id"]).str.strip())


def grid_sentence(systems: pd.DataFrame, shown: pd.DataFrame) -> str:
    """How many parts are answered, how the others ended, and what the chart leaves out.

    systems: query fleet/systems; shown: `grid` of it.
    """
    if systems.empty:
        return "Nothing was attempted."
    is_whole = systems["answered_count"] == systems["source_count"]
    held = systems.loc[is_whole, "state"]
    quiet = [f"{count:,} {state}" for state in ("kept", "absent") if (count := int((held == state).sum()))]
    among = f", {' and '.join(quiet)} among them" if quiet else ""
    told = [f"{Share(int(is_whole.sum()), len(systems), 'parts')} are answered in full{among}"]
    states = systems.loc[~is_whole, "state"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
    if len(states):
        told.append(f"The others: {', '.join(f'{count:,} {_words(str(state))}' for state, count in states.items())}")
    return ". ".join([*told, *_left_out(systems, shown)]) + "."


def _left_out(systems: pd.DataFrame, shown: pd.DataFrame) -> list[str]:
    """What the places without a row have at most, which come after all that have one."""
    unseen = systems.groupby(["account_id", "region"])["is_blind"].sum().sort_values(ascending=False)
    rest = unseen.iloc[int(shown.groupby("row")["place_count"].first().sum()) :]
    if rest.empty:
        return []
    most = f"at most {counted(int(rest.iloc[0]), 'unseen part')} each" if rest.iloc[0] else "no unseen part"
    return [f"Not shown: {counted(len(rest), 'more place')} with {most}"]


def _words(state: str) -> str:
    return state.replace("_", " ")


def denial_sentence(denials: pd.DataFrame) -> str:
    """What keeps us out of most reads, and who opens it.

    denials: query fleet/denials.
    """
    if denials.empty:
        return "Nobody keeps the reader out."
    largest = denials[denials["source_count"] == denials["source_count"].max()]
    share = Share(int(largest["source_count"].iloc[0]), int(denials["source_count"].sum()), "refused reads")
    openers = ", ".join(sorted(denials["opener"].unique()))
    causes = " and ".join(f"{row['denied_by']} ({row['accounts']})" for _, row in largest.iterrows())
    most = f"Most reads are refused by {causes}: {share}{' each' if len(largest) > 1 else ''}"
    return f"{most}. Who can open what is refused: {openers}."


def age_sentence(systems: pd.DataFrame, *, old_hours: float) -> str:
    """Which part is the oldest, how many are older than `old_hours` [h], and how many come from objects in S3.

    systems: query fleet/systems.
    """
    held = systems.assign(account=_account_labels(systems)).dropna(subset=["oldest_age_hours"])
    if held.empty:
        return "No part of the ledger holds anything."
    oldest = held.sort_values("oldest_age_hours", ascending=False, kind="stable").iloc[0]
    old = Share(int((held["oldest_age_hours"] > old_hours).sum()), len(held), "parts that hold anything")
    where = f"{oldest['system']} in {oldest['account']}, {oldest['region']}"
    hours = float(oldest["oldest_age_hours"])
    told = [f"{old} rest on an answer older than {old_hours:,g} hours"]
    told.append(
        f"The oldest is {where}: {hours:,.0f} hours" if hours >= 1 else "All were answered within the last hour"
    )
    objects = int(held["is_from_objects"].sum())
    if objects:
        told.append(f"{counted(objects, 'part')} of them came from S3 and can be no fresher than its objects")
    return ". ".join(told) + "."

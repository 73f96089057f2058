"""What to do next, in sentences and headline figures: from the frames of the exposure and action models."""

from __future__ import annotations

import pandas as pd

from patchlib.metrics.headline import Headline
from patchlib.metrics.share import counted

__all__ = [
    "action_headline",
    "action_sentence",
    "exposed_weeks",
    "served_by",
    "service_trend",
    "trend_sentence",
]

_SERVICE = ["account_id", "region", "service_kind", "service_id"]


def action_sentence(ranked: pd.DataFrame, first: int) -> str:
    """What the first actions of the order take and remove.

    ranked: `patchlib.models.action.rank_actions`; first: how many.
    """
    if ranked.empty:
        return "No action is known that would end an open item."
    rows = ranked.head(first)
    hours, removed = float(rows["hours_sum"].iloc[-1]), rows["removed_share"].iloc[-1]
    ended = int(rows["item_count"].sum())
    share = "" if pd.isna(removed) else f" and {100 * removed:.1f} % of the exposure"
    kev = int(rows["known_exploited_count"].sum())
    evidence = f", {counted(kev, 'item')} known to be exploited among them" if kev else ""
    return (
        f"The first {len(rows)} of {counted(len(ranked), 'action')} take {hours:,.1f} hours by the effort assumed and "
        f"remove {counted(ended, 'item')}{evidence}{share}."
    )


def service_trend(weeks: pd.DataFrame, *, item_kind: str = "cve") -> pd.DataFrame:
    """How the days of exposure of each service have changed: the last four whole weeks against the four before.

    weeks: query risk/service_exposure; item_kind: patch or cve.
    Returns one row per service, the most exposed now first: account_id, region, service_kind, service_id,
    service_name, node_days and earlier_node_days [node days], item_days and earlier_item_days [item days], null where
    not all four weeks were watched; change_share = item_days / earlier_item_days - 1, null where one is, or there was
    nothing before.
    """
    rows = weeks[(weeks["item_kind"] == item_kind) & weeks["is_over"].astype(bool)]
    order = rows["week_start_date"].rank(method="dense", ascending=False)
    keys, days = [*_SERVICE, "service_name"], ["node_days", "item_days"]
    sums = []
    for name, is_in in (("", order <= 4), ("earlier_", (order > 4) & (order <= 8))):
        part = rows[is_in].groupby(keys, dropna=False)[days]
        sums.append(part.sum().where(part.count() == 4).add_prefix(name))
    known = rows[order <= 4].groupby(keys, dropna=False)["item_days"].sum().rename("known")
    found = sums[0].join(sums[1], how="left").join(known).reset_index()
    found["change_share"] = (found["item_days"] / found["earlier_item_days"].where(found["earlier_item_days"] > 0)) - 1
    found = found.sort_values(["known", *_SERVICE], ascending=[False, *[True] * 4], ignore_index=True)
    return found.drop(columns="known")


def served_by(weeks: pd.DataFrame, items: pd.DataFrame, owner: str) -> pd.DataFrame:
    """The weeks of the services that have an item of the owner, all of them for "".

    weeks: query risk/service_exposure; items: query risk/item.
    """
    if not owner:
        return weeks
    own = items.loc[items["owner"] == owner, _SERVICE].dropna().drop_duplicates()
    found = weeks.merge(own, on=_SERVICE)
    found.attrs = dict(weeks.attrs)
    return found


def exposed_weeks(weeks: pd.DataFrame, *, item_kind: str = "cve", first: int = 5) -> pd.DataFrame:
    """Exposure of the services that have most of it, and of all others together, by whole weeks.

    weeks: query risk/service_exposure; item_kind: patch or cve; first: how many services are named. The week that is
    not over is left out: it would look like a fall.
    Returns service_name, week_start_date, item_days [item days]; services by their item days of the last four weeks,
    "all others" last; names that two services share have account and Region. A week in which nothing was open has 0;
    null where it was not watched, of all others where one was not. Weeks that nobody watched are left out.
    """
    rows = weeks[(weeks["item_kind"] == item_kind) & weeks["is_over"].astype(bool)]
    named = service_trend(weeks, item_kind=item_kind).head(first)
    twice = named["service_name"].duplicated(keep=False)
    place = " (" + named["account_id"].astype(str) + ", " + named["region"].astype(str) + ")"
    named = named[_SERVICE].assign(
        place=range(len(named)), label=named["service_name"].where(~twice, named["service_name"] + place)
    )
    told = rows.merge(named, on=_SERVICE, how="left")
    told["place"] = told["place"].fillna(len(named)).astype("int64")
    told["service_name"] = told["label"].fillna("all others")
    sums = told.groupby(["place", "service_name", "week_start_date"])["item_days"].sum(skipna=False)
    watched = rows.loc[rows["item_days"].notna(), ["week_start_date"]]
    dates = watched.drop_duplicates().sort_values("week_start_date")
    full = told[["place", "service_name"]].drop_duplicates().sort_values("place").merge(dates, how="cross")
    found = full.merge(sums.reset_index(), how="left", on=["place", "service_name", "week_start_date"])
    return found[["service_name", "week_start_date", "item_days"]]


def trend_sentence(trend: pd.DataFrame) -> str:
    """How exposure changed over all services, and where it grew most.

    trend: `service_trend`.
    """
    known = trend.dropna(subset=["item_days", "earlier_item_days"]).reset_index(drop=True)
    new = len(trend) - len(known)
    if new and known.empty:
        return "No service has been watched for eight whole weeks: there is no trend yet."
    rest = f" Not watched for eight whole weeks, and so without a trend: {counted(new, 'service')}." if new else ""
    now, before = float(known["item_days"].sum()), float(known["earlier_item_days"].sum())
    if not before > 0:
        said = (
            "Nothing was open in the last eight weeks" if not now > 0 else "Nothing was open in the four weeks before"
        )
        return f"{said}.{rest}"
    word = "grew" if now > before else "fell"
    said = f"In the last four weeks item days of exposure {word} by {abs(now / before - 1):.1%}".replace("%", " %")
    said += f", to {now:,.0f}"
    grown = known["item_days"] - known["earlier_item_days"]
    if grown.max() > 0:
        worst = known.iloc[int(grown.to_numpy().argmax())]
        said += f"; it grew most on {worst['service_name']}, by {grown.max():,.0f}"
    return f"{said}.{rest}"


def action_headline(ranked: pd.DataFrame, first: int) -> Headline:
    """Share of the exposure that the first actions remove [0..1]; null where nothing has a score.

    ranked: `patchlib.models.action.rank_actions`; first: how many.
    """
    rows = ranked.head(first)
    told = rows["removed_share"].iloc[-1] if len(rows) else None
    hours = float(rows["hours_sum"].iloc[-1]) if len(rows) else 0.0
    return Headline(
        name="exposure_removed_share",
        label=f"Exposure the first {first} actions remove",
        value=None if told is None or pd.isna(told) else float(told),
        unit="share",
        definition="Hazard by EPSS times the days items are expected to stay open, of what those actions end.",
        denominator=f"all that is open and has a score; {hours:,.1f} hours by the effort assumed",
        source="risk/action_item",
        better="higher",
        term="exposure",
    )

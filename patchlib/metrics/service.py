"""How long services stay vulnerable, as frames, sentences and headline figures.

A fleet whose nodes are replaced, not patched, has no lag by instance id: each id ends with its instance. What
lasts is the service, from the moment its first member is at risk until its last vulnerable member is patched or
replaced. Inputs are the frames of `queries/lag/service_*`.
"""

from __future__ import annotations

import pandas as pd

from patchlib.metrics.headline import Headline
from patchlib.metrics.incidence import cumulative_incidence
from patchlib.metrics.survival import restricted_mean

__all__ = ["comparison", "longest_open", "open_headline", "service_sentence", "service_survival", "shared"]

_CELL = ["severity", "environment"]
_COUNTS = ["entry_count", "exit_count", "event_count"]
_ADDED = [
    "item_count", "event_count", "open_count", "exposure_days", "member_count", "left_member_count", "instance_count",
]  # fmt: skip


def shared(frame: pd.DataFrame, *, item_kind: str = "patch") -> pd.DataFrame:
    """The rows of services that outlive their members; a machine that is its own service has its lag already.

    frame: query lag/service_item or lag/service_cube; item_kind: patch or cve.
    """
    return frame[(frame["service_kind"] != "node") & (frame["item_kind"] == item_kind)]


def service_survival(cube: pd.DataFrame) -> pd.DataFrame:
    """Share of services still vulnerable by days since the vendor's release: Kaplan-Meier with delayed entry.

    cube: rows of query lag/service_cube; what it says of kinds is summed over.
    Returns clock (released), severity, environment, day, at_risk_count, event_count, censored_count [items],
    survival_share [0..1] and survival_error, its Greenwood standard error, null once the share is 0: the columns of
    query lag/survival, one row per day on which an item ended. With one cause of ending, 1 - the Aalen-Johansen
    estimate is the Kaplan-Meier estimate.
    """
    days = cube.groupby([*_CELL, "day"], as_index=False)[_COUNTS].sum().astype(dict.fromkeys(_COUNTS, "int64"))
    fallen = cumulative_incidence(days, ["event"], strata=_CELL)[[*_CELL, "day", "incidence_share", "incidence_error"]]
    fallen = fallen.astype(days[[*_CELL, "day"]].dtypes)
    change = (days["entry_count"] - days["exit_count"]).groupby([days[name] for name in _CELL]).cumsum()
    days["at_risk_count"] = change - days["entry_count"] + days["exit_count"]
    known = days.merge(fallen, on=[*_CELL, "day"], how="left").sort_values([*_CELL, "day"], ignore_index=True)
    steps = ["incidence_share", "incidence_error"]
    known[steps] = known.groupby(_CELL)[steps].ffill().fillna(0.0)
    share = (1 - known["incidence_share"]).where(1 - known["incidence_share"] > 1e-12, 0.0)
    told = known.assign(
        clock="released",
        censored_count=known["exit_count"] - known["event_count"],
        survival_share=share,
        survival_error=known["incidence_error"].where(share > 0),
    )
    columns = [*_CELL, "day", "at_risk_count", "event_count", "censored_count", "survival_share", "survival_error"]
    return told.loc[told["exit_count"] > 0, ["clock", *columns]].reset_index(drop=True)


def comparison(items: pd.DataFrame, cube: pd.DataFrame, *, tau_days: int) -> pd.DataFrame:
    """One row per severity and environment: the time by service, and beside it what instance ids would have said.

    items: query lag/service_item; cube: query lag/service_cube; tau_days: horizon of the restricted mean [d].
    Returns item_count, event_count, open_count [items], exposure_days [patch days], member_count, left_member_count,
    instance_count [nodes], service_mean_days (restricted mean from release, open items counted, null where the curve
    ends before tau_days) and instance_mean_days [d]: wrong, the mean over members whose own id ended, within tau_days.
    """
    rows = shared(items)
    counted = rows.assign(
        item_count=1,
        event_count=rows["is_event"].astype(int),
        open_count=(rows["outcome"] == "open").astype(int),
    )
    sums = counted.groupby(_CELL, as_index=False)[_ADDED].sum()
    days = shared(cube)
    ended = days.assign(instance_days=days["day"].clip(upper=tau_days) * days["instance_count"])
    naive = ended.groupby(_CELL, as_index=False)[["instance_days", "instance_count"]].sum()
    naive["instance_mean_days"] = naive["instance_days"] / naive["instance_count"]
    means = restricted_mean(service_survival(days), tau_days=tau_days)
    means = means.rename(columns={"restricted_mean_days": "service_mean_days"})[[*_CELL, "service_mean_days"]]
    return sums.merge(naive[[*_CELL, "instance_mean_days"]], on=_CELL, how="left").merge(means, on=_CELL, how="left")


def longest_open(items: pd.DataFrame, *, item_kind: str = "patch") -> pd.DataFrame:
    """Items that are open now, those with the most vulnerable patch days first.

    items: query lag/service_item; item_kind: patch or cve. Its rows and columns.
    """
    rows = shared(items, item_kind=item_kind)
    order = ["exposure_days", "open_days", "account_id", "region", "service_id", "item_id"]
    ascending = [False, False, True, True, True, True]
    return rows[rows["outcome"] == "open"].sort_values(order, ascending=ascending, ignore_index=True)


def service_sentence(items: pd.DataFrame) -> str:
    """How many services are vulnerable, and how many members only look closed by their id.

    items: query lag/service_item.
    """
    rows = shared(items)
    if rows.empty:
        return "No service that outlives its members has been at risk of a patch that can be timed."
    keys = ["account_id", "region", "service_kind", "service_id"]
    is_open = rows["outcome"] == "open"
    count, open_count = len(rows[keys].drop_duplicates()), len(rows.loc[is_open, keys].drop_duplicates())
    left = int(rows["left_member_count"].sum())
    looks = (
        f"{left:,} pairs of member and patch ended with the member, not with the patch: by instance id they count as "
        "closed."
        if left
        else "No vulnerable member has left its service."
    )
    days = rows.loc[is_open, "exposure_days"].sum()
    return (
        f"{open_count:,} of {count:,} services have a vulnerable member now, with {days:,.0f} patch days so far (each "
        f"open patch on each node, for each day). {looks}"
    )


def open_headline(items: pd.DataFrame) -> Headline:
    """Services with a vulnerable member now [services].

    items: query lag/service_item.
    """
    keys = ["account_id", "region", "service_kind", "service_id"]
    rows = shared(items)
    return Headline(
        name="open_service_count",
        label="Services vulnerable",
        value=len(rows.loc[rows["outcome"] == "open", keys].drop_duplicates()),
        unit="services",
        definition="Services that outlive their members, one of which has a timed patch that is not effective.",
        denominator=f"of {len(rows[keys].drop_duplicates()):,} that were ever at risk",
        source="lag/service_item",
        better="lower",
        term="service",
    )

"""The first actions of the week, and everything that their order is held against, from the same items at once.

The order is by exposure per hour, unless somebody wants what is exploited or reached before everything else. Beside it
stand the other of these two, the orders that severity or CVSS alone would give, and the exact optimum, all in the same
hours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from patchlib.errors import ParameterInvalid
from patchlib.metrics.risk_action import action_sentence
from patchlib.metrics.share import Share, counted
from patchlib.models.action import RankingAssumptions, curve, order_of, rank_actions, removed_within, urgent_first
from patchlib.models.effort import EffortAssumptions, with_effort
from patchlib.models.exposure import ExposureAssumptions, absolute_risk, estate_risk, with_exposure
from patchlib.models.knapsack import best_within
from patchlib.models.overlap import Overlap, overlap
from patchlib.models.prior import Priors
from patchlib.models.stability import DrawAssumptions, stability

__all__ = [
    "OURS",
    "Agenda",
    "absolute_sentence",
    "agenda",
    "compared_sentence",
    "curve_sentence",
    "first_sentence",
    "next_sentence",
    "score_sentence",
]

OURS, BY_EXPOSURE, BY_SEVERITY, BY_CVSS = "this order", "exposure alone", "severity alone", "CVSS alone"
URGENT = "exploited and reached first"
_STAGED = RankingAssumptions(first=("known exploited", "internet-facing"))
OPTIMUM = "exact optimum"
_SHOWN = 4  # The curve is drawn for so many times the actions that are looked at.
_SEEN = 0.0005  # Of the exposure: what a sentence with one decimal shows [1].
_COMPARED = 10  # The order is also compared at the hours of so many actions.


@dataclass(frozen=True)
class Agenda:
    """What to do first, and why in this order.

    exposed: `with_exposure`; risk: `estate_risk` in one row; over: `overlap`; actions: with their hours.
    ranked: `rank_actions` with hours_low, hours_high [h], hours_range: both in words, first_share: in which share of
            the draws of the effort the action is among the first [0..1], and why: as risk/action_item tells of most
            of its items.
    steps:  order, and the columns of `patchlib.models.action.curve`: what each order removes, hour by hour.
    compared: what each has removed in the hours of our first so many actions: first_count [actions], order, hours [h],
            action_count [actions], known_exploited_count: such items that it ends [items], removed_share [0..1],
            most_share: what the optimum removes [0..1], and is_proven: it is one, else a bound that no set exceeds.
    stable: `stability`. first: how many actions are looked at. draws: of the effort figures.
    """

    exposed: pd.DataFrame
    risk: pd.DataFrame
    over: Overlap
    actions: pd.DataFrame
    ranked: pd.DataFrame
    steps: pd.DataFrame
    compared: pd.DataFrame
    stable: pd.DataFrame
    first: int
    draws: DrawAssumptions

    @property
    def listed(self) -> pd.DataFrame:
        """The first actions and as many as come next, by rank, for each counts what those before it leave.

        do_first: the place in which to do each of the first, what ends the reached or exploited before the rest; null
        of those that come next.
        """
        urgent = urgent_first(self.ranked, self.first)["action_id"]
        place = pd.Series(range(1, len(urgent) + 1), index=urgent, dtype="Int64")
        rows = self.ranked.head(2 * self.first).reset_index(drop=True)
        return rows.assign(do_first=rows["action_id"].map(place).astype("Int64"))

    @property
    def picked(self) -> list[str]:
        """The ids of the first actions."""
        return self.ranked["action_id"].head(self.first).tolist()


def agenda(
    items: pd.DataFrame,
    survival: pd.DataFrame,
    actions: pd.DataFrame,
    action_items: pd.DataFrame,
    effort: EffortAssumptions,
    assumptions: ExposureAssumptions,
    first: int,
    ranking: RankingAssumptions | None = None,
) -> Agenda:
    """The order of the actions over these items, and what it is held against.

    items, survival, actions, action_items: queries risk/item, lag/survival, risk/action and risk/action_item.
    first: how many actions to look at, 1 or more [actions]. ranking: None ranks by exposure alone.
    Raises ParameterInvalid for fewer, and what the models that it asks raise.
    """
    if first < 1:
        raise ParameterInvalid(f"action_count cannot be {first}", next_step="Write 1 or more actions.")
    exposed = with_exposure(items, survival, assumptions)
    costed = with_effort(actions, effort)
    over = overlap(costed, action_items, exposed)
    ranking, draws = ranking or RankingAssumptions(), DrawAssumptions(first=first)
    ranked = rank_actions(over, ranking)
    stable = stability(over, effort, ranking, draws)
    told = costed.set_index("action_id")
    ranked["hours_low"], ranked["hours_high"] = (
        ranked["action_id"].map(told[f"hours_{end}"]) for end in ("low", "high")
    )
    ends = zip(ranked["hours_low"], ranked["hours_high"], strict=True)
    ranked["hours_range"] = pd.Series([f"{low:.1f} to {high:.1f}" for low, high in ends], dtype=object)
    ranked["first_share"] = ranked["action_id"].map(stable.set_index("action_id")["first_share"]).fillna(0.0)
    ranked["why"] = ranked["action_id"].map(_why(action_items))
    orders = _orders(over, ranking, ranked, costed, action_items, items)
    compared = _compared(over, ranked, orders, first)
    curves = {name: curve(over, ids) for name, ids in orders.items()}
    steps = _steps(curves, ranked, first)
    return Agenda(exposed, estate_risk(exposed), over, costed, ranked, steps, compared, stable, first, draws)


def _why(action_items: pd.DataFrame) -> pd.Series[str]:
    """Of each action the reason that holds for most of its items."""
    counts = action_items.groupby(["action_id", "why"]).size().rename("item_count").reset_index()
    ordered = counts.sort_values(["item_count", "why"], ascending=[False, True])
    return ordered.drop_duplicates("action_id").set_index("action_id")["why"]


def _orders(
    over: Overlap,
    ranking: RankingAssumptions,
    ranked: pd.DataFrame,
    actions: pd.DataFrame,
    action_items: pd.DataFrame,
    items: pd.DataFrame,
) -> dict[str, Sequence[str]]:
    """What is compared, each with all actions: ours, that with other priorities, those by one property alone."""
    name, other = (BY_EXPOSURE, RankingAssumptions()) if ranking.first else (URGENT, _STAGED)
    # What a rank leaves out is ended by those before it, unless one of them is passed over.
    ours, others = (
        list(dict.fromkeys([*each["action_id"], *over.actions["action_id"]]))
        for each in (ranked, rank_actions(over, other))
    )
    return {
        OURS: ours,
        name: others,
        BY_SEVERITY: order_of(actions, action_items, items, "severity"),
        BY_CVSS: order_of(actions, action_items, items, "cvss"),
    }


def _steps(curves: dict[str, pd.DataFrame], ranked: pd.DataFrame, first: int) -> pd.DataFrame:
    """The curves under each other, as far as four times the actions that are looked at reach; each up to that end."""
    until = float(ranked["hours_sum"].head(_SHOWN * first).max()) if len(ranked) else 0.0
    kept = []
    for order, steps in curves.items():
        shown = steps[steps["hours_sum"] <= until + 1e-9]
        end = shown.tail(1).assign(hours_sum=until, action_id=None)
        kept.append(pd.concat([shown, end], ignore_index=True).assign(order=order))
    found = pd.concat(kept, ignore_index=True)[["order", "action_count", "hours_sum", "removed_share", "action_id"]]
    return found if len(ranked) else found.head(0)


def _compared(over: Overlap, ranked: pd.DataFrame, orders: dict[str, Sequence[str]], first: int) -> pd.DataFrame:
    counts = sorted({min(each, len(ranked)) for each in (first, max(first, _COMPARED))} - {0})
    found = []
    for count in counts:
        hours = float(ranked["hours_sum"].iloc[count - 1])
        best = best_within(over, hours)
        share = best.removed_share if best.is_proven else best.bound_share
        optimum = {"order": OPTIMUM, "hours": hours, "action_count": len(best.action_ids), "removed_share": share}
        optimum["action_ids"] = tuple(best.action_ids)
        rows = pd.concat([removed_within(over, orders, [hours]), pd.DataFrame([optimum])], ignore_index=True)
        rows["known_exploited_count"] = [_exploited(over, list(ids)) for ids in rows["action_ids"]]
        found.append(rows.assign(first_count=count, most_share=share, is_proven=best.is_proven))
    columns = [
        "first_count", "order", "hours", "action_count", "known_exploited_count", "removed_share", "most_share",
        "is_proven",
    ]  # fmt: skip
    return pd.concat(found, ignore_index=True)[columns] if found else pd.DataFrame(columns=columns)


def _exploited(over: Overlap, action_ids: list[str]) -> int:
    """Items known to be exploited that these actions end together."""
    is_ended = over.ended(action_ids) & over.groups["known_exploited"].to_numpy(dtype=bool)
    return int(over.groups["item_count"].to_numpy()[is_ended].sum())


def first_sentence(found: Agenda) -> str:
    """What the first actions take and end, and which is the very first."""
    said = action_sentence(found.ranked, found.first)
    urgent = urgent_first(found.ranked, found.first)
    return said if urgent.empty else f"{said} Start here: {urgent['title'].iloc[0]}.{_urgent_words(found)}"


def _urgent_words(found: Agenda) -> str:
    """How many of the items known to be exploited where the internet reaches the first actions end, and who is next."""
    groups, over = found.over.groups, found.over
    is_urgent = groups["known_exploited"].to_numpy(dtype=bool) & groups["exposed"].to_numpy(dtype=bool)
    counts = groups["item_count"].to_numpy()
    if not is_urgent.any():
        return ""
    done = over.ended(found.picked)
    ended, whole = int(counts[done & is_urgent].sum()), int(counts[is_urgent].sum())
    words = f" Of {counted(whole, 'item')} known to be exploited where the internet reaches they end {ended:,}"
    left = is_urgent & ~done
    later = [
        int(row["rank"]) for row in found.ranked.iloc[found.first :].to_dict("records")
        if (over.ended([row["action_id"]]) & left).any()
    ]  # fmt: skip
    if not left.any():
        return f"{words}."
    return f"{words}; number {later[0]:,} is the next to end one." if later else f"{words}; no action ends the rest."


def compared_sentence(compared: pd.DataFrame) -> str:
    """What each order removes in the same hours, and the optimum: at each number of actions that is compared.

    compared: `Agenda.compared`.
    """
    if compared.empty:
        return "No action is known that would end an open item, so there is nothing to compare."
    if compared["removed_share"].isna().any():
        return "Without a score there is no exposure, so orders cannot be compared by it."
    told = [_compared_at(rows.set_index("order")) for _, rows in compared.groupby("first_count")]
    last = compared[compared["first_count"] == compared["first_count"].max()].set_index("order")
    shares = last["removed_share"]
    if BY_EXPOSURE in last.index and shares[BY_EXPOSURE] - shares[OURS] > _SEEN:
        cost = 100 * (shares[BY_EXPOSURE] - shares[OURS])
        told.append(f"That evidence comes before scores costs {cost:.1f} points of exposure there.")
    if URGENT in last.index and shares[OURS] - shares[URGENT] > _SEEN:
        cost = 100 * (shares[OURS] - shares[URGENT])
        told.append(f"Evidence before all scores would give up {cost:.1f} points of exposure there.")
    if compared["known_exploited_count"].any():
        parts = [_exploited_at(rows.set_index("order")) for _, rows in compared.groupby("first_count")]
        told.append(f"Of what is known to be exploited this order ends {', and '.join(parts)}.")
    return " ".join(told)


def _compared_at(rows: pd.DataFrame) -> str:
    shares = {str(order): float(share) for order, share in rows["removed_share"].items()}
    words = ", ".join(f"{name} {_percent(share)}" for name, share in shares.items() if name not in (OURS, OPTIMUM))
    what = "the exact optimum removes" if rows["is_proven"].all() else "no set of actions removes more than"
    first, hours = int(rows["first_count"].iloc[0]), float(rows["hours"].iloc[0])
    return (
        f"With the hours of the first {counted(first, 'action')} ({hours:,.1f}) this order removes "
        f"{_percent(shares[OURS])} of the exposure, {words}; {what} {_percent(shares[OPTIMUM])}."
    )


def _exploited_at(rows: pd.DataFrame) -> str:
    counts = {str(order): int(count) for order, count in rows["known_exploited_count"].items()}
    most = max((name for name in counts if name != OURS), key=lambda name: counts[name])
    first = counted(int(rows["first_count"].iloc[0]), "action")
    ours = counted(counts[OURS], "item")
    return f"{ours} in the hours of the first {first} (the most of others: {most}, {counts[most]:,})"


def next_sentence(ranked: pd.DataFrame, first: int) -> str:
    """Why the last of the first actions comes before the one after it. ranked: of an `Agenda`."""
    if len(ranked) <= first:
        known = f"{counted(len(ranked), 'action')} are known" if len(ranked) != 1 else "1 action is known"
        return f"{known} that would end an open item: there is none after them." if len(ranked) else ""
    last, after = ranked.iloc[first - 1], ranked.iloc[first]
    return (
        f"Number {first}, “{last['title']}”, comes before number {first + 1}, “{after['title']}”: "
        f"{_contrast(last, after, first)}"
    )


def _contrast(last: pd.Series[Any], after: pd.Series[Any], first: int) -> str:
    if last["stage"] != after["stage"]:
        why = f"what is {last['stage']} comes first, and no action ends more of it; the next is of {after['stage']}."
    else:
        reason = str(after["reason"]).replace("It removes", f"number {first + 1} removes", 1)
        why = reason.replace("the one before it", f"number {first}", 1)
    sure = [f"{100 * float(row['first_share']):.0f} %" for row in (last, after)]
    return (
        f"{why} Over the hours' ranges number {first} is among the first {first} in {sure[0]} of the draws, number "
        f"{first + 1} in {sure[1]}."
    )


def absolute_sentence(exposed: pd.DataFrame, priors: Priors | None, horizon_days: float) -> str:
    """Successful exploitation by the priors that somebody answers for, as a range; without priors that there is none.

    exposed: `with_exposure`; horizon_days: its horizon [d].
    """
    if priors is None:
        return "No priors are given, so all risk here is relative: shares of the exposure of all that is shown."
    ends = absolute_risk(exposed, priors).set_index("end")
    low, high = ends.loc["low"], ends.loc["high"]
    if pd.isna(high["affected_assets"]):
        most = "and nothing bounds the upper end, for nothing has a score"
    else:
        most = f"and at most {high['affected_assets']:,.1f}"
    return (
        f"By the priors of {priors.owner} ({priors.read_date}), exploitation succeeds on at least "
        f"{low['affected_assets']:,.1f} assets {most} within {horizon_days:g} days."
    )


def score_sentence(risk: pd.DataFrame) -> str:
    """How far what has no score bounds the exposure that is told. risk: `estate_risk` in one row."""
    row = risk.iloc[0]
    items, dark = int(row["item_count"]), int(row["unscored_count"])
    if not items:
        return "No item is known to be open."
    blind = Share(dark, items, "items")
    if dark == items:
        return f"{blind} have no EPSS score: their exposure is not known, which is not zero."
    if not dark:
        return "Every item has an EPSS score."
    least, most = float(row["exposure"]), float(row["exposure_high"])
    factor = f", up to {most / least:,.1f} times what is told" if least > 0 and pd.notna(most) else ""
    return (
        f"{blind} have no EPSS score. Were each as likely as the likeliest that has one, the exposure would be larger"
        f"{factor}: shares of it speak of what has a score alone."
    )


def curve_sentence(risk: pd.DataFrame) -> str:
    """Of how many items no curve tells how long they stay open. risk: `estate_risk` in one row."""
    row = risk.iloc[0]
    bare = Share(int(row["no_curve_count"]), int(row["item_count"]), "items")
    if not bare.part:
        return ""
    return (
        f"{bare} have no curve that tells how long they stay open, for no open patch is listed or none of its severity "
        f"and environment was followed for so long: they count as open until the horizon."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"

"""Which action comes next: what it removes per hour of what those before it have left.

One fix ends many findings, and actions overlap: what one has ended the next cannot end. So the order is greedy: each
time the action that removes most per hour of what is still open. Its steps never grow within a stage, and no order is
far better (`patchlib.models.knapsack` says how far).

By default the measure alone ranks. Stages can come before rates, where somebody asks for it: what is known to be
exploited, by the days it stays open, because evidence supersedes EPSS (FIRST, EPSS FAQ); what the internet reaches.
That has its price in exposure, which `patchlib.models.knapsack` tells. Of the actions that are picked for a week, those
that end what is exploited or reached are done first (`urgent_first`), which costs nothing. What has no score is not
zero: it is ranked after all that has one, by its days.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from patchlib.errors import ParameterInvalid
from patchlib.models.exposure import ITEM
from patchlib.models.overlap import MEASURES, Measure, Overlap

__all__ = [
    "Priority",
    "RankingAssumptions",
    "Stage",
    "curve",
    "first_actions",
    "order_of",
    "priorities_of",
    "rank_actions",
    "removed_within",
    "stages",
    "urgent_first",
]

Priority = Literal["known exploited", "internet-facing"]
_PRIORITIES = ("known exploited", "internet-facing")
_COLUMN = {"known exploited": "known_exploited", "internet-facing": "exposed"}
_UNSCORED = "not scored"
_REST = "the rest"
_LEAST = 1e-12  # Of the estate's total: less is rounding [1].
_FACTS = ["action_id", "action_kind", "title", "account_id", "region", "asset_count", "hours", "usd"]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class RankingAssumptions:
    """In what order actions are ranked.

    first: what is ranked before everything else, in this order; none ranks by the measure alone.
    measure: exposure (hazard x days), or item days, which needs no score.
    """

    first: tuple[Priority, ...] = ()
    measure: Measure = "exposure"

    def __post_init__(self) -> None:
        if self.measure not in MEASURES:
            step = f"Write {' or '.join(MEASURES)}."
            raise ParameterInvalid(f"measure cannot be {self.measure}", next_step=step)
        if len(set(self.first)) < len(self.first) or not set(self.first) <= set(_PRIORITIES):
            step = f"Write {' and '.join(_PRIORITIES)}, each at most once."
            raise ParameterInvalid(f"first cannot be {self.first}", next_step=step)


@dataclass(frozen=True)
class Stage:
    """What is looked at until nothing of it can be removed any more: a weight per group, in a unit.

    whole: the estate's total in that unit.
    """

    name: str
    weights: Floats
    unit: str
    whole: float


def stages(over: Overlap, assumptions: RankingAssumptions) -> list[Stage]:
    """The stages of an order, in their order: what is ranked before everything else, the rest, what has no score."""
    groups, scored = over.groups, over.weights(assumptions.measure)
    days = over.weights("item days")
    word = {"exposure": "exposure", "item days": "open days"}[assumptions.measure]
    masks: list[tuple[str, npt.NDArray[np.bool_]]] = []
    is_first = [(name, groups[_COLUMN[name]].to_numpy(dtype=bool)) for name in assumptions.first]
    if len(is_first) > 1:
        masks.append((" and ".join(name for name, _ in is_first), np.logical_and.reduce([one for _, one in is_first])))
    masks.extend(is_first)
    found = []
    for name, mask in masks:
        by_days = "known exploited" in name
        weights, unit = (days, "open days") if by_days else (scored, word)
        whole = over.whole("item days" if by_days else assumptions.measure)
        found.append(Stage(name, weights * mask, unit, whole))
    found.append(Stage(_REST, scored, word, over.whole(assumptions.measure)))
    unscored = groups["unscored_count"].to_numpy(dtype=float) > 0
    found.append(Stage(_UNSCORED, days * unscored, "open days", over.whole("item days")))
    return found


def priorities_of(words: str) -> RankingAssumptions:
    """The order that a parameter asks for: "" is by exposure alone; else what comes first, a comma between.

    Raises ParameterInvalid for what is neither "known exploited" nor "internet-facing".
    """
    named = [word.strip() for word in words.split(",") if word.strip()]
    return RankingAssumptions(first=tuple(named))  # type: ignore[arg-type]  # it refuses other words


def rank_actions(over: Overlap, assumptions: RankingAssumptions) -> pd.DataFrame:
    """The actions in the order in which they are worth doing, until nothing is left that one could end.

    Returns one row per action that ends something more:
      rank, action_id, action_kind, title, account_id, region, asset_count [assets], hours [h], usd [USD]
      stage            known exploited, internet-facing, both, the rest, or not scored: what it was chosen for
      gain             of the measure, what it removes beyond those before it; gain_share [0..1] of the estate's total
      gain_per_hour, gain_per_usd  gain_share per hour [1/h] and per dollar [1/USD], null without a rate
      alone_share      what it would remove alone [0..1]
      item_count, known_exploited_count, exposed_count, unscored_count  items that it newly ends [items]
      hours_sum [h], removed_share [0..1]  of it and all before it
      reason           why it comes after the one before it, in a sentence
    """
    weights, whole = over.weights(assumptions.measure), over.whole(assumptions.measure)
    alone = over.ends @ weights
    counts = over.groups["item_count"].to_numpy()
    rows: list[dict[str, object]] = []
    before: tuple[str, float] | None = None
    for stage, best, share, left in _choices(over, assumptions, over.actions["hours"].to_numpy(dtype=float)):
        ended = _ended(over, best)
        row = _row(over, best, ended * left, weights, whole)
        row |= {"stage": stage.name, "alone_share": _part(float(alone[best]), whole)}
        row["reason"] = _reason(stage, share, before, row, int(ended @ counts))
        rows.append(row)
        before = (stage.name, share)
    return _framed(rows)


def urgent_first(ranked: pd.DataFrame, count: int) -> pd.DataFrame:
    """The first so many actions of an order: what the internet reaches first, then what is exploited, then the rest.

    ranked: `rank_actions`. The set is that of the order, and so is what it removes; each keeps its rank.
    """
    rows = ranked.head(count)
    place = rows.assign(
        is_calm=(rows["known_exploited_count"] == 0) & (rows["exposed_count"] == 0),
        is_inside=rows["exposed_count"] == 0,
    )
    order = place.sort_values(["is_calm", "is_inside", "rank"], kind="stable").index
    return rows.loc[order].reset_index(drop=True)


def first_actions(over: Overlap, assumptions: RankingAssumptions, hours: Floats, first: int) -> list[str]:
    """The ids of the first so many actions, if each took other hours.

    hours: of each action of the overlap, in its order, above 0 [h].
    """
    chosen = islice(_choices(over, assumptions, hours), first)
    return [str(over.actions["action_id"].iloc[best]) for _, best, _, _ in chosen]


def _choices(
    over: Overlap, assumptions: RankingAssumptions, hours: Floats
) -> Iterator[tuple[Stage, int, float, Floats]]:
    """Stage, action, its share of the stage's total per hour [1/h], and which groups were left before it (1 or 0)."""
    left = np.ones(len(over.groups))
    for stage in stages(over, assumptions):
        while len(hours):
            gain = over.ends @ (stage.weights * left)
            best = int(np.argmax(gain / hours))
            if not gain[best] > _LEAST * max(stage.whole, 1.0):
                break
            yield stage, best, float(gain[best] / stage.whole / hours[best]), left
            left = left * (1 - _ended(over, best))


def _ended(over: Overlap, action: int) -> Floats:
    """1 for each group that the action ends, else 0."""
    ended = np.zeros(len(over.groups))
    ended[over.ends.indices[over.ends.indptr[action] : over.ends.indptr[action + 1]]] = 1.0
    return ended


def _part(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")


def _row(over: Overlap, best: int, fresh: Floats, weights: Floats, whole: float) -> dict[str, object]:
    facts: dict[str, object] = {name: over.actions[name].iloc[best] for name in _FACTS}
    items = over.groups["item_count"].to_numpy(dtype=float) * fresh
    gain = float(weights @ fresh)
    return {
        **facts,
        "gain": gain,
        "gain_share": _part(gain, whole),
        "item_count": int(items.sum()),
        "known_exploited_count": int(items[over.groups["known_exploited"].to_numpy(dtype=bool)].sum()),
        "exposed_count": int(items[over.groups["exposed"].to_numpy(dtype=bool)].sum()),
        "unscored_count": int(over.groups["unscored_count"].to_numpy(dtype=float) @ fresh),
    }


def _reason(
    stage: Stage, share: float, before: tuple[str, float] | None, row: dict[str, object], whole_count: int
) -> str:
    """Why an action comes where it comes."""
    rate = f"{100 * share:.2g} % of all {stage.unit} an hour"
    what = "" if stage.name == _REST else f" that are {stage.name}"
    if before is None:
        said = f"Of all actions it removes most per hour{f', of items{what}' if what else ''}: {rate}."
    elif before[0] != stage.name:
        said = f"Those before it leave nothing more to end of what is {before[0]}; now it removes most: {rate}."
    else:
        said = f"It removes {rate}, the one before it {100 * before[1]:.2g} %."
    earlier = whole_count - int(str(row["item_count"]))
    if earlier:
        said += f" Of its {whole_count:,} items {earlier:,} are ended by those before it."
    return said


def _framed(rows: list[dict[str, object]]) -> pd.DataFrame:
    columns = [
        "rank", *_FACTS, "stage", "gain", "gain_share", "gain_per_hour", "gain_per_usd", "alone_share", "item_count",
        "known_exploited_count", "exposed_count", "unscored_count", "hours_sum", "removed_share", "reason",
    ]  # fmt: skip
    found = pd.DataFrame(rows)
    if found.empty:
        return pd.DataFrame(columns=columns)
    found["rank"] = np.arange(1, len(found) + 1)
    found["gain_per_hour"] = found["gain_share"] / found["hours"]
    found["gain_per_usd"] = found["gain_share"] / found["usd"]
    found["hours_sum"], found["removed_share"] = found["hours"].cumsum(), found["gain_share"].cumsum()
    return found[columns]


def order_of(actions: pd.DataFrame, action_items: pd.DataFrame, items: pd.DataFrame, by: str) -> list[str]:
    """The order of actions that one property of vulnerabilities alone would give: worst first, then the most of it.

    by: cvss (highest score; of the version that most items have, for versions do not compare) or severity (gravest).
    items: query risk/item. Returns action_ids; of what is not told there is none worse.
    Raises ParameterInvalid for another property.
    """
    if by == "cvss":
        versions = items["cvss_version"].dropna()
        usual = versions.mode().iloc[0] if len(versions) else None
        value = items["cvss_score"].astype("float64").where(items["cvss_version"] == usual)
    elif by == "severity":
        value = -items["severity_rank"].astype("float64")
    else:
        raise ParameterInvalid(f"by cannot be {by}", next_step="Write cvss or severity.")
    told = action_items[["action_id", *ITEM]].merge(items[ITEM].assign(value=value), on=ITEM)
    worst = told.groupby("action_id")["value"].max()
    is_worst = told["value"] == told["action_id"].map(worst)
    counts = is_worst.groupby(told["action_id"]).sum()
    listed = pd.DataFrame({"action_id": actions["action_id"]})
    listed["worst"] = listed["action_id"].map(worst)
    listed["count"] = listed["action_id"].map(counts).fillna(0)
    listed = listed.sort_values(["worst", "count", "action_id"], ascending=[False, False, True], na_position="last")
    return listed["action_id"].tolist()


def curve(over: Overlap, action_ids: Iterable[str], measure: Measure = "exposure") -> pd.DataFrame:
    """What is removed by the first N actions of an order, those that end nothing more left out.

    Returns action_count [actions], action_id, hours_sum [h], removed_share [0..1], from none on.
    """
    weights, counts = over.weights(measure), over.groups["item_count"].to_numpy(dtype=float)
    place = {each: number for number, each in enumerate(over.actions["action_id"])}
    hours = over.actions["hours"].to_numpy(dtype=float)
    left = np.ones(len(over.groups))
    steps: list[tuple[str | None, float, float]] = [(None, 0.0, 0.0)]
    for action_id in action_ids:
        row = place[action_id]
        ended = over.ends.indices[over.ends.indptr[row] : over.ends.indptr[row + 1]]
        if not counts[ended] @ left[ended] > 0:
            continue
        gain = float(weights[ended] @ left[ended])
        left[ended] = 0.0
        steps.append((action_id, steps[-1][1] + float(hours[row]), steps[-1][2] + gain))
    found = pd.DataFrame(steps, columns=["action_id", "hours_sum", "removed"])
    found.insert(0, "action_count", np.arange(len(found)))
    whole = over.whole(measure)
    found["removed_share"] = found.pop("removed") / whole if whole > 0 else np.nan
    return found


def removed_within(over: Overlap, orders: Mapping[str, Sequence[str]], hours: Sequence[float]) -> pd.DataFrame:
    """What each order removes at equal hours: whole actions, and past one that is too long for what is left of them.

    A budget that is cut where one order's action ends would else waste the rest of every other's. What an action ends
    is counted beyond those done before it; those that end nothing more are left out and take no hours.
    orders: action ids by name of the order. Returns order, hours [h], action_count [actions] done, removed_share
    [0..1], action_ids: a tuple of those done.
    """
    times = dict(zip(over.actions["action_id"], over.actions["hours"].astype(float), strict=True))
    rows = []
    for order, ids in orders.items():
        for within in hours:
            done = _fitting(over, ids, times, within)
            whole = over.whole("exposure")
            share = over.removed(done) / whole if whole > 0 else np.nan
            rows.append((order, within, len(done), share, tuple(done)))
    return pd.DataFrame(rows, columns=["order", "hours", "action_count", "removed_share", "action_ids"])


def _fitting(over: Overlap, ids: Sequence[str], times: dict[str, float], hours: float) -> list[str]:
    """Those of an order that are done in so many hours."""
    counts = over.groups["item_count"].to_numpy(dtype=float)
    place = {each: number for number, each in enumerate(over.actions["action_id"])}
    left, spent = np.ones(len(over.groups)), 0.0
    done: list[str] = []
    for action_id in ids:
        # Summed one after the other, as the order does it; a billionth of an hour is rounding.
        if spent + times[action_id] > hours + 1e-9:
            continue
        row = place[action_id]
        ended = over.ends.indices[over.ends.indptr[row] : over.ends.indptr[row + 1]]
        if counts[ended] @ left[ended] > 0:
            left[ended] = 0.0
            spent += times[action_id]
            done.append(action_id)
    return done

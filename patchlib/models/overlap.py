"""Which actions end which items, small enough to rank and to optimise: items of one kind of fate are one group.

Two items that exactly the same actions end are ended together, whatever is done. So they are one group with the sum
of their weights. Actions overlap: a group counts once, however many of the picked actions end it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from patchlib.errors import ModelError
from patchlib.models.exposure import ITEM

__all__ = ["MEASURES", "Measure", "Overlap", "overlap"]

Measure = Literal["exposure", "item days"]
MEASURES: tuple[Measure, ...] = ("exposure", "item days")
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Overlap:
    """Actions, groups of items, and which action ends which group.

    actions: one row per action, by action_id; its hours are above 0.
    groups:  one row per group: exposure [activities], days [d], item_count, unscored_count [items], and whether they
             are known_exploited and exposed.
    ends:    actions x groups, 1 where the action ends the group.
    total:   exposure [activities] and days [d] of all items, with those that no action ends.
    """

    actions: pd.DataFrame
    groups: pd.DataFrame
    ends: csr_array
    total: dict[str, float]

    def weights(self, measure: Measure) -> Floats:
        """Weight of each group by a measure: what is not scored has no exposure, and has days."""
        return np.asarray(self.groups["exposure" if measure == "exposure" else "days"], dtype=np.float64)

    def whole(self, measure: Measure) -> float:
        """The weight of all items, also of those that no action ends."""
        return self.total["exposure" if measure == "exposure" else "days"]

    def ended(self, action_ids: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Which groups the picked actions end together. Raises ModelError for an action that is not there."""
        place = {each: number for number, each in enumerate(self.actions["action_id"])}
        unknown = [each for each in action_ids if each not in place]
        if unknown:
            raise ModelError(f"there is no action {unknown[0]}", next_step="Take ids from risk/action.")
        rows = [place[each] for each in action_ids]
        if not rows:
            return np.zeros(len(self.groups), dtype=bool)
        return np.asarray(self.ends[rows].sum(axis=0) > 0).ravel()

    def removed(self, action_ids: Sequence[str], measure: Measure = "exposure") -> float:
        """What the picked actions remove together. Raises ModelError for an action that is not there."""
        return float(self.weights(measure)[self.ended(action_ids)].sum())


def overlap(actions: pd.DataFrame, action_items: pd.DataFrame, exposed: pd.DataFrame) -> Overlap:
    """The actions over the items that they end.

    actions: query risk/action with `with_effort`; action_items: query risk/action_item; exposed: `with_exposure`.
    Suppressed items are left out. Raises ModelError when an action costs no time.
    """
    hidden = exposed["is_suppressed"].astype("boolean").fillna(value=False).to_numpy(dtype=bool)
    items = exposed[~hidden].reset_index(drop=True)
    listed = actions.sort_values("action_id", ignore_index=True)
    if not (listed["hours"] > 0).all():
        raise ModelError("an action costs no time", next_step="Give every kind of action hours above 0.")
    pairs = action_items[["action_id", *ITEM]].merge(items[ITEM].assign(item=items.index), on=ITEM)
    place = pd.Series(listed.index, index=listed["action_id"])
    pairs["action"] = pairs["action_id"].map(place)
    pairs = pairs.dropna(subset=["action"]).astype({"action": "int64"})
    pairs = pairs.sort_values(["item", "action"]).drop_duplicates(["item", "action"])
    facts = _facts(items)
    ended = facts.loc[pairs["item"].unique()].copy()
    starts = np.flatnonzero(np.diff(pairs["item"].to_numpy(), prepend=-1))
    sets = np.split(pairs["action"].to_numpy(), starts[1:]) if len(starts) else []
    ended["fate"] = [each.tobytes() for each in sets]
    keys = ["fate", "known_exploited", "exposed"]
    sums = ["exposure", "days", "item_count", "unscored_count"]
    groups = ended.groupby(keys, sort=False)[sums].sum().reset_index()
    members = [np.frombuffer(each, dtype=np.int64) for each in groups["fate"]]
    columns = np.repeat(np.arange(len(members)), [len(each) for each in members])
    rows = np.concatenate(members) if members else np.zeros(0, dtype=np.int64)
    shape = (len(listed), len(members))
    ends = csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)
    total = {"exposure": float(facts["exposure"].sum()), "days": float(facts["days"].sum())}
    return Overlap(listed, groups.drop(columns="fate"), ends, total)


def _facts(items: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "exposure": items["exposure"].fillna(0.0),
            "days": items["days"],
            "item_count": 1,
            "unscored_count": items["exposure"].isna().astype("int64"),
            "known_exploited": items["is_known_exploited"].astype("boolean").fillna(value=False).astype(bool),
            "exposed": items["is_exposed"].astype("boolean").fillna(value=False).astype(bool),
        }
    )

"""How far the first actions hang on hours that nobody measured: ranked again under many draws of the effort figures.

Each figure is drawn from a triangle over its low, value and high, once per kind and draw: all actions of a kind are
easier or harder together. What is among the first in nearly every draw is worth doing whatever the hours are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from patchlib.errors import ParameterInvalid
from patchlib.metrics.share import counted
from patchlib.models.action import RankingAssumptions, first_actions
from patchlib.models.effort import EffortAssumptions
from patchlib.models.overlap import Overlap
from patchlib.models.prior import Figure

__all__ = ["DrawAssumptions", "stability", "stability_sentence"]

_SURE = 0.9  # Among the first in so many draws is told as holding whatever the hours [0..1].


@dataclass(frozen=True)
class DrawAssumptions:
    """How the effort figures are drawn.

    draw_count: draws, 1 to 10,000. seed: the same seed draws the same. first: how many actions are looked at.
    """

    draw_count: int = 200
    seed: int = 0
    first: int = 10

    def __post_init__(self) -> None:
        if not 1 <= self.draw_count <= 10_000:
            raise ParameterInvalid(f"draw_count cannot be {self.draw_count}", next_step="Write 1 to 10000 draws.")
        if self.first < 1:
            raise ParameterInvalid(f"first cannot be {self.first}", next_step="Write 1 or more actions.")


def stability(
    over: Overlap, effort: EffortAssumptions, ranking: RankingAssumptions, draws: DrawAssumptions
) -> pd.DataFrame:
    """In which share of the draws each action is among the first.

    Returns action_id, title, hours_low and hours_high (5 % and 95 % of the draws) [h] and first_share [0..1], of every
    action that is among the first in one draw at least; the surest first.
    """
    generator = np.random.default_rng(draws.seed)
    kinds = over.actions["action_kind"].to_numpy()
    assets = over.actions["asset_count"].to_numpy(dtype=float)
    chosen = np.zeros(len(kinds))
    place = {each: number for number, each in enumerate(over.actions["action_id"])}
    hours = np.empty((draws.draw_count, len(kinds)))
    for number in range(draws.draw_count):
        drawn = {
            kind: (_drawn(generator, each.hours_fixed), _drawn(generator, each.hours_per_asset))
            for kind, each in sorted(effort.kinds.items())
        }
        hours[number] = [drawn[kind][0] + drawn[kind][1] * count for kind, count in zip(kinds, assets, strict=True)]
        for action_id in first_actions(over, ranking, hours[number], draws.first):
            chosen[place[action_id]] += 1
    found = over.actions[["action_id", "title"]].copy()
    found["hours_low"], found["hours_high"] = np.quantile(hours, [0.05, 0.95], axis=0)
    found["first_share"] = chosen / draws.draw_count
    found = found[found["first_share"] > 0]
    return found.sort_values(["first_share", "action_id"], ascending=[False, True], ignore_index=True)


def _drawn(generator: np.random.Generator, figure: Figure) -> float:
    """One value of a figure; a figure without width is itself."""
    low, value, high = figure.spread()
    return float(generator.triangular(low, value, high)) if low < high else value


def stability_sentence(found: pd.DataFrame, draws: DrawAssumptions) -> str:
    """How many of the first actions are first whatever the hours.

    found: `stability`.
    """
    if found.empty:
        return "No action ends an open item, whatever the hours."
    sure = int((found["first_share"] >= _SURE).sum())
    return (
        f"Over {counted(draws.draw_count, 'draw')} of the effort figures within their ranges, {sure} of the first "
        f"{draws.first} stay there in at least nine of ten; {len(found):,} are among them at least once."
    )

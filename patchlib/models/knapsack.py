"""The best that can be done in so many hours, exactly: which set of overlapping actions removes most.

Weighted coverage under a budget, as a mixed-integer program: x is 1 for an action that is done, y at most 1 for a
group of items that is ended, and no more than the actions that end it.

    maximise sum(weight y)   with   sum(hours x) <= budget,   y_group <= sum of x that end the group

Solved by HiGHS through SciPy. What it returns is called the optimum only where it is proven; else its bound is told.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, eye_array, hstack

from patchlib.errors import ModelError, ParameterInvalid
from patchlib.models.overlap import Measure, Overlap

__all__ = ["Optimum", "best_within", "compared_sentence"]

_TOLERANCE = 1e-6  # Relative gap below which HiGHS calls it solved [1].


@dataclass(frozen=True)
class Optimum:
    """The best set of actions within a budget.

    action_ids: those to do, by id. hours: what they take [h]. removed_share: what they remove of the estate's total
    [0..1]. bound_share: no set removes more [0..1]. is_proven: it is the optimum, but for a relative gap of 1e-6.
    status: how the solver ended, in its words.
    """

    action_ids: tuple[str, ...]
    hours: float
    removed_share: float
    bound_share: float
    is_proven: bool
    status: str

    @property
    def gap_share(self) -> float:
        """How far it may be below the best, of the best [0..1]."""
        return 1 - self.removed_share / self.bound_share if self.bound_share > 0 else 0.0


def best_within(over: Overlap, hours: float, measure: Measure = "exposure", *, seconds: float = 60.0) -> Optimum:
    """The set of actions that removes most within so many hours.

    hours: budget [h], 0 or more; seconds: most that the solver may take [s].
    Raises ParameterInvalid for a negative budget, and ModelError when nothing was found in time.
    """
    if hours < 0 or seconds <= 0:
        raise ParameterInvalid("the hours or the seconds are negative", next_step="Give hours from 0, seconds above 0.")
    weights, whole = over.weights(measure), over.whole(measure)
    if not len(over.actions) or not weights.sum() > 0:
        return Optimum((), 0.0, 0.0 if whole > 0 else float("nan"), 0.0, True, "there is nothing to remove")
    kept = np.flatnonzero(weights > 0)
    ends = csr_array(over.ends[:, kept])
    cost, count = over.actions["hours"].to_numpy(dtype=float), len(kept)
    actions = len(cost)
    scale = whole  # the objective is a share, so that tolerances mean the same on every estate
    covered = LinearConstraint(hstack([-ends.T, eye_array(count)]).tocsr(), -np.inf, 0)
    budget = LinearConstraint(csr_array(np.concatenate([cost, np.zeros(count)])[None, :]), -np.inf, hours)
    solved = milp(
        -np.concatenate([np.zeros(actions), weights[kept] / scale]),
        integrality=np.concatenate([np.ones(actions), np.zeros(count)]),
        bounds=Bounds(0, 1),
        constraints=[covered, budget],
        options={"time_limit": seconds, "mip_rel_gap": _TOLERANCE},
    )
    if solved.x is None:
        step = "Give the solver more seconds, or fewer actions."
        raise ModelError(f"no set of actions was found: {solved.message}", next_step=step)
    picked = tuple(over.actions["action_id"][np.flatnonzero(solved.x[:actions] > 0.5)])
    removed = over.removed(picked, measure) / scale
    bound = max(-float(solved.mip_dual_bound), removed)
    return Optimum(
        picked,
        float(cost[np.flatnonzero(solved.x[:actions] > 0.5)].sum()),
        removed,
        bound,
        bool(solved.status == 0) and bound - removed <= 10 * _TOLERANCE * bound,
        str(solved.message),
    )


def compared_sentence(ranked: pd.DataFrame, first: int, optimum: Optimum) -> str:
    """The first so many actions against the best that their hours allow, both figures in a sentence.

    ranked: `patchlib.models.action.rank_actions`; optimum: `best_within` their hours, by the same measure.
    """
    rows = ranked.head(first)
    if rows.empty or not optimum.bound_share > 0:
        return "There is nothing to remove that has a measure, so there is nothing to compare."
    done, hours = float(rows["removed_share"].iloc[-1]), float(rows["hours_sum"].iloc[-1])
    best = "the exact optimum" if optimum.is_proven else "the best that is provably possible, at most"
    whole = optimum.removed_share if optimum.is_proven else optimum.bound_share
    return (
        f"The first {len(rows)} actions remove {100 * done:.1f} % in {hours:,.1f} hours; {best} in the same hours is "
        f"{100 * whole:.1f} %, so the order reaches {100 * done / whole:.0f} % of it."
    )

"""The best that can be done in so many hours, exactly: which set of overlapping actions removes most.

Weighted coverage under a budget, as a mixed-integer program: x is 1 for an action that is done, y at most 1 for a
group of items that is ended, and no more than the actions that end it.

    maximise sum(weight y)   with   sum(hours x) <= budget,   y_group <= sum of x that end the group

Solved by HiGHS through SciPy. What it returns is called the optimum only where it is proven; else its bound is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, eye_array, hstack

from patchlib.errors import ModelError, ParameterInvalid
from patchlib.models.action import RankingAssumptions, stages
from patchlib.models.overlap import Measure, Overlap

__all__ = ["Optimum", "best_ranked_within", "best_within", "compared_sentence"]

_TOLERANCE = 1e-6  # Relative gap below which HiGHS calls it solved [1].
_SLACK = 1e-7  # Of the estate's total: what an earlier stage may lose to rounding [1].
Floats = npt.NDArray[np.float64]


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
    """The set of actions that removes most within so many hours, whatever is known to be exploited or reached.

    hours: budget [h], 0 or more; seconds: most that the solver may take [s].
    Raises ParameterInvalid for a negative budget, and ModelError when nothing was found in time.
    """
    _refuse_negative(hours, seconds)
    weights, whole = over.weights(measure), over.whole(measure)
    if not len(over.actions) or not weights.sum() > 0:
        return _nothing(whole)
    # The objective is a share, so that tolerances mean the same on every estate.
    return _optimum(over, measure, [_solve(over, hours, weights / whole, [], seconds)])


def best_ranked_within(
    over: Overlap, hours: float, assumptions: RankingAssumptions, *, seconds: float = 60.0
) -> Optimum:
    """The best set within so many hours for whoever keeps to the same priorities as an order.

    First as much of the first stage as possible, then of the next without giving that up, and so on: the exact
    counterpart of `rank_actions`. hours, seconds: as in `best_within`, the seconds for each stage.
    removed_share is of the measure, as that of the order is; bound_share is what this set removes, since no single
    bound holds for several objectives. Raises as `best_within`.
    """
    _refuse_negative(hours, seconds)
    whole = over.whole(assumptions.measure)
    rows: list[tuple[Floats, float]] = []
    solved: list[_Solved] = []
    for stage in stages(over, assumptions):
        if len(over.actions) and stage.weights.sum() > 0:
            weights = stage.weights / stage.whole
            solved.append(_solve(over, hours, weights, rows, seconds))
            rows.append((weights, solved[-1].value))
    if not solved:
        return _nothing(whole)
    found = _optimum(over, assumptions.measure, solved)
    return replace(found, bound_share=found.removed_share) if found.is_proven else found


@dataclass(frozen=True)
class _Solved:
    """One answer of the solver: the places of the actions, what they are worth, and what nothing is worth more than."""

    places: npt.NDArray[np.intp]
    value: float
    bound: float
    is_optimal: bool
    message: str

    @property
    def is_proven(self) -> bool:
        return self.is_optimal and self.bound - self.value <= 10 * _TOLERANCE * self.bound


def _solve(
    over: Overlap, hours: float, weights: Floats, kept_up: Sequence[tuple[Floats, float]], seconds: float
) -> _Solved:
    """The set worth most by weights of groups, among those that keep up what earlier weights have reached."""
    cost = over.actions["hours"].to_numpy(dtype=float)
    ends, actions, groups = csr_array(over.ends), len(cost), len(weights)
    covered = LinearConstraint(hstack([-ends.T, eye_array(groups)]).tocsr(), -np.inf, 0)
    budget = LinearConstraint(csr_array(np.concatenate([cost, np.zeros(groups)])[None, :]), -np.inf, hours)
    floors = [
        LinearConstraint(csr_array(np.concatenate([np.zeros(actions), earlier])[None, :]), value - _SLACK, np.inf)
        for earlier, value in kept_up
    ]
    solved = milp(
        -np.concatenate([np.zeros(actions), weights]),
        integrality=np.concatenate([np.ones(actions), np.zeros(groups)]),
        bounds=Bounds(0, 1),
        constraints=[covered, budget, *floors],
        options={"time_limit": seconds, "mip_rel_gap": _TOLERANCE},
    )
    if solved.x is None:
        step = "Give the solver more seconds, or fewer actions."
        raise ModelError(f"no set of actions was found: {solved.message}", next_step=step)
    places = np.flatnonzero(solved.x[:actions] > 0.5)
    is_ended = np.asarray(ends[places].sum(axis=0)).ravel() > 0
    value = float(weights @ is_ended)
    return _Solved(places, value, max(-float(solved.mip_dual_bound), value), solved.status == 0, str(solved.message))


def _optimum(over: Overlap, measure: Measure, solved: Sequence[_Solved]) -> Optimum:
    last = solved[-1]
    picked = tuple(over.actions["action_id"].iloc[last.places])
    removed = over.removed(picked, measure) / over.whole(measure)
    return Optimum(
        picked,
        float(over.actions["hours"].iloc[last.places].sum()),
        removed,
        max(last.bound, removed),
        all(each.is_proven for each in solved),
        last.message,
    )


def _nothing(whole: float) -> Optimum:
    return Optimum((), 0.0, 0.0 if whole > 0 else float("nan"), 0.0, True, "there is nothing to remove")


def _refuse_negative(hours: float, seconds: float) -> None:
    if hours < 0 or seconds <= 0:
        raise ParameterInvalid("the hours or the seconds are negative", next_step="Give hours from 0, seconds above 0.")


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

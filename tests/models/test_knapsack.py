"""The exact optimum against every subset of small problems, and against the order that greed gives."""

from __future__ import annotations

from itertools import chain, combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patchlib.errors import ParameterInvalid
from patchlib.models.action import RankingAssumptions, rank_actions
from patchlib.models.knapsack import Optimum, best_ranked_within, best_within, compared_sentence
from patchlib.models.overlap import Overlap, overlap
from tests.models.risk_data import actions, ends, weighted

NAMES = "abcdef"
PLAIN = RankingAssumptions(first=())


def problem(sets: list[list[int]], hours: list[float]) -> Overlap:
    """Items of different scores, and actions that end sets of them."""
    frame = weighted(0.02, 0.3, 0.05, 0.1, 0.15, 0.08)
    told = dict(zip(NAMES, sets, strict=False))
    return overlap(actions(dict(zip(told, hours, strict=False))), ends(frame, told), frame)


def by_hand(over: Overlap, budget: float) -> float:
    """The best of all subsets, one by one."""
    cost = dict(zip(over.actions["action_id"], over.actions["hours"], strict=True))
    every = chain.from_iterable(combinations(cost, size) for size in range(len(cost) + 1))
    return max(over.removed(each) for each in every if sum(cost[one] for one in each) <= budget + 1e-9)


@settings(max_examples=25)
@given(
    st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=4, unique=True), min_size=1, max_size=6),
    st.lists(st.sampled_from([0.5, 1.0, 2.0, 3.5]), min_size=6, max_size=6),
    st.sampled_from([0.0, 1.0, 2.5, 4.0, 20.0]),
)
def test_it_is_the_best_of_all_subsets(sets: list[list[int]], hours: list[float], budget: float) -> None:
    """Proven, within the hours, and no subset removes more."""
    over = problem(sets, hours)
    found = best_within(over, budget)
    assert found.is_proven
    assert found.hours <= budget + 1e-6
    assert found.removed_share * over.whole("exposure") == pytest.approx(by_hand(over, budget), rel=1e-5)


def test_greed_can_fall_behind() -> None:
    """A quick small action first leaves no hours for the large one: the optimum sees that, greed does not."""
    over = problem([[0], [1, 2, 3, 4]], [0.1, 4.0])
    ranked = rank_actions(over, PLAIN)
    best = best_within(over, 4.0)
    assert best.action_ids == ("b",)
    within = ranked[ranked["hours_sum"] <= 4]["removed_share"].max()
    assert within < best.removed_share


def test_with_priorities_no_set_is_better_in_what_comes_first() -> None:
    """One hour: what is known to be exploited is taken, though the other action removes more of all exposure."""
    frame = weighted(0.02, 0.3, 0.3)
    frame["is_known_exploited"] = [True, False, False]
    told = {"a": [0], "b": [1, 2]}
    over = overlap(actions({"a": 1.0, "b": 1.0}), ends(frame, told), frame)
    first = RankingAssumptions(first=("known exploited",))
    assert best_within(over, 1.0).action_ids == ("b",)
    kept = best_ranked_within(over, 1.0, first)
    assert kept.action_ids == ("a",)
    assert kept.is_proven
    assert best_ranked_within(over, 2.0, first).action_ids == ("a", "b")


def test_without_priorities_it_is_the_optimum() -> None:
    """The same hours, nothing that comes first: both remove the same."""
    over = problem([[1], [0, 2], [3, 4], [2, 5]], [1.0, 2.0, 1.5, 0.5])
    for hours in (0.0, 1.0, 2.5, 5.0):
        removed = best_ranked_within(over, hours, PLAIN).removed_share
        assert removed == pytest.approx(best_within(over, hours).removed_share, abs=1e-6)


def test_both_figures_are_in_the_sentence() -> None:
    """Of what the first actions remove, and of the best that the same hours allow."""
    over = problem([[1], [0, 2], [3, 4]], [1.0, 1.0, 1.0])
    ranked = rank_actions(over, PLAIN)
    said = compared_sentence(ranked, 2, best_within(over, 2.0))
    first = f"{100 * ranked['removed_share'].iloc[1]:.1f} %"
    assert said == (
        f"The first 2 actions remove {first} in 2.0 hours; the exact optimum in the same hours is {first}, so the "
        "order reaches 100 % of it."
    )


def test_what_is_not_proven_is_not_called_the_optimum() -> None:
    """The bound is compared with instead, and called so."""
    over = problem([[1], [0, 2]], [1.0, 1.0])
    open_end = Optimum(("a",), 1.0, 0.4, 0.8, is_proven=False, status="time limit")
    said = compared_sentence(rank_actions(over, PLAIN), 1, open_end)
    assert "at most in the same hours is 80.0 %" in said
    assert "optimum" not in said
    assert open_end.gap_share == pytest.approx(0.5)


def test_nothing_to_remove_and_nothing_to_do_it_with() -> None:
    """No score: nothing to compare; by days there is."""
    frame = weighted(None, None)
    over = overlap(actions({"a": 1.0}), ends(frame, {"a": [0]}), frame)
    assert best_within(over, 1.0).action_ids == ()
    assert "nothing to compare" in compared_sentence(rank_actions(over, PLAIN), 1, best_within(over, 1.0))
    assert best_within(over, 1.0, "item days").removed_share == pytest.approx(0.5)


def test_a_negative_budget_is_refused() -> None:
    """With the next step."""
    with pytest.raises(ParameterInvalid, match="negative"):
        best_within(problem([[1]], [1.0]), -1.0)

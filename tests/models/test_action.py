"""The order of actions: what each removes beyond those before it, and why it comes where it comes."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patchlib.errors import ParameterInvalid
from patchlib.models.action import (
    RankingAssumptions,
    curve,
    order_of,
    priorities_of,
    rank_actions,
    removed_within,
    urgent_first,
)
from patchlib.models.overlap import Overlap, overlap
from tests.models.risk_data import actions, ends, items, weighted

PLAIN = RankingAssumptions(first=())
SETS = st.lists(st.lists(st.integers(0, 5), max_size=6, unique=True), min_size=1, max_size=5)
HOURS = st.lists(st.sampled_from([0.5, 1.0, 2.0, 5.0]), min_size=5, max_size=5)


def over(frame: pd.DataFrame, by_action: dict[str, list[int]], **hours: float) -> Overlap:
    """The overlap; each action takes an hour unless it says otherwise."""
    return overlap(actions({name: hours.get(name, 1) for name in by_action}), ends(frame, by_action), frame)


def drawn(sets: list[list[int]], hours: list[float]) -> Overlap:
    """Six items of growing score, and actions that end sets of them."""
    names = "abcde"[: len(sets)]
    times = dict(zip(names, hours, strict=False))
    return over(weighted(0.01, 0.02, 0.05, 0.1, 0.3, None), dict(zip(names, sets, strict=True)), **times)


def test_overlap_is_taken_off() -> None:
    """Large first; the second largest shares all but one item with it and falls behind a small one of its own."""
    frame = weighted(*[0.1] * 6)
    ranked = rank_actions(
        over(frame, {"large": [0, 1, 2, 3], "shared": [1, 2, 3, 4], "own": [5], "inside": [0]}), PLAIN
    )
    assert ranked["action_id"].tolist() == ["large", "own", "shared"]
    assert ranked["item_count"].tolist() == [4, 1, 1]
    assert ranked["alone_share"].tolist() == pytest.approx([4 / 6, 1 / 6, 4 / 6])
    assert ranked["removed_share"].tolist() == pytest.approx([4 / 6, 5 / 6, 1])
    assert "Of its 4 items 3 are ended by those before it" in ranked["reason"].iloc[2]


def test_the_rate_decides_and_the_reason_says_so() -> None:
    """Half the hours for the same gain comes first, though it removes no more."""
    ranked = rank_actions(over(weighted(0.1, 0.1), {"slow": [0], "quick": [1]}, slow=4, quick=2), PLAIN)
    assert ranked["action_id"].tolist() == ["quick", "slow"]
    assert ranked["reason"].iloc[0] == "Of all actions it removes most per hour: 25 % of all exposure an hour."
    assert ranked["reason"].iloc[1] == "It removes 12 % of all exposure an hour, the one before it 25 %."
    assert ranked["hours_sum"].tolist() == [2, 6]


def test_evidence_and_the_internet_come_before_scores() -> None:
    """Known exploited and reachable, then known exploited, then reachable, then scores, and at last what has none."""
    frame = weighted(
        0.9, 0.01, None, 0.02, None,
        is_known_exploited=[False, True, True, False, False], is_exposed=[False, False, True, True, False],
    )  # fmt: skip
    told = {"score": [0], "kev": [1], "both": [2], "internet": [3], "none": [4]}
    staged = RankingAssumptions(first=("known exploited", "internet-facing"))
    ranked = rank_actions(over(frame, told), staged)
    assert ranked["action_id"].tolist() == ["both", "kev", "internet", "score", "none"]
    assert ranked["stage"].tolist() == [
        "known exploited and internet-facing", "known exploited", "internet-facing", "the rest", "not scored",
    ]  # fmt: skip
    assert "what is known exploited and internet-facing; now it removes most" in ranked["reason"].iloc[1]
    assert rank_actions(over(frame, told), PLAIN)["action_id"].iloc[0] == "score"


def test_of_what_is_picked_the_reached_and_exploited_are_done_first() -> None:
    """The same set, and what it removes; what the internet reaches leads, then what is exploited, then the order."""
    frame = weighted(
        0.9, 0.5, 0.3, 0.2, 0.9,
        is_known_exploited=[False, True, False, False, True], is_exposed=[False, False, True, False, True],
    )  # fmt: skip
    told = {"score": [0], "kev": [1], "internet": [2], "low": [3]}
    ranked = rank_actions(over(frame, told), RankingAssumptions())
    assert ranked["action_id"].tolist() == ["score", "kev", "internet", "low"]
    picked = urgent_first(ranked, 3)
    assert picked["action_id"].tolist() == ["internet", "kev", "score"]
    assert picked["gain_share"].sum() == pytest.approx(ranked["removed_share"].iloc[2])


def test_without_scores_days_can_rank() -> None:
    """Nothing is scored: the share of exposure is not told, and the measure of days ranks as it should."""
    frame = weighted(None, None, None)
    one = over(frame, {"a": [0], "b": [1, 2]})
    assert rank_actions(one, PLAIN)["action_id"].tolist() == ["b", "a"]
    assert rank_actions(one, PLAIN)["gain_share"].isna().all()
    by_days = rank_actions(one, RankingAssumptions(first=(), measure="item days"))
    assert by_days["removed_share"].tolist() == pytest.approx([2 / 3, 1])


def test_identical_actions_differ_by_exactly_nothing() -> None:
    """Of twins the first by id is done, and the second has nothing left: not a small gain, none."""
    frame = weighted(0.1, 0.2, 0.3)
    twins = over(frame, {"a": [0, 1, 2], "b": [0, 1, 2]})
    assert rank_actions(twins, PLAIN)["action_id"].tolist() == ["a"]
    assert twins.removed(["a"]) - twins.removed(["b"]) == 0
    assert twins.removed(["a", "b"]) - twins.removed(["a"]) == 0


@settings(max_examples=25)
@given(SETS, HOURS)
def test_rates_fall_and_shares_add_up(sets: list[list[int]], hours: list[float]) -> None:
    """Within a stage no step is better than the one before it; sums are what the actions remove together."""
    one = drawn(sets, hours)
    ranked = rank_actions(one, PLAIN)
    rates = ranked.loc[ranked["stage"] == "the rest", "gain_per_hour"].tolist()
    assert all(later <= earlier + 1e-12 for earlier, later in pairwise(rates))
    done = ranked["action_id"].tolist()
    assert ranked["gain"].sum() == pytest.approx(one.removed(done), abs=1e-12)
    assert one.removed(done) == pytest.approx(one.removed([*one.actions["action_id"]]), abs=1e-12)
    assert int(ranked["item_count"].sum()) == len({each for ended in sets for each in ended})


@settings(max_examples=25)
@given(SETS, HOURS, st.integers(0, 4))
def test_more_actions_never_remove_less(sets: list[list[int]], hours: list[float], more: int) -> None:
    """Whatever is picked, and one action more."""
    one = drawn(sets, hours)
    named = one.actions["action_id"].tolist()
    picked = named[: len(named) // 2]
    assert one.removed([*picked, named[more % len(named)]]) >= one.removed(picked) - 1e-15


def test_the_order_of_cvss_and_of_severity_alone() -> None:
    """Worst first, then most of it; versions do not compare, so the rarer one has no score; unknown comes last."""
    rows: list[dict[str, Any]] = [
        {"cvss_score": 9.8, "severity_rank": 5}, {"cvss_score": 9.8, "severity_rank": 1},
        {"cvss_score": 5.0, "severity_rank": 2}, {"cvss_score": None, "severity_rank": 2},
        {"cvss_score": 10.0, "cvss_version": "4.0", "severity_rank": None},
    ]  # fmt: skip
    frame = items(*[row | {"cve_id": f"CVE-2026-{n:04}"} for n, row in enumerate(rows)])
    told = {"two": [0, 1], "one": [0], "five": [2], "none": [3, 4]}
    listed = actions(dict.fromkeys(told, 1.0))
    assert order_of(listed, ends(frame, told), frame, "cvss") == ["two", "one", "five", "none"]
    assert order_of(listed, ends(frame, told), frame, "severity") == ["two", "five", "none", "one"]
    with pytest.raises(ParameterInvalid, match="cvss or severity"):
        order_of(listed, ends(frame, told), frame, "colour")


def test_orders_are_compared_at_equal_hours() -> None:
    """Whole actions only, those that end nothing more left out; at no hours nothing is done."""
    one = over(weighted(0.1, 0.1, 0.1), {"a": [0], "b": [0], "c": [1, 2]}, a=1, b=2, c=3)
    assert curve(one, ["b", "a", "c"])["action_id"].dropna().tolist() == ["b", "c"]
    orders = {"ranked": ["c", "a", "b"], "other": ["b", "a", "c"]}
    found = removed_within(one, orders, [0, 3, 5]).pivot_table(index="hours", columns="order", values="removed_share")
    assert found["ranked"].tolist() == pytest.approx([0, 2 / 3, 1])
    assert found["other"].tolist() == pytest.approx([0, 1 / 3, 1])


def test_an_order_goes_on_past_what_does_not_fit() -> None:
    """Too long for what is left: the next is done instead, also one that the long one would have made needless."""
    one = over(weighted(0.1, 0.1, 0.1), {"a": [0], "b": [1, 2], "c": [1], "d": [0, 1]}, a=1, b=9, c=1, d=1)
    found = removed_within(one, {"by its worst": ["a", "b", "c", "d"]}, [1.5, 2, 10]).set_index("hours")
    assert found["action_ids"].tolist() == [("a",), ("a", "c"), ("a", "b")]
    assert found["removed_share"].tolist() == pytest.approx([1 / 3, 2 / 3, 1])
    assert found["action_count"].tolist() == [1, 2, 2]


@settings(max_examples=25)
@given(SETS, HOURS)
def test_at_its_own_boundary_an_order_is_its_curve(sets: list[list[int]], hours: list[float]) -> None:
    """Everything fits up to there, so nothing is passed over and nothing is added."""
    one = drawn(sets, hours)
    ids = one.actions["action_id"].tolist()
    steps = curve(one, ids)
    found = removed_within(one, {"one": ids}, steps["hours_sum"].tolist())
    assert found["removed_share"].tolist() == pytest.approx(steps["removed_share"].tolist(), nan_ok=True)


def test_nothing_to_rank() -> None:
    """No actions: an empty order with its columns."""
    frame = weighted(0.1)
    empty = rank_actions(over(frame, {}), PLAIN)
    assert empty.empty
    assert {"rank", "stage", "gain_share", "reason"} <= set(empty.columns)


def test_assumptions_outside_their_range() -> None:
    """An unknown priority, one told twice, an unknown measure."""
    wrong: list[dict[str, Any]] = [
        {"first": ("loud",)}, {"first": ("internet-facing",) * 2}, {"measure": "cvss"},
    ]  # fmt: skip
    for each in wrong:
        with pytest.raises(ParameterInvalid, match=next(iter(each))):
            RankingAssumptions(**each)


def test_priorities_are_named_in_words_or_refused() -> None:
    """As a parameter of a report writes them."""
    assert priorities_of("") == RankingAssumptions()
    assert priorities_of("internet-facing, known exploited").first == ("internet-facing", "known exploited")
    with pytest.raises(ParameterInvalid, match="first cannot be"):
        priorities_of("the loudest")

"""Items of one fate are one group, and what overlaps counts once."""

from __future__ import annotations

import pytest

from patchlib.errors import ModelError
from patchlib.models.overlap import overlap
from tests.models.risk_data import actions, ends, weighted


def test_items_that_the_same_actions_end_are_one_group() -> None:
    """Of five items two share a fate; one is ended by nothing and is in the total all the same."""
    frame = weighted(0.1, 0.1, 0.1, 0.1, 0.1)
    over = overlap(actions({"a": 1, "b": 1}), ends(frame, {"a": [0, 1, 2], "b": [2, 3]}), frame)
    assert sorted(over.groups["item_count"]) == [1, 1, 2]
    assert over.removed(["a"]) == pytest.approx(3 / 5 * over.whole("exposure"))
    assert over.removed(["a", "b"]) == pytest.approx(4 / 5 * over.whole("exposure"))
    assert over.removed(["b", "a"]) == over.removed(["a", "b", "a"])


def test_what_is_not_scored_has_days_and_no_exposure() -> None:
    """It is counted in its group."""
    frame = weighted(0.1, None)
    over = overlap(actions({"a": 1}), ends(frame, {"a": [0, 1]}), frame)
    assert over.groups["unscored_count"].tolist() == [1]
    assert over.removed(["a"]) == over.whole("exposure") > 0
    assert over.removed(["a"], "item days") == 60


def test_suppressed_items_are_nobodys_gain() -> None:
    """Neither in the groups nor in the total."""
    frame = weighted(0.1, 0.1, is_suppressed=[False, True])
    over = overlap(actions({"a": 1}), ends(frame, {"a": [0, 1]}), frame)
    assert (over.groups["item_count"].sum(), over.whole("item days")) == (1, 30)


def test_a_row_told_twice_counts_once() -> None:
    """And an action that ends nothing is still an action."""
    frame = weighted(0.1)
    over = overlap(actions({"a": 1, "b": 1}), ends(frame, {"a": [0, 0]}), frame)
    assert over.removed(["a"]) == over.whole("exposure")
    assert over.removed(["b"]) == 0


def test_nothing_to_do() -> None:
    """No items, no actions."""
    frame = weighted()
    over = overlap(actions({}), ends(frame, {}), frame)
    assert (len(over.groups), over.whole("exposure"), over.removed([])) == (0, 0, 0)


def test_bad_input_is_refused() -> None:
    """An action that costs nothing, and one that is not there."""
    frame = weighted(0.1)
    with pytest.raises(ModelError, match="no time"):
        overlap(actions({"a": 0}), ends(frame, {"a": [0]}), frame)
    with pytest.raises(ModelError, match="no action z"):
        overlap(actions({"a": 1}), ends(frame, {"a": [0]}), frame).removed(["z"])

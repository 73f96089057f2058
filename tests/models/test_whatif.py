"""What would be left is today without what the picked actions end: the same definitions, asked again."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from patchlib.errors import ModelError
from patchlib.models.exposure import estate_risk
from patchlib.models.whatif import deadlines_left, items_left, what_if
from tests.models.risk_data import AS_OF, actions, ends, weighted


def judged(*rows: dict[str, Any]) -> pd.DataFrame:
    """Items as `judge` leaves them: by default open, listed, and breached two days ago."""
    usual = {
        "account_id": "1", "region": "eu", "node_id": "i-1", "patch_ref": "KB1", "is_event": False, "is_listed": True,
        "sla_state": "breached", "due_at": AS_OF - pd.Timedelta(days=2),
    }  # fmt: skip
    return pd.DataFrame([usual | row for row in rows])


def patches(*rows: tuple[str, str, str]) -> pd.DataFrame:
    """A risk/action_patch frame: action, node, patch."""
    frame = pd.DataFrame(rows, columns=["action_id", "node_id", "patch_ref"])
    return frame.assign(account_id="1", region="eu")


DEADLINES = judged(
    {},
    {"patch_ref": "KB2", "sla_state": "open", "due_at": AS_OF + pd.Timedelta(days=7)},
    {"patch_ref": "KB3", "sla_state": "at risk", "due_at": AS_OF + pd.Timedelta(days=3)},
    {"patch_ref": "KB1", "is_event": True, "sla_state": "late"},
    {"node_id": "i-2"},
)


def test_what_is_left_is_the_risk_of_what_is_left() -> None:
    """Two of four items end, one of them by both actions."""
    frame = weighted(0.1, 0.2, 0.3, None)
    told = ends(frame, {"a": [0, 1], "b": [1]})
    assert items_left(frame, told, ["a", "b"])["asset_id"].tolist() == ["i-2", "i-3"]
    found = what_if(frame, actions({"a": 1, "b": 2}), told, ["b", "a", "b"])
    assert (found.hours, found.action_count) == (3, 2)
    expected = estate_risk(frame.iloc[2:]).iloc[0]
    then = found.risk.set_index("when").loc["then"]
    assert then["affected"] == pytest.approx(expected["affected"])
    assert then["exposure_share"] == pytest.approx(expected["exposure"] / frame["exposure"].sum())
    assert found.deadlines is None
    assert found.states.empty
    assert found.deadline_sentence.startswith("No policy is named")
    assert "2 actions of 3.0 hours together would end 2 of 4 items (50 %)" in found.sentence


def test_deadlines_are_asked_again() -> None:
    """Open items leave with their patch; what is over stays over; the next due date moves."""
    frame = weighted(0.1)
    told, put = ends(frame, {"a": [0]}), patches(("a", "i-1", "KB1"), ("a", "i-1", "KB3"))
    left = deadlines_left(DEADLINES, put, ["a"])
    assert left["patch_ref"].tolist() == ["KB2", "KB1", "KB1"]
    assert left["sla_state"].tolist() == ["open", "late", "breached"]
    found = what_if(frame, actions({"a": 1}), told, ["a"], judged=DEADLINES, action_patches=put)
    assert found.deadlines is not None
    states = found.deadlines.set_index("state")
    assert states["now"].to_dict() == {"breached": 2, "not known": 0, "at risk": 1, "open": 1}
    assert states["then"].to_dict() == {"breached": 1, "not known": 0, "at risk": 0, "open": 1}
    assert found.next_due == (AS_OF + pd.Timedelta(days=3), AS_OF + pd.Timedelta(days=7))
    assert found.deadline_sentence.endswith(
        "Breached would be 1 item instead of 2, at risk 0 instead of 1, open 1 instead of 1; the next is "
        "due on 2026-11-09."
    )


def test_nothing_picked_changes_nothing() -> None:
    """Now and then are the same, to the last digit."""
    frame = weighted(0.1, 0.2)
    found = what_if(frame, actions({"a": 1}), ends(frame, {"a": [0]}), [], judged=DEADLINES, action_patches=patches())
    pd.testing.assert_series_equal(found.risk.iloc[0].drop("when"), found.risk.iloc[1].drop("when"), check_names=False)
    assert found.deadlines is not None
    assert (found.deadlines["now"] == found.deadlines["then"]).all()
    assert found.sentence == "No action is picked, so everything stays as it is."


def test_an_action_without_patches_moves_no_deadline() -> None:
    """A new container image ends items, and no patch on a node."""
    frame = weighted(0.1)
    put = patches(("b", "i-1", "KB1"))
    found = what_if(frame, actions({"a": 1}), ends(frame, {"a": [0]}), ["a"], judged=DEADLINES, action_patches=put)
    assert found.risk["item_count"].tolist() == [1, 0]
    assert found.deadlines is not None
    assert (found.deadlines["now"] == found.deadlines["then"]).all()


def test_an_unknown_action_is_refused() -> None:
    """With where ids come from."""
    frame = weighted(0.1)
    with pytest.raises(ModelError, match="no action z"):
        items_left(frame, ends(frame, {"a": [0]}), ["z"])

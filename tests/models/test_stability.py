"""What is first whatever the hours are, and what hangs on them."""

from __future__ import annotations

import pandas as pd
import pytest

from patchlib.errors import ParameterInvalid
from patchlib.models.action import RankingAssumptions
from patchlib.models.effort import ACTION_KINDS, EffortAssumptions
from patchlib.models.overlap import Overlap, overlap
from patchlib.models.stability import DrawAssumptions, stability, stability_sentence
from tests.models.risk_data import actions, ends, weighted

PLAIN = RankingAssumptions(first=())
ONE = DrawAssumptions(draw_count=50, first=1)


def effort(**fixed: tuple[float, float, float]) -> EffortAssumptions:
    """Hours of a package and of a layer; all others take an hour, and no asset costs anything."""

    def figure(low: float, value: float, high: float) -> dict[str, object]:
        return {"value": value, "unit": "h", "low": low, "high": high, "source": "a test"}

    kinds = {
        kind: {"hours_fixed": figure(*fixed.get(kind, (1, 1, 1))), "hours_per_asset": figure(0, 0, 0)}
        for kind in ACTION_KINDS
    }
    said = {"title": "t", "owner": "o", "source": "s", "read_date": "2026-11-02", "kinds": kinds}
    return EffortAssumptions.model_validate(said)


def two(small: float, large: float) -> Overlap:
    """A package that ends the first item, and a layer that ends the second."""
    frame = weighted(small, large)
    listed = actions({"a": 1, "b": 1})
    listed["action_kind"] = ["package", "layer"]
    return overlap(listed, ends(frame, {"a": [0], "b": [1]}), frame)


def shares(found: pd.DataFrame) -> dict[str, float]:
    """Action and share of the draws in which it is first."""
    return dict(zip(found["action_id"], found["first_share"], strict=True))


def test_figures_without_width_leave_one_order() -> None:
    """The same in every draw, and hours that do not spread."""
    found = stability(two(0.1, 0.2), effort(), PLAIN, ONE)
    assert shares(found) == {"b": 1.0}
    assert (found["hours_low"].iloc[0], found["hours_high"].iloc[0]) == (1, 1)


def test_an_order_that_hangs_on_hours_says_so() -> None:
    """Equal gains and the same spread: each is first in about half of the draws; together they are all of them."""
    found = shares(stability(two(0.1, 0.1), effort(package=(1, 2, 3), layer=(1, 2, 3)), PLAIN, ONE))
    assert sum(found.values()) == pytest.approx(1)
    assert all(0.2 < each < 0.8 for each in found.values())


def test_a_gain_beyond_the_spread_is_first_whatever_the_hours() -> None:
    """Thirty times the gain in at most three times the hours."""
    found = stability(two(0.01, 0.3), effort(package=(1, 2, 3), layer=(1, 2, 3)), PLAIN, ONE)
    assert shares(found) == {"b": 1.0}
    assert stability_sentence(found, ONE) == (
        "Over 50 draws of the effort figures within their ranges, 1 of the first 1 stay there in at least nine of ten; "
        "1 are among them at least once."
    )


def test_the_same_seed_draws_the_same() -> None:
    """Another one does not."""
    spread = effort(package=(1, 2, 3), layer=(1, 2, 3))
    once, again = (stability(two(0.1, 0.1), spread, PLAIN, ONE) for _ in range(2))
    pd.testing.assert_frame_equal(once, again)
    other = stability(two(0.1, 0.1), spread, PLAIN, DrawAssumptions(draw_count=50, first=1, seed=1))
    assert not other["hours_low"].equals(once["hours_low"])


@pytest.mark.parametrize("wrong", [{"draw_count": 0}, {"first": 0}], ids=str)
def test_draws_outside_their_range(wrong: dict[str, int]) -> None:
    """Are refused by name."""
    with pytest.raises(ParameterInvalid, match=next(iter(wrong))):
        DrawAssumptions(**wrong)


def test_without_actions_nothing_is_drawn() -> None:
    """And nothing is said to hold whatever the hours."""
    none = stability(two(0.1, 0.1), effort(), PLAIN, ONE).head(0)
    assert stability_sentence(none, ONE) == "No action ends an open item, whatever the hours."

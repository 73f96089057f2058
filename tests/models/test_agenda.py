"""The first actions and what they are held against come from the same items, and never beat the optimum."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from patchlib.errors import ParameterInvalid
from patchlib.models.action import RankingAssumptions, priorities_of
from patchlib.models.agenda import (
    OURS,
    Agenda,
    absolute_sentence,
    agenda,
    compared_sentence,
    curve_sentence,
    first_sentence,
    next_sentence,
    score_sentence,
)
from patchlib.models.effort import load_effort
from patchlib.models.exposure import ExposureAssumptions, estate_risk, with_exposure
from patchlib.models.prior import Figure, Priors
from tests.models.risk_data import actions, curve, ends, items, weighted

STAGED = priorities_of("known exploited, internet-facing")


def found(
    *shares: float | None, first: int = 1, exploited: int | None = None, ranking: RankingAssumptions | None = None
) -> Agenda:
    """An action per item, each of the same hours; one item may be known to be exploited."""
    known = [place == exploited for place in range(len(shares))]
    frame = weighted(*shares, is_known_exploited=known)
    names = {f"a{place}": [place] for place in range(len(shares))}
    listed = actions(dict.fromkeys(names, 1.0)).drop(columns=["hours", "usd"])
    told = ends(frame, names).assign(why="its patch is approved and not installed")
    assumed = ExposureAssumptions(horizon_days=30)
    return agenda(frame, curve(), listed, told, load_effort(), assumed, first, ranking)


def test_evidence_comes_before_scores_and_what_that_costs_is_said() -> None:
    """The known exploited item scores least, comes first where asked, and the optimum of its hours removes more."""
    told = found(0.05, 0.5, 0.4, exploited=0, ranking=STAGED)
    assert told.picked == ["a0"]
    rows = told.compared[told.compared["first_count"] == 1].set_index("order")
    assert rows.loc[OURS, "removed_share"] < rows.loc["exposure alone", "removed_share"]
    assert rows["is_proven"].all()
    assert (rows["removed_share"] <= rows["most_share"] + 1e-9).all()
    assert rows["known_exploited_count"].loc[[OURS, "exposure alone", "exact optimum"]].tolist() == [1, 0, 0]
    said = compared_sentence(told.compared[told.compared["first_count"] == 1])
    assert (
        "points of exposure there. Of what is known to be exploited this order ends 1 item in the hours of the" in said
    )
    assert first_sentence(told).endswith("Start here: Do a0.")


def test_by_itself_exposure_ranks_and_of_the_picked_the_exploited_is_done_first() -> None:
    """Two of three by exposure; the exploited one is done first, and what it would cost to rank it is said."""
    told = found(0.5, 0.4, 0.05, first=2, exploited=1)
    assert told.picked == ["a0", "a1"]
    assert told.listed["action_id"].tolist() == told.ranked["action_id"].tolist() == ["a0", "a1", "a2"]
    assert [None if pd.isna(place) else place for place in told.listed["do_first"]] == [2, 1, None]
    assert first_sentence(told).endswith("Start here: Do a1.")
    least = found(0.5, 0.4, 0.05, exploited=2)
    rows = least.compared[least.compared["first_count"] == 1].set_index("order")
    assert rows.loc[OURS, "removed_share"] == pytest.approx(rows.loc["exact optimum", "removed_share"])
    said = compared_sentence(least.compared[least.compared["first_count"] == 1])
    assert "Evidence before all scores would give up" in said


def test_what_is_exploited_and_reached_is_never_left_without_a_word() -> None:
    """Two such items: the first action ends one, the third is the next that does."""
    frame = weighted(0.9, 0.5, 0.05, is_known_exploited=[True, False, True], is_exposed=[True, False, True])
    names = {f"a{place}": [place] for place in range(3)}
    listed = actions(dict.fromkeys(names, 1.0)).drop(columns=["hours", "usd"])
    told = agenda(
        frame, curve(), listed, ends(frame, names).assign(why="w"), load_effort(), ExposureAssumptions(), first=1
    )
    assert first_sentence(told).endswith(
        "Of 2 items known to be exploited where the internet reaches they end 1; number 3 is the next to end one."
    )


def test_the_hours_and_their_range_stand_beside_each_action() -> None:
    """As the file of priors gives them, with the share of draws in which the action stays first."""
    told = found(0.1, 0.5, 0.2, first=2)
    assert (told.ranked["hours_low"] < told.ranked["hours"]).all()
    assert (told.ranked["hours"] < told.ranked["hours_high"]).all()
    assert told.ranked["first_share"].between(0, 1).all()
    assert told.ranked["why"].eq("its patch is approved and not installed").all()
    assert told.steps.groupby("order")["removed_share"].apply(lambda each: each.is_monotonic_increasing).all()


def test_why_the_last_comes_before_the_next() -> None:
    """By another stage, or by what is removed an hour; after the last there is none."""
    told = found(0.05, 0.5, 0.4, exploited=0, ranking=STAGED)
    assert "Number 1, “Do a0”, comes before number 2, “Do a1”: what is known exploited comes first" in (
        next_sentence(told.ranked, 1)
    )
    assert "number 3 removes" in next_sentence(told.ranked, 2)
    assert "of the draws, number 3 in" in next_sentence(told.ranked, 2)
    assert next_sentence(told.ranked, 3).startswith("3 actions are known")


def test_without_scores_nothing_compares() -> None:
    """Orders by exposure are not told; nor are actions where there are none."""
    blind = found(None, None)
    assert compared_sentence(blind.compared).startswith("Without a score")
    assert score_sentence(blind.risk).endswith("which is not zero.")
    empty = found()
    assert empty.ranked.empty
    assert empty.listed.empty
    assert empty.steps.empty
    assert compared_sentence(empty.compared).startswith("No action is known")
    assert next_sentence(empty.ranked, 5) == ""
    assert first_sentence(empty) == "No action is known that would end an open item."
    with pytest.raises(ParameterInvalid, match="action_count cannot be 0"):
        found(0.1, first=0)


def test_what_has_no_score_bounds_what_is_told() -> None:
    """One of two items at the same days: twice as much at most."""
    assert score_sentence(estate_risk(weighted(0.5, None))) == (
        "1 of 2 items (50 %) have no EPSS score. Were each as likely as the likeliest that has one, the exposure would "
        "be larger, up to 2.0 times what is told: shares of it speak of what has a score alone."
    )
    assert score_sentence(estate_risk(weighted(0.5))) == "Every item has an EPSS score."
    assert score_sentence(estate_risk(weighted())) == "No item is known to be open."


def test_items_of_which_no_curve_tells_are_said() -> None:
    """One of two has a patch of a severity that was followed; where all have, nothing is to be said."""
    frame = items({}, {"asset_id": "i-2", "patch_severity": None})
    told = [
        curve_sentence(estate_risk(with_exposure(each, curve((200.0, 0.0)), ExposureAssumptions())))
        for each in (frame, frame.head(1))
    ]
    assert told[0].startswith("1 of 2 items (50 %) have no curve")
    assert told[1] == ""


def test_absolute_risk_is_told_only_by_somebody_s_priors() -> None:
    """Without them all is relative; with them it is a range, in the words of who answers."""
    frame = weighted(0.5, 0.5)
    assert absolute_sentence(frame, None, 30).startswith("No priors are given")
    figure = Figure(value=0.5, unit="share", low=0.1, high=1.0, source="tests")
    priors = Priors(
        title="t", owner="security", source="tests", read_date=date(2026, 11, 2), success=figure,
        reach=dict.fromkeys(("internet", "no_way_found", "not_known"), figure),
    )  # fmt: skip
    assert absolute_sentence(frame, priors, 30).startswith("By the priors of security (2026-11-02)")
    dark = pd.concat([weighted(None)])
    assert "nothing bounds the upper end" in absolute_sentence(dark, priors, 30)

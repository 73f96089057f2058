"""Lag sentences count open items and name what is left out."""

import pandas as pd
import pytest

from patchlib.errors import ParameterInvalid
from patchlib.metrics import lag
from patchlib.metrics.survival import restricted_mean
from tests.metrics.published import PLACEBO
from tests.metrics.survival_data import TRIAL, arm, ask
from tests.metrics.test_waiting import PARTS


def test_slowest_is_of_the_gravest_severity_and_not_reached_is_longest() -> None:
    """A median that is not reached is longer than any number."""
    rows = pd.DataFrame(
        [("Low", "prod", 90.0), ("Critical", "dev", 12.0), ("Critical", "prod", None)],
        columns=["severity", "environment", "median_days"],
    )
    found = lag.slowest(rows, ["Critical", "Low"])
    assert found is not None
    assert (found["severity"], found["environment"]) == ("Critical", "prod")
    assert lag.slowest(rows.head(0), ["Critical"]) is None


def test_the_lag_sentence_says_not_reached() -> None:
    """Half not yet effective is an answer."""
    rows = pd.DataFrame(
        [("Critical", "prod", None, 7, 10)],
        columns=["severity", "environment", "median_days", "open_count", "episode_count"],
    )
    sentence = lag.lag_sentence(rows, PARTS, ["Critical"])
    assert sentence.startswith(
        "Critical patches stay open longest in prod: half are not yet effective (7 of 10 still open)."
    )
    assert "No patch can be timed" in lag.lag_sentence(rows.head(0), PARTS, ["Critical"])


def test_small_strata_are_left_out_of_charts_and_named() -> None:
    """A curve of three patches says nothing; where all are small all are kept."""
    counts = pd.DataFrame(
        [("released", "Critical", "prod", 40), ("released", "Low", "dev", 3)],
        columns=["clock", "severity", "environment", "episode_count"],
    )
    assert lag.well_counted(counts, counts, fewest=30)["severity"].tolist() == ["Critical"]
    assert lag.left_out_sentence(counts, fewest=30) == (
        " Not drawn, with fewer than 30 timed patches each: Low in dev."
    )
    assert len(lag.well_counted(counts, counts, fewest=99)) == 2
    assert lag.left_out_sentence(counts, fewest=99) == lag.left_out_sentence(counts, fewest=1) == ""


def test_a_clock_is_one_of_three() -> None:
    """Rows of one clock; another word is refused with those there are."""
    rows = pd.DataFrame({"clock": ["approved", "released"], "day": [1, 2]})
    assert lag.on_clock(rows, "released")["day"].tolist() == [2]
    with pytest.raises(ParameterInvalid, match="no clock 'seen'"):
        lag.on_clock(rows, "seen")


def test_the_slowest_stratum_of_all_is_named() -> None:
    """The finding answers the question the chart asks."""
    lags = lag.summary(ask("lag/quantiles", TRIAL), ask("lag/survival", TRIAL), tau_days=35)
    assert lag.median_sentence(lags).startswith("Slowest is Critical in 6-MP: 23 days. For Critical in 6-MP")
    assert lag.median_sentence(lags.head(0)) == "No patch that can be timed is effective yet."


def test_the_closed_only_median_is_shown_with_what_it_leaves_out() -> None:
    """Closed items alone are set against all items, where they are furthest apart."""
    lags = lag.summary(ask("lag/quantiles", TRIAL), ask("lag/survival", TRIAL), tau_days=35)
    assert lag.closed_only_sentence(lags) == (
        "For Critical in 6-MP the median of closed items alone says 10 days; with open items counted it is 23."
    )
    slow = arm("5 9 90+ 90+ 90+", "slow")
    assert lag.closed_only_sentence(ask("lag/quantiles", slow)).endswith("counted half are not yet effective.")
    assert lag.closed_only_sentence(lags.head(0)) == "No patch that can be timed is effective yet."


def test_the_curves_are_told_by_fastest_and_slowest() -> None:
    """The gravest severity's environments, from the fastest to the slowest, and whether they differ."""
    sentence = lag.curve_sentence(ask("lag/quantiles", TRIAL), ask("lag/cube", TRIAL), ["Critical"])
    assert sentence.startswith(
        "Half of the Critical patches are effective after 8 days in placebo, after 23 days in 6-MP. With severity"
    )
    empty = TRIAL.head(0)
    assert (
        lag.curve_sentence(ask("lag/quantiles", empty), ask("lag/cube", empty), ["Critical"])
        == "No patch can be timed."
    )


def test_environments_are_compared_in_words() -> None:
    """The verdict names its test and p-value."""
    assert lag.environment_sentence(ask("lag/cube", TRIAL)) == (
        "With severity held fixed, the environments clearly differ (log-rank test, p < 0.001)."
    )
    one = lag.environment_sentence(ask("lag/cube", arm(PLACEBO, "placebo")))
    assert one == "There are not two environments to compare."


def test_release_dates_are_told_by_platform_and_source() -> None:
    """Who tells is counted, a stand-in is called one, and a platform without any release date is named."""
    columns = ["platform", "patch_row_count", "release_known_count", "listed_release_count", "advisory_release_count",
               "stand_in_release_count", "came_with_image_count"]  # fmt: skip
    rows = pd.DataFrame(
        [("Debian", 5, 0, 0, 0, 0, 0), ("RHEL", 1005, 1003, 0, 0, 1003, 0), ("Windows", 15, 15, 12, 3, 0, 2)],
        columns=columns,
    )
    assert lag.release_sentence(rows) == (
        "A release date is known for 1,018 of 1,025 node and patch pairs (99 %): 12 told by Systems Manager, 3 by the "
        "vendor's advisory of that very version, 1,003 by AlmaLinux's in place of Red Hat's, which came no later; "
        "none for Debian. 2 came with their image and were never at risk."
    )
    more = rows.head(1).assign(platform="unknown")
    assert "; none for Debian and where the platform is unknown." in lag.release_sentence(pd.concat([rows, more]))
    assert "; none where the platform is unknown." in lag.release_sentence(more)
    assert lag.release_sentence(rows.head(1)) == (
        "A release date is known for 0 of 5 node and patch pairs (0 %); none for Debian. "
        "0 came with their image and were never at risk."
    )
    assert lag.release_sentence(rows.head(0)) == "No patch row was read."


def test_three_clocks_stand_side_by_side() -> None:
    """A row per stratum; a clock without the stratum has no median and no episodes."""
    seen = pd.concat([TRIAL, TRIAL[TRIAL["environment"] == "6-MP"].assign(clock="approved", exit_days=5.0)])
    medians = ask("lag/quantiles", seen)
    rows = lag.clock_table(medians).set_index("environment")
    assert rows["released_median_days"].to_dict() == {"6-MP": 23, "placebo": 8}
    assert rows["approved_count"].to_dict() == {"6-MP": 21, "placebo": 0}
    assert pd.isna(rows.loc["placebo", "approved_median_days"])
    said = lag.clock_sentence(medians, "approved")
    assert said.startswith("Timed patches by clock: 42 released, 21 approved, 0 first observed.")
    assert "do not compare across a row" in said
    assert said.endswith("The charts below count from the baseline's approval.")


def test_teams_are_compared_within_severity_and_environment() -> None:
    """Where environment alone makes the difference, teams that each keep one are at the common pace."""
    teams = TRIAL.assign(owner=TRIAL["environment"].map({"6-MP": "slow ground", "placebo": "fast ground"}))
    grounds = pd.DataFrame({"owner": ["slow ground", "fast ground"], "known_node_count": [5, 21]})
    compared = lag.comparison(ask("lag/cube", teams), grounds, fewest=20)
    found = compared.set_index("name")["pace_ratio"]
    assert found[["slow ground", "fast ground"]].tolist() == pytest.approx([1.0, 1.0])
    assert found["6-MP"] < 0.5 < found["placebo"]
    mixed = TRIAL.assign(owner=TRIAL["environment"], environment="all")
    owners = grounds.assign(owner=["6-MP", "placebo"])
    assert lag.comparison_sentence(lag.comparison(ask("lag/cube", mixed), owners, fewest=20)) == (
        "Against the same severities and environments 6-MP closed 47 % of what was to be expected at the pace of all, "
        "placebo 195 %."
    )


def test_too_few_patches_or_nodes_have_no_pace() -> None:
    """A team of one node is listed last, with what it closed and without a pace; so is all of a small cube."""
    mixed = ask("lag/cube", TRIAL.assign(owner=TRIAL["environment"], environment="all"))
    owners = pd.DataFrame({"owner": ["6-MP", "placebo"], "known_node_count": [1, 21]})
    compared = lag.comparison(mixed, owners, fewest=20)
    teams = compared[compared["compared"] == "team"].set_index("name")
    assert teams["pace_ratio"].isna().to_dict() == {"placebo": False, "6-MP": True}
    assert list(teams.index) == ["placebo", "6-MP"]
    assert teams.loc["6-MP", "episode_count"] == 21
    assert lag.comparison_sentence(compared) == "There are not two teams to compare."
    assert lag.comparison(mixed, owners, fewest=43)["pace_ratio"].isna().all()


def test_the_rows_behind_the_slowest_are_of_its_stratum() -> None:
    """Severity and environment of the longest median."""
    oldest = pd.DataFrame(
        [("Critical", "placebo", "i-1"), ("Critical", "6-MP", "i-2")], columns=["severity", "environment", "node_id"]
    )
    assert lag.rows_behind(oldest, ask("lag/quantiles", TRIAL), ["Critical"])["node_id"].tolist() == ["i-2"]
    assert lag.rows_behind(oldest, ask("lag/quantiles", TRIAL.head(0)), ["Critical"]).empty


def test_empty_curves_have_empty_statistics() -> None:
    """No episode gives no rows, not an error."""
    survival = ask("lag/survival", TRIAL.head(0))
    assert restricted_mean(survival, tau_days=30).empty
    assert lag.summary(ask("lag/quantiles", TRIAL.head(0)), survival, tau_days=30).empty
    assert lag.environment_sentence(ask("lag/cube", TRIAL.head(0))) == "There are not two environments to compare."

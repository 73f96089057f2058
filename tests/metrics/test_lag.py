"""Survival statistics equal published results and a second implementation."""

import math
from datetime import datetime

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight, survdiff

from patchlib.metrics import lag
from patchlib.queries import compose, load

AS_OF = datetime(2026, 11, 2, 6)  # noqa: DTZ001 - the store is naive UTC

# Freireich et al., Blood 21 (1963) 699-716: weeks of remission; a plus sign is censored.
MERCAPTOPURINE = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"


def arm(times: str, environment: str, severity: str = "Critical") -> pd.DataFrame:
    """Episodes of one published arm, all under care from day 0."""
    marks = times.split()
    return pd.DataFrame(
        {
            "severity": severity,
            "environment": environment,
            "entry_days": 0,
            "exit_days": [int(mark.rstrip("+")) for mark in marks],
            "is_event": [not mark.endswith("+") for mark in marks],
        }
    )


TRIAL = pd.concat([arm(MERCAPTOPURINE, "6-MP"), arm(PLACEBO, "placebo")], ignore_index=True)


def ask(name: str, episodes: pd.DataFrame) -> pd.DataFrame:
    """A query of lag/ over given episodes instead of lag/episode."""
    connection = duckdb.connect()
    connection.register("given_rows", episodes)
    connection.execute("create table lag_episode as select * from given_rows")
    query = load(name)
    sql = compose(query, given=frozenset({"lag/episode"}))
    return connection.execute(sql, {"as_of": AS_OF} if "$as_of" in sql else {}).df()


def test_survival_equals_the_published_6_mp_curve() -> None:
    """The SQL curve is Freireich's, to four digits."""
    curve = ask("lag/survival", arm(MERCAPTOPURINE, "6-MP"))
    falls = curve[curve["event_count"] > 0].set_index("day")["survival_share"].round(4)
    assert falls.to_dict() == {6: 0.8571, 7: 0.8067, 10: 0.7529, 13: 0.6902, 16: 0.6275, 22: 0.5378, 23: 0.4482}


def test_quantiles_equal_the_published_medians() -> None:
    """Median remission is 23 weeks under 6-MP and 8 under placebo; a tenth is never reached under 6-MP."""
    rows = ask("lag/quantiles", TRIAL).set_index("environment")
    assert rows["median_days"].to_dict() == {"6-MP": 23, "placebo": 8}
    assert pd.isna(rows.loc["6-MP", "p90_days"])
    assert rows.loc["placebo", "closed_mean_days"] == pytest.approx(8.666667)
    assert rows["open_count"].to_dict() == {"6-MP": 12, "placebo": 0}


def test_restricted_mean_equals_the_published_area() -> None:
    """RMST to 35 weeks under 6-MP is 23.287395; under placebo it is the plain mean."""
    means = lag.restricted_mean(ask("lag/survival", TRIAL), tau_days=35).set_index("environment")
    assert means["restricted_mean_days"].to_dict() == pytest.approx({"6-MP": 23.287395, "placebo": 8.666667})


def test_restricted_mean_beyond_the_data_is_unknown() -> None:
    """What nobody watched is not extrapolated."""
    means = lag.restricted_mean(ask("lag/survival", arm(MERCAPTOPURINE, "6-MP")), tau_days=36)
    assert means["restricted_mean_days"].isna().all()


def test_restricted_mean_within_the_first_step_is_tau() -> None:
    """Before the first event everything is open."""
    means = lag.restricted_mean(ask("lag/survival", arm(MERCAPTOPURINE, "6-MP")), tau_days=5)
    assert means["restricted_mean_days"].tolist() == [5.0]


def test_log_rank_equals_the_published_statistic() -> None:
    """6-MP against placebo: chi-squared 16.792941 on one degree of freedom."""
    test = lag.log_rank(ask("lag/cube", TRIAL), "environment")
    assert test.statistic == pytest.approx(16.792941, abs=1e-6)
    assert test.degrees == 1
    assert test.p_value == pytest.approx(4.168809e-05, rel=1e-5)


def test_one_group_cannot_be_compared() -> None:
    """Without a second group there is no statistic."""
    test = lag.log_rank(ask("lag/cube", arm(PLACEBO, "placebo")), "environment")
    assert math.isnan(test.statistic)
    assert test.degrees == 0


def test_a_share_of_zero_stays_zero() -> None:
    """When the last item at risk ends, the curve ends at 0 with no standard error."""
    last = ask("lag/survival", arm(PLACEBO, "placebo")).iloc[-1]
    assert last["survival_share"] == 0
    assert pd.isna(last["survival_error"])


EPISODES = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 20), st.booleans()), min_size=2, max_size=60).filter(
    lambda rows: any(event for _, _, event in rows)
)


def frame(rows: list[tuple[int, int, bool]], environment: str = "production") -> pd.DataFrame:
    """Episodes from (entry, days at risk, effective)."""
    return pd.DataFrame(
        {
            "severity": "Critical",
            "environment": environment,
            "entry_days": [entry for entry, _, _ in rows],
            "exit_days": [entry + span for entry, span, _ in rows],
            "is_event": [event for _, _, event in rows],
        }
    )


@settings(max_examples=40, deadline=None, derandomize=True)
@given(rows=EPISODES)
def test_survival_equals_statsmodels_with_delayed_entry(rows: list[tuple[int, int, bool]]) -> None:
    """Shares, risk sets and Greenwood errors equal an independent implementation on any data."""
    episodes = frame(rows)
    curve = ask("lag/survival", episodes)
    falls = curve[curve["event_count"] > 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        theirs = SurvfuncRight(episodes["exit_days"], episodes["is_event"].astype(int), entry=episodes["entry_days"])
    at = np.isin(theirs.surv_times, falls["day"])
    assert np.allclose(falls["survival_share"], theirs.surv_prob[at], atol=1e-9)
    assert np.array_equal(falls["at_risk_count"], theirs.n_risk[at])
    alive = falls["survival_share"].to_numpy() > 0
    assert np.allclose(falls["survival_error"].to_numpy(float)[alive], theirs.surv_prob_se[at][alive], atol=1e-9)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(groups=st.lists(EPISODES, min_size=3, max_size=3))
def test_log_rank_equals_statsmodels_within_strata(groups: list[list[tuple[int, int, bool]]]) -> None:
    """The stratified test over three groups equals an independent implementation."""
    episodes = pd.concat([frame(rows, f"group {place}") for place, rows in enumerate(groups)], ignore_index=True)
    episodes["entry_days"] = 0
    episodes["severity"] = np.where(np.arange(len(episodes)) % 2, "Critical", "Low")
    ours = lag.log_rank(ask("lag/cube", episodes), "environment", strata=["severity"])
    if ours.degrees < 2:
        return  # a group that is never at risk with another leaves their covariance singular
    statistic, p_value = survdiff(
        episodes["exit_days"], episodes["is_event"].astype(int), episodes["environment"], strata=episodes["severity"]
    )
    assert ours.statistic == pytest.approx(statistic, abs=1e-6)
    assert ours.p_value == pytest.approx(p_value, abs=1e-9)


def test_median_interval_equals_statsmodels() -> None:
    """The log-log interval of the median is Brookmeyer and Crowley's."""
    ours = lag.median_interval(ask("lag/survival", TRIAL)).set_index("environment")
    for times, environment in ((MERCAPTOPURINE, "6-MP"), (PLACEBO, "placebo")):
        rows = arm(times, environment)
        curve = SurvfuncRight(rows["exit_days"], rows["is_event"].astype(int))
        with np.errstate(divide="ignore", invalid="ignore"):
            low, high = curve.quantile_ci(0.5, method="cloglog")
        assert ours.loc[environment, "median_low_days"] == low
        assert ours.loc[environment, "median_high_days"] == high or (
            math.isinf(high) and pd.isna(ours.loc[environment, "median_high_days"])
        )


def test_the_interval_stays_within_0_and_1_and_around_the_curve() -> None:
    """Log-log intervals need no clipping; a curve that has not fallen has no width."""
    curve = lag.survival_interval(ask("lag/survival", pd.concat([TRIAL, arm("3+ 5 9", "late")], ignore_index=True)))
    known = curve.dropna(subset=["survival_low"])
    assert known["survival_low"].between(0, known["survival_share"]).all()
    assert known["survival_high"].between(known["survival_share"], 1).all()
    assert curve.loc[curve["survival_share"] == 1, ["survival_low", "survival_high"]].eq(1).all(axis=None)


def test_cubes_add_up() -> None:
    """Two stores' cubes, added, give the curve of both together."""
    both = ask("lag/cube", TRIAL.assign(environment="all"))
    apart = pd.concat([ask("lag/cube", TRIAL[TRIAL["environment"] == name].assign(environment="all"))
                       for name in ("6-MP", "placebo")])  # fmt: skip
    added = apart.groupby(["severity", "environment", "day"], as_index=False).sum()
    pd.testing.assert_frame_equal(added, both, check_dtype=False)


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


PARTS = pd.DataFrame(
    {
        "total_days": [80.0, 20.0],
        "design_days": [30.0, 10.0],
        "execution_days": [45.0, 5.0],
        "reboot_days": [5.0, 5.0],
        "unknown_approval_count": [0, 3],
    }
)


def test_the_waiting_sentence_names_the_parts_and_what_is_left_out() -> None:
    """Design and execution are shares of the open time; unknown approvals are named."""
    assert lag.waiting_sentence(PARTS) == (
        "Of their open time 40 % is before approval, 50 % after it, 10 % waiting for a reboot; "
        "of 3 patches the approval is not known."
    )
    assert lag.waiting_sentence(PARTS.head(0)) == "Where the time is lost cannot be told."


def test_the_lag_sentence_says_not_reached() -> None:
    """Half not yet effective is an answer."""
    rows = pd.DataFrame(
        [("Critical", "prod", None, 7, 10)],
        columns=["severity", "environment", "median_days", "open_count", "episode_count"],
    )
    sentence = lag.lag_sentence(rows, PARTS, ["Critical"])
    assert sentence.startswith("Of Critical patches in prod, half are not yet effective (7 of 10 still open).")
    assert "No patch can be timed" in lag.lag_sentence(rows.head(0), PARTS, ["Critical"])


def test_the_closed_only_mean_is_shown_with_what_it_leaves_out() -> None:
    """The sentence sets the closed-only mean against the mean that counts open items."""
    lags = lag.summary(ask("lag/quantiles", TRIAL), ask("lag/survival", TRIAL), tau_days=35)
    assert lag.closed_only_sentence(lags, tau_days=35) == (
        "For Critical in 6-MP the closed-only mean says 12.1 days, the mean within 35 days that counts open items 23.3."
    )
    assert "no restricted mean" in lag.closed_only_sentence(lags[lags["environment"] == "none"], tau_days=35)


def test_environments_are_compared_in_words() -> None:
    """The verdict carries statistic, degrees and p-value."""
    assert lag.environment_sentence(ask("lag/cube", TRIAL)) == (
        "With severity held fixed, environments differ (log-rank chi-squared 16.8, degrees of freedom 1, p < 0.001)."
    )
    one = lag.environment_sentence(ask("lag/cube", arm(PLACEBO, "placebo")))
    assert one == "There are not two environments to compare."


def test_release_dates_are_told_by_platform() -> None:
    """A platform without any release date is named."""
    rows = pd.DataFrame(
        [("Ubuntu", 5, 0, 0), ("Windows Server", 15, 15, 2)],
        columns=["platform", "patch_row_count", "release_known_count", "came_with_image_count"],
    )
    assert lag.release_sentence(rows) == (
        "A release date is known for 15 of 20 rows (75 %); none for Ubuntu. "
        "2 came with their image and were never at risk."
    )
    assert lag.release_sentence(rows.head(0)) == "No patch row was read."


def test_empty_curves_have_empty_statistics() -> None:
    """No episode gives no rows, not an error."""
    survival = ask("lag/survival", TRIAL.head(0))
    assert lag.median_interval(survival).empty
    assert lag.restricted_mean(survival, tau_days=30).empty
    assert lag.summary(ask("lag/quantiles", TRIAL.head(0)), survival, tau_days=30).empty
    assert lag.environment_sentence(ask("lag/cube", TRIAL.head(0))) == "There are not two environments to compare."

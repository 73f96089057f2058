"""Survival statistics equal published results and a second implementation."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight, survdiff

from patchlib.metrics import survival
from tests.metrics.survival_data import MERCAPTOPURINE, PLACEBO, TRIAL, arm, ask


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
    means = survival.restricted_mean(ask("lag/survival", TRIAL), tau_days=35).set_index("environment")
    assert means["restricted_mean_days"].to_dict() == pytest.approx({"6-MP": 23.287395, "placebo": 8.666667})


def test_restricted_mean_error_without_censoring_is_that_of_a_mean() -> None:
    """Where every lag is known, the standard error is the spread of min(lag, tau) over the root of n."""
    episodes = arm(PLACEBO, "placebo")
    curve = ask("lag/survival", episodes)
    for tau in (10, 35):
        error = survival.restricted_mean(curve, tau_days=tau)["restricted_mean_error"].item()
        cut = np.minimum(episodes["exit_days"], tau)
        assert error == pytest.approx(np.std(cut) / math.sqrt(len(cut)))


def test_restricted_mean_beyond_the_data_is_unknown() -> None:
    """What nobody watched is not extrapolated."""
    means = survival.restricted_mean(ask("lag/survival", arm(MERCAPTOPURINE, "6-MP")), tau_days=36)
    assert means["restricted_mean_days"].isna().all()


def test_restricted_mean_within_the_first_step_is_tau() -> None:
    """Before the first event everything is open."""
    means = survival.restricted_mean(ask("lag/survival", arm(MERCAPTOPURINE, "6-MP")), tau_days=5)
    assert means["restricted_mean_days"].tolist() == [5.0]


def test_log_rank_equals_the_published_statistic() -> None:
    """6-MP against placebo: chi-squared 16.792941 on one degree of freedom."""
    test = survival.log_rank(ask("lag/cube", TRIAL), "environment")
    assert test.statistic == pytest.approx(16.792941, abs=1e-6)
    assert test.degrees == 1
    assert test.p_value == pytest.approx(4.168809e-05, rel=1e-5)


def test_clocks_are_never_mixed() -> None:
    """The same episodes on two clocks would count twice."""
    cube = ask("lag/cube", TRIAL)
    with pytest.raises(ValueError, match="approved, released"):
        survival.log_rank(pd.concat([cube, cube.assign(clock="approved")]), "environment")


def test_one_group_cannot_be_compared() -> None:
    """Without a second group there is no statistic."""
    test = survival.log_rank(ask("lag/cube", arm(PLACEBO, "placebo")), "environment")
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
            "clock": "released",
            "severity": "Critical",
            "environment": environment,
            "owner": "web",
            "entry_days": [entry for entry, _, _ in rows],
            "exit_days": [entry + span for entry, span, _ in rows],
            "is_event": [event for _, _, event in rows],
            "cause": ["patched" if event else "open" for _, _, event in rows],
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
    ours = survival.log_rank(ask("lag/cube", episodes), "environment", strata=["severity"])
    if ours.degrees < 2:
        return  # a group that is never at risk with another leaves their covariance singular
    statistic, p_value = survdiff(
        episodes["exit_days"], episodes["is_event"].astype(int), episodes["environment"], strata=episodes["severity"]
    )
    assert ours.statistic == pytest.approx(statistic, abs=1e-6)
    assert ours.p_value == pytest.approx(p_value, abs=1e-9)


def test_median_interval_equals_statsmodels() -> None:
    """The log-log interval of the median is Brookmeyer and Crowley's."""
    ours = ask("lag/quantiles", TRIAL).set_index("environment")
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
    curve = ask("lag/survival", pd.concat([TRIAL, arm("3+ 5 9", "late")], ignore_index=True))
    known = curve.dropna(subset=["survival_low"])
    assert known["survival_low"].between(0, known["survival_share"]).all()
    assert known["survival_high"].between(known["survival_share"], 1).all()
    assert curve.loc[curve["survival_share"] == 1, ["survival_low", "survival_high"]].eq(1).all(axis=None)


def test_cubes_add_up() -> None:
    """Two stores' cubes, added, give the curve of both together."""
    both = ask("lag/cube", TRIAL.assign(environment="all"))
    apart = pd.concat([ask("lag/cube", TRIAL[TRIAL["environment"] == name].assign(environment="all"))
                       for name in ("6-MP", "placebo")])  # fmt: skip
    added = apart.groupby(["clock", "severity", "environment", "owner", "day"], as_index=False).sum()
    pd.testing.assert_frame_equal(added, both, check_dtype=False)


LAWS = {
    "exponential, mean 90 d": lambda dice, size: dice.exponential(90, size),
    "lognormal, median 37 d": lambda dice, size: dice.lognormal(np.log(37), 1.5, size),
    "lognormal, median 90 d": lambda dice, size: dice.lognormal(np.log(90), 1.2, size),
}


@pytest.mark.parametrize("law", LAWS)
def test_counting_open_items_removes_the_survivor_bias(law: str) -> None:
    """A year of arrivals seen on its last day: median and restricted mean are within 5 % of the truth;
    the mean over closed items is short by a quarter and more."""
    dice, size, tau = np.random.default_rng(20260), 20_000, 300
    lag = np.ceil(LAWS[law](dice, size)).astype(int)
    watched = dice.integers(1, 366, size)
    episodes = (
        arm("1", law)
        .drop(columns=["exit_days", "is_event"])
        .merge(pd.DataFrame({"exit_days": np.minimum(lag, watched), "is_event": lag <= watched}), how="cross")
    )
    seen = ask("lag/quantiles", episodes).iloc[0]
    mean = survival.restricted_mean(ask("lag/survival", episodes), tau_days=tau)["restricted_mean_days"].item()
    assert seen["median_days"] == pytest.approx(np.median(lag), rel=0.05)
    assert mean == pytest.approx(np.minimum(lag, tau).mean(), rel=0.05)
    assert seen["closed_mean_days"] < 0.75 * lag.mean()

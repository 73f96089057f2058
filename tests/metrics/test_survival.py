"""Survival statistics equal published results and a second implementation."""

import math
from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight, survdiff

from patchlib.metrics import survival
from tests.metrics.published import FLIES_CONTROL, FLIES_MIR_137, LUNG_MEN, LUNG_WOMEN, MERCAPTOPURINE, PLACEBO
from tests.metrics.survival_data import TRIAL, arm, ask, over


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


def test_the_cumulative_hazard_of_the_published_curve() -> None:
    """Nelson-Aalen from the same counts ends at .752114 under 6-MP, after 9 events in 359 weeks at risk."""
    rows = arm(MERCAPTOPURINE, "6-MP")
    curve = ask("lag/survival", rows)
    assert (curve["event_count"] / curve["at_risk_count"]).sum() == pytest.approx(0.752114, abs=5e-7)
    assert (int(curve["event_count"].sum()), int(rows["exit_days"].sum())) == (9, 359)


def test_lung_cancer_as_published() -> None:
    """228 patients, 165 deaths: median 310 days, 284 to 361 on the log-log scale; men 270, women 426, 10.3267."""
    both = pd.concat([arm(LUNG_MEN, "men"), arm(LUNG_WOMEN, "women")], ignore_index=True)
    whole = ask("lag/quantiles", both.assign(environment="all")).iloc[0]
    assert (whole["episode_count"], whole["event_count"]) == (228, 165)
    assert whole[["median_days", "median_low_days", "median_high_days"]].tolist() == [310, 284, 361]
    by_sex = ask("lag/quantiles", both).set_index("environment")["median_days"]
    assert by_sex.to_dict() == {"men": 270, "women": 426}
    assert survival.log_rank(ask("lag/cube", both), "environment").statistic == pytest.approx(10.3267, abs=5e-5)


def test_fruit_flies_as_published() -> None:
    """163 flies, 156 deaths: median 56 days, 26 and 58 by genotype; log-rank 122.249."""
    both = pd.concat([arm(FLIES_MIR_137, "miR-137"), arm(FLIES_CONTROL, "control")], ignore_index=True)
    whole = ask("lag/quantiles", both.assign(environment="all")).iloc[0]
    assert (whole["episode_count"], whole["event_count"], whole["median_days"]) == (163, 156, 56)
    groups = ask("lag/quantiles", both).set_index("environment")["median_days"]
    assert groups.to_dict() == {"miR-137": 26, "control": 58}
    assert survival.log_rank(ask("lag/cube", both), "environment").statistic == pytest.approx(122.249, abs=5e-4)


def test_clocks_are_never_mixed() -> None:
    """The same episodes on two clocks would count twice."""
    cube = ask("lag/cube", TRIAL)
    with pytest.raises(ValueError, match="approved, released"):
        survival.log_rank(pd.concat([cube, cube.assign(clock="approved")]), "environment")


def test_the_pace_of_a_group_is_the_log_rank_s_expectation() -> None:
    """6-MP: 9 relapses where 19.25 were expected; placebo 21 where 10.75 were (Freireich's data, R survdiff)."""
    found = survival.pace(ask("lag/cube", TRIAL), "environment").set_index("environment")
    assert found["event_count"].to_dict() == {"6-MP": 9, "placebo": 21}
    assert found["expected_count"].round(2).to_dict() == {"6-MP": 19.25, "placebo": 10.75}
    assert found["pace_ratio"].round(2).to_dict() == {"6-MP": 0.47, "placebo": 1.95}
    alone = survival.pace(ask("lag/cube", TRIAL), "environment", strata=["environment"])
    assert alone["pace_ratio"].tolist() == pytest.approx([1.0, 1.0])


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
    assume(ours.degrees == 2)  # a group that is never at risk with another leaves their covariance singular
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
    """Log-log intervals need no clipping; of a curve that has not fallen no width can be told."""
    curve = ask("lag/survival", pd.concat([TRIAL, arm("3+ 5 9", "late")], ignore_index=True))
    known = curve.dropna(subset=["survival_low"])
    assert known["survival_low"].between(0, known["survival_share"]).all()
    assert known["survival_high"].between(known["survival_share"], 1).all()
    assert curve.loc[curve["survival_share"] == 1, ["survival_low", "survival_high"]].isna().all(axis=None)


def test_cubes_add_up() -> None:
    """Two stores' cubes, added, give the curve of both together."""
    both = ask("lag/cube", TRIAL.assign(environment="all"))
    apart = pd.concat([ask("lag/cube", TRIAL[TRIAL["environment"] == name].assign(environment="all"))
                       for name in ("6-MP", "placebo")])  # fmt: skip
    added = apart.groupby(["clock", "severity", "environment", "owner", "day"], as_index=False).sum()
    pd.testing.assert_frame_equal(added, both, check_dtype=False)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(rows=EPISODES, cut=st.integers(0, 60), order=st.randoms(use_true_random=False))
def test_a_curve_hangs_on_its_episodes_alone(rows: list[tuple[int, int, bool]], cut: int, order: Random) -> None:
    """It falls within 0 and 1, whatever the order of rows, from cubes that were split and added, under any name."""
    curve = ask("lag/survival", frame(rows))
    shares = curve["survival_share"]
    assert shares.between(0, 1).all()
    assert (shares.diff().fillna(0) <= 1e-12).all()
    shuffled = order.sample(rows, len(rows))
    pd.testing.assert_frame_equal(ask("lag/survival", frame(shuffled)), curve)
    parts = [ask("lag/cube", frame(part)) for part in (shuffled[:cut], shuffled[cut:])]
    keys = ["clock", "severity", "environment", "owner", "day"]
    added = pd.concat(parts).groupby(keys, as_index=False).sum()
    pd.testing.assert_frame_equal(over("lag/survival", {"lag/cube": added}), curve)
    named = ask("lag/survival", frame(rows, "another name").assign(owner="somebody else"))
    pd.testing.assert_frame_equal(named.assign(environment="production"), curve)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(rows=EPISODES)
def test_without_delayed_entry_the_curve_is_the_ordinary_one(rows: list[tuple[int, int, bool]]) -> None:
    """Where all are watched from day 0, what is at risk is what has not ended before."""
    episodes = frame(rows).assign(entry_days=0)
    curve = ask("lag/survival", episodes)
    left = [int((episodes["exit_days"] >= day).sum()) for day in curve["day"]]
    assert curve["at_risk_count"].tolist() == left
    share = (1 - curve["event_count"] / curve["at_risk_count"]).cumprod()
    assert np.allclose(curve["survival_share"], share, atol=1e-12)


def _never(dice: np.random.Generator, size: int) -> np.ndarray:
    """15 % never become effective, the others after 30 days on average."""
    return np.where(dice.random(size) < 0.15, 1e6, dice.exponential(30, size))


# Lag, days of data, mean days after which a node is gone (None: never), horizon of the restricted mean, and by what
# part the mean over closed items falls short of the truth at least; where the true mean has no end, of the restricted.
LAWS = {
    "exponential, mean 20 d": (lambda dice, size: dice.exponential(20, size), 365, None, 300, 0.04),
    "exponential, mean 90 d": (lambda dice, size: dice.exponential(90, size), 365, None, 300, 0.25),
    "lognormal, median 37 d": (lambda dice, size: dice.lognormal(np.log(37), 1.5, size), 365, None, 300, 0.55),
    "lognormal, median 90 d": (lambda dice, size: dice.lognormal(np.log(90), 1.2, size), 365, None, 300, 0.55),
    "exponential 30 d, 15 % never": (_never, 365, None, 300, 0.55),
    "lognormal, 90 d of data": (lambda dice, size: dice.lognormal(np.log(37), 1.5, size), 90, None, 80, 0.75),
    "exponential, nodes gone": (lambda dice, size: dice.exponential(90, size), 365, 60, 180, 0.55),
}


@pytest.mark.parametrize("law", LAWS)
def test_counting_open_items_removes_the_survivor_bias(law: str) -> None:
    """Arrivals seen on the last day of the data: median and restricted mean are within 5 % of the truth; the mean
    over closed items is short by tens of percent, but where nearly all is closed."""
    draw, days, churn, tau, short = LAWS[law]
    dice, size = np.random.default_rng(20260), 20_000
    lag = np.ceil(draw(dice, size)).astype(int)
    watched = dice.integers(1, days + 1, size)
    if churn is not None:
        watched = np.minimum(watched, np.ceil(dice.exponential(churn, size)).astype(int))
    seen = pd.DataFrame({"exit_days": np.minimum(lag, watched), "is_event": lag <= watched})
    episodes = arm("1", law).drop(columns=["exit_days", "is_event"]).merge(seen, how="cross")
    row = ask("lag/quantiles", episodes).iloc[0]
    mean = survival.restricted_mean(ask("lag/survival", episodes), tau_days=tau)["restricted_mean_days"].item()
    assert row["median_days"] == pytest.approx(np.median(lag), rel=0.05)
    assert mean == pytest.approx(np.minimum(lag, tau).mean(), rel=0.05)
    truth = lag.mean() if lag.max() < 1e6 else np.minimum(lag, 365).mean()
    assert row["closed_mean_days"] < (1 - short) * truth

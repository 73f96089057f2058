"""Hazards against published figures and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchlib.errors import ModelError
from patchlib.models.hazard import (
    any_probability,
    daily_hazard,
    probability,
    probability_over_curve,
    probability_over_exponential,
    probability_over_uniform,
    series_probability,
)

SHARES = st.floats(0, 0.999)
DAYS = st.floats(0, 3650)


def test_a_score_over_other_times() -> None:
    """p = 0.1 within 30 days: the closed forms to the digits that were worked out by hand."""
    assert daily_hazard(0.1) == pytest.approx(0.00351202, abs=5e-9)
    assert probability(0.1, 1) == pytest.approx(0.00350586, abs=5e-9)
    assert probability(0.1, 30) == pytest.approx(0.1, abs=1e-15)
    assert probability(0.1, 90) == pytest.approx(0.271, abs=1e-12)
    assert probability(0.1, 365) == pytest.approx(0.722487, abs=5e-7)


def test_the_linear_reading_is_wrong_where_scores_are_high() -> None:
    """p = 0.9 over 90 days is 0.999; thirty-day windows at p / 30 a day would say 0.936."""
    assert probability(0.9, 90) == pytest.approx(0.999, abs=1e-12)
    linear = 1 - (1 - 0.9 / 30) ** 90
    assert linear == pytest.approx(0.936, abs=5e-4)


def test_a_group_of_vulnerabilities_is_as_published() -> None:
    """0.1, 0.2 and 0.15 make 0.388 (riskbasedprioritization.github.io, grouped EPSS)."""
    assert any_probability([0.1, 0.2, 0.15]) == pytest.approx(0.388, abs=1e-12)
    assert any_probability([]) == 0


def test_a_lag_that_varies_is_not_one_at_its_mean() -> None:
    """Uniform between 7 and 37 days, and exponential of mean 22, at p = 0.1."""
    assert probability_over_uniform(0.1, 7, 30) == pytest.approx(0.0739267, abs=5e-8)
    assert probability(0.1, 22) == pytest.approx(0.0743549, abs=5e-8)
    assert probability_over_exponential(0.1, 22) == pytest.approx(0.0717228, abs=5e-8)


@given(SHARES, DAYS, DAYS)
def test_limits_of_a_uniform_lag(share: float, start: float, width: float) -> None:
    """Without a width it is the fixed lag; it lies between the fixed lags of its ends."""
    assert probability_over_uniform(share, start, 0) == pytest.approx(probability(share, start), abs=1e-12)
    found = float(probability_over_uniform(share, start, width))
    assert float(probability(share, start)) - 1e-9 <= found <= float(probability(share, start + width)) + 1e-9


@given(st.lists(SHARES, min_size=1, max_size=20))
def test_a_series_of_days_adds_hazards(shares: list[float]) -> None:
    """Each day at its own score; equal scores are one score over as many days, and order does not matter."""
    one = [shares[0]] * len(shares)
    assert series_probability(one) == pytest.approx(float(probability(shares[0], len(shares))), abs=1e-12)
    assert series_probability(shares) == pytest.approx(series_probability(shares[::-1]), abs=1e-12)


@given(st.lists(SHARES, max_size=20), SHARES)
def test_one_more_vulnerability_never_lowers_the_chance_of_any(shares: list[float], more: float) -> None:
    """And never lifts it above certainty."""
    assert any_probability(shares) <= any_probability([*shares, more]) + 1e-12 <= 1 + 1e-9


@given(SHARES, DAYS, DAYS)
def test_risk_grows_with_time_and_with_the_score(share: float, days: float, more: float) -> None:
    """Monotone in both."""
    assert float(probability(share, days)) <= float(probability(share, days + more)) + 1e-15
    assert float(probability(share, days)) <= float(probability((1 + share) / 2, days)) + 1e-15


def test_a_curve_with_one_step_is_a_fixed_lag() -> None:
    """All fixed on day 22; at age 10 there are 12 days left; past its end nobody is open."""
    low, high = probability_over_curve(0.1, [22], [0])
    assert low == high == pytest.approx(float(probability(0.1, 22)), abs=1e-12)
    low, high = probability_over_curve(0.1, [22], [0], age_days=10)
    assert low == high == pytest.approx(float(probability(0.1, 12)), abs=1e-12)
    assert all(math.isnan(each) for each in probability_over_curve(0.1, [22], [0], age_days=22))


def test_a_curve_that_ends_open_gives_a_range() -> None:
    """Half fixed on day 10, the rest not by day 40: the others are fixed at once then, or never."""
    low, high = probability_over_curve(0.1, [10, 40], [0.5, 0.5])
    early, late = float(probability(0.1, 10)), float(probability(0.1, 40))
    assert low == pytest.approx((early + late) / 2, abs=1e-12)
    assert high == pytest.approx((early + 1) / 2, abs=1e-12)
    assert probability_over_curve(0.1, [], []) == (0.0, 1.0)


def test_a_fine_curve_tends_to_the_closed_form() -> None:
    """An exponential lag of mean 22 in steps of a hundredth of a day."""
    days = np.arange(1, 100_000) / 100
    low, high = probability_over_curve(0.1, days, np.exp(-days / 22))
    assert low == pytest.approx(float(probability_over_exponential(0.1, 22)), abs=2e-5)
    assert high == pytest.approx(low, abs=1e-12)


def test_what_is_not_known_stays_unknown() -> None:
    """A missing score is no score of 0."""
    assert np.isnan(probability([0.1, math.nan], 30)).tolist() == [False, True]
    assert math.isnan(series_probability([0.1, math.nan]))
    assert math.isnan(any_probability([0.1, math.nan]))
    assert math.isnan(float(probability_over_uniform(math.nan, 7, 30)))


def test_what_cannot_be_is_refused() -> None:
    """A certainty, and a time that is negative."""
    with pytest.raises(ModelError, match="outside 0 to below 1"):
        daily_hazard([0.2, 1.0])
    with pytest.raises(ModelError, match="days is negative"):
        probability(0.2, -1)

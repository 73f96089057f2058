"""Exposure against closed forms, and what must hold of it whatever the items are."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patchlib.errors import ModelError, ParameterInvalid
from patchlib.models.exposure import ExposureAssumptions, absolute_risk, estate_risk, with_exposure
from patchlib.models.hazard import daily_hazard, probability, probability_over_curve, probability_over_uniform
from patchlib.models.prior import Figure, Priors
from tests.models.risk_data import curve, exposed, items

SHARES = st.floats(0, 0.99)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "asset_id": st.sampled_from(["i-1", "i-2", "i-3"]),
            "cve_id": st.sampled_from([f"CVE-2026-000{n}" for n in range(1, 6)]),
        }
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda row: (row["asset_id"], row["cve_id"]),
)
SCORES = st.lists(st.none() | SHARES, min_size=5, max_size=5)


def scored(rows: list[dict[str, Any]], scores: list[float | None]) -> list[dict[str, Any]]:
    """Each vulnerability with its one score."""
    return [row | {"epss_share": scores[int(row["cve_id"][-1]) - 1]} for row in rows]


def risk(frame: pd.DataFrame) -> pd.Series[Any]:
    """The one row of all."""
    return estate_risk(frame).iloc[0]


def test_one_item_over_thirty_days_is_its_score() -> None:
    """Open for the whole horizon: any is the score itself, and so are the affected assets of one node."""
    found = risk(exposed({"epss_share": 0.1}))
    assert found["any"] == pytest.approx(0.1, abs=1e-12)
    assert found["affected"] == pytest.approx(0.1, abs=1e-12)
    assert found["exposure"] == pytest.approx(30 * float(daily_hazard(0.1)), abs=1e-12)


def test_different_vulnerabilities_are_grouped_as_published() -> None:
    """0.1, 0.2 and 0.15 on one node make 0.388; ninety days of 0.1 make 0.271."""
    shares = (0.1, 0.2, 0.15)
    rows = [{"cve_id": f"CVE-2026-000{n}", "epss_share": share} for n, share in enumerate(shares)]
    assert risk(exposed(*rows))["any"] == pytest.approx(0.388, abs=1e-12)
    assert risk(exposed(*rows))["affected"] == pytest.approx(0.388, abs=1e-12)
    assert risk(exposed({}, horizon_days=90))["any"] == pytest.approx(0.271, abs=1e-12)


def test_the_lag_is_random() -> None:
    """A uniform lag from 7 to 37 days as a curve of 3,000 steps: 0.0739, not the 0.0744 of its mean, which is 22."""
    width = 3_000
    steps = [(7 + 30 * (n + 0.5) / width, 1 - (n + 1) / width) for n in range(width)]
    found = with_exposure(items({"epss_share": 0.1}), curve(*steps), ExposureAssumptions(horizon_days=90)).iloc[0]
    assert found["activity"] == pytest.approx(0.0739267, abs=5e-8)
    assert found["activity"] == pytest.approx(float(probability_over_uniform(0.1, 7, 30)), abs=1e-8)
    assert found["activity"] < float(probability(0.1, 22)) - 4e-4
    assert found["days"] == pytest.approx(22, abs=1e-9)
    assert found["days_low"] == found["days"]


def test_an_exponential_lag_is_its_transform() -> None:
    """Mean 22 days in steps of a quarter of a day over two years: 0.0717, which is hm / (1 + hm)."""
    steps = [((n + 0.5) / 4, math.exp(-(n + 1) / 4 / 22)) for n in range(4 * 730)]
    found = with_exposure(items({"epss_share": 0.1}), curve(*steps), ExposureAssumptions(horizon_days=729)).iloc[0]
    assert found["activity"] == pytest.approx(0.0717228, abs=1e-6)


def test_a_curve_counts_from_the_age_and_ends_at_the_horizon() -> None:
    """Open for 20 days of a curve that ends at 60: what is later than 30 days from now is not looked at."""
    steps = [(10.0, 0.8), (30.0, 0.4), (60.0, 0.0)]
    rows = items({"open_days": 20.0})
    found = with_exposure(rows, curve(*steps), ExposureAssumptions(horizon_days=100)).iloc[0]
    low, high = probability_over_curve(0.1, *zip(*steps, strict=True), age_days=20)
    assert (found["activity_low"], found["activity"]) == pytest.approx((low, high), abs=1e-12)
    assert found["days"] == pytest.approx(0.5 * 10 + 0.5 * 40)
    cut = with_exposure(rows, curve(*steps), ExposureAssumptions(horizon_days=30)).iloc[0]
    assert cut["days"] == pytest.approx(0.5 * 10 + 0.5 * 30)


def test_where_the_curve_ends_there_is_a_range() -> None:
    """Half fixed on day 10, then nothing is told: the rest is fixed then, or stays open until the horizon."""
    found = with_exposure(items({}), curve((10.0, 0.5), (20.0, 0.5)), ExposureAssumptions(horizon_days=90)).iloc[0]
    assert (found["days_low"], found["days"]) == (pytest.approx(15), pytest.approx(0.5 * 10 + 0.5 * 90))
    assert 0 < found["activity_low"] < found["activity"] < 1


@pytest.mark.parametrize(
    "row",
    [
        {"patch_severity": "Low"},
        {"patch_severity": None},
        {"open_days": 50.0},
        {"open_days": 20.0},
        {"environment": None},
    ],
    ids=str,
)
def test_an_age_or_stratum_that_nobody_knows_has_the_widest_range(row: dict[str, Any]) -> None:
    """From fixed now to open until the horizon, and it says that no curve tells."""
    steps = [(10.0, 0.5), (20.0, 0.5)]
    found = with_exposure(items(row), curve(*steps), ExposureAssumptions(horizon_days=90)).iloc[0]
    assert (found["days_low"], found["days"], found["has_curve"]) == (0, 90, False)
    told = risk(with_exposure(items(row, {"asset_id": "i-2"}), curve(*steps), ExposureAssumptions()))
    assert told["no_curve_count"] == 1


def test_the_first_clock_tells_of_old_items() -> None:
    """Seen for a day and released thirty days before that: its age is 31 days by one clock, 1 by the other."""
    rows = items({"open_days": 1.0})
    rows["released_at"] = rows["first_observed_at"] - pd.Timedelta(days=30)
    steps = curve((10.0, 0.5), (41.0, 0.0))
    by_release = with_exposure(rows, steps, ExposureAssumptions()).iloc[0]
    by_sight = with_exposure(rows, steps, ExposureAssumptions(clock="first observed")).iloc[0]
    assert (by_release["days"], by_sight["days"]) == (pytest.approx(10), pytest.approx(0.5 * 9 + 0.5 * 40))


def test_what_is_not_scored_is_counted_and_bounded_never_zero() -> None:
    """It has no part in the figure, is counted, and lies between nothing and the highest score that is known."""
    found = risk(exposed({"epss_share": 0.2}, {"cve_id": "CVE-2026-0002", "epss_share": None}))
    assert (found["item_count"], found["unscored_count"]) == (2, 1)
    assert found["any"] == pytest.approx(0.2)
    assert found["any_high"] == pytest.approx(1 - 0.8 * 0.8)
    assert found["any_low"] <= found["any"]


def test_without_any_score_nothing_is_told_and_nothing_is_bounded() -> None:
    """No score, no share of a total, no bound; the days are told all the same."""
    found = risk(exposed({"epss_share": None}))
    assert found["unscored_count"] == 1
    assert math.isnan(found["exposure_share"])
    assert math.isnan(found["any_high"])
    assert math.isnan(found["affected_high"])
    assert found["asset_days"] == 30
    assert [f"{found[name]:.0f}" for name in ("any", "affected_low", "any_low")] == ["0", "0", "0"]  # and not "-0"


def test_evidence_is_a_floor_only_where_somebody_says_so() -> None:
    """A known exploited item keeps its score's hazard, or has the floor that is given, scored or not."""
    rows = items(
        {"is_known_exploited": True, "epss_share": 0.01},
        {"is_known_exploited": True, "epss_share": None, "cve_id": "CVE-2026-0002"},
        {"epss_share": 0.01, "cve_id": "CVE-2026-0003"},
        {"is_known_exploited": True, "epss_share": 0.9, "cve_id": "CVE-2026-0004"},
    )
    plain = with_exposure(rows, curve(), ExposureAssumptions())["hazard_per_day"]
    floored = with_exposure(rows, curve(), ExposureAssumptions(kev_floor_per_day=0.01))["hazard_per_day"]
    assert plain.tolist() == pytest.approx(daily_hazard([0.01, math.nan, 0.01, 0.9]).tolist(), nan_ok=True)
    assert floored.tolist() == pytest.approx([0.01, 0.01, *daily_hazard([0.01, 0.9]).tolist()])


@pytest.mark.parametrize("share", [0.95, 0.1, None], ids=str)
def test_on_one_asset_with_one_vulnerability_affected_is_any(share: float | None) -> None:
    """It is the same event, so at each end the same number: half fixed on day 1, of the rest nothing is told."""
    other = {"epss_share": 0.5, "is_suppressed": True, "cve_id": "CVE-2026-0002"}  # bounds what has no score
    found = risk(
        with_exposure(
            items({"epss_share": share}, other), curve((1.0, 0.5), (2.0, 0.5)), ExposureAssumptions(horizon_days=90)
        )
    )
    for end in ("_low", "", "_high"):
        assert found[f"affected{end}"] == pytest.approx(found[f"any{end}"], abs=1e-12), end
    assert found["affected_low"] <= found["affected"] + 1e-12 <= found["affected_high"] + 2e-12


def test_patching_almost_all_counts() -> None:
    """One vulnerability on 200 nodes, or on the last one: any is the same, affected assets are not."""
    rows = [{"asset_id": f"i-{n}"} for n in range(200)]
    every, last = risk(exposed(*rows)), risk(exposed(rows[-1]))
    assert every["any"] == pytest.approx(last["any"], abs=1e-12)
    assert every["affected"] == pytest.approx(200 * last["affected"])
    assert (every["asset_days"], last["asset_days"]) == (6000, 30)


@settings(max_examples=12)
@given(ROWS, SCORES)
def test_a_twin_adds_itself_and_leaves_any_as_it_is(rows: list[dict[str, Any]], scores: list[float | None]) -> None:
    """A node that shares all vulnerabilities of another: one asset more, its own share of affected, any unchanged."""
    told = scored(rows, scores)
    of_one = [row for row in told if row["asset_id"] == told[0]["asset_id"]]
    before, after = risk(exposed(*told)), risk(exposed(*told, *[row | {"asset_id": "i-9"} for row in of_one]))
    assert after["any"] == pytest.approx(before["any"], abs=1e-12)
    assert after["asset_count"] == before["asset_count"] + 1
    assert after["affected"] - before["affected"] == pytest.approx(risk(exposed(*of_one))["affected"], abs=1e-9)


@settings(max_examples=12)
@given(ROWS, SCORES, SHARES)
def test_one_finding_more_never_lowers_risk(
    rows: list[dict[str, Any]], scores: list[float | None], more: float
) -> None:
    """Not the figures, and not their lower ends; the upper ones too, as long as the bound is held fixed."""
    told = scored(rows, scores)
    added = [*told, {"asset_id": "i-2", "cve_id": "CVE-2026-0009", "epss_share": more}]
    fixed = ExposureAssumptions(unknown_high_share=0.99)
    before, after = (risk(with_exposure(items(*each), curve(), fixed)) for each in (told, added))
    for name in ("exposure", "affected", "any"):
        for end in ("_low", "", "_high"):
            assert after[name + end] >= before[name + end] - 1e-12, name + end


@settings(max_examples=12)
@given(ROWS, SCORES, st.randoms())
def test_order_does_not_matter(rows: list[dict[str, Any]], scores: list[float | None], random: Any) -> None:
    """The same items in another order are the same risk."""
    told = scored(rows, scores)
    shuffled = random.sample(told, len(told))
    names = ["exposure", "affected", "any", "asset_days", "unscored_count"]
    assert risk(exposed(*told))[names].tolist() == pytest.approx(risk(exposed(*shuffled))[names].tolist(), abs=1e-12)


def test_groups_share_the_total_and_suppressed_items_stand_apart() -> None:
    """Shares of environments add to one; what somebody has suppressed is counted, not summed."""
    frame = exposed(
        {"epss_share": 0.3}, {"asset_id": "i-2", "environment": "dev"}, {"asset_id": "i-3", "is_suppressed": True}
    )
    found = estate_risk(frame, ["environment"])
    assert found["environment"].tolist() == ["prod", "dev"]
    assert found["exposure_share"].sum() == pytest.approx(1)
    assert found["suppressed_count"].tolist() == [1, 0]
    assert risk(frame)["asset_count"] == 2


def test_an_empty_estate_has_no_risk() -> None:
    """No items: zero, and no share of nothing."""
    found = risk(exposed())
    assert (found["item_count"], found["exposure"], found["affected"], found["any"]) == (0, 0, 0, 0)
    assert math.isnan(found["exposure_share"])


def test_absolute_risk_is_a_range_by_the_users_priors() -> None:
    """One process, reached from the internet on one node and not on the other: closed forms at each end."""
    whole = Figure(value=0.1, unit="share", low=0.05, high=0.2, source="a test")
    one = Figure(value=1, unit="share", low=1, high=1, source="a test")
    none = Figure(value=0.5, unit="share", low=0, high=0.5, source="a test")
    priors = Priors(
        title="t", owner="o", source="s", read_date="2026-11-02", success=whole,
        reach={"internet": one, "no_way_found": none, "not_known": none},
    )  # fmt: skip
    found = absolute_risk(exposed({"is_exposed": True}, {"asset_id": "i-2"}), priors).set_index("end")
    met = -math.log(0.9)
    assert found.loc["value", "any_share"] == pytest.approx(1 - math.exp(-0.1 * met))
    assert found.loc["value", "affected_assets"] == pytest.approx(2 - math.exp(-0.1 * met) - math.exp(-0.05 * met))
    assert found.loc["high", "any_share"] == pytest.approx(1 - math.exp(-0.2 * met))
    assert found.loc["low", "any_share"] == 0


@pytest.mark.parametrize("success", [0.0, 0.2, 1.0])
def test_absolute_ends_hold_the_transform_of_a_random_time(success: float) -> None:
    """Half fixed on day 1 and the rest on day 60: its transform at the succeeding hazard lies between the ends."""
    prior = Figure(value=success, unit="share", low=success, high=success, source="a test")
    one = Figure(value=1, unit="share", low=1, high=1, source="a test")
    priors = Priors(
        title="t", owner="o", source="s", read_date="2026-11-02", success=prior,
        reach={"internet": one, "no_way_found": one, "not_known": one},
    )  # fmt: skip
    steps = curve((1.0, 0.5), (60.0, 0.0))
    exposure = with_exposure(items({"epss_share": 0.95}), steps, ExposureAssumptions(horizon_days=90))
    found = absolute_risk(exposure, priors).set_index("end")
    hazard = success * float(daily_hazard(0.95))
    exact = 1 - (math.exp(-hazard) + math.exp(-60 * hazard)) / 2
    for column in ("affected_assets", "any_share"):
        assert found.loc["low", column] <= exact + 1e-12
        assert found.loc["high", column] >= exact - 1e-12
        assert found.loc["low", column] <= found.loc["value", column] <= found.loc["high", column]
    if success in (0.0, 1.0):
        assert found["affected_assets"].tolist() == pytest.approx([exact] * 3)


def test_bad_input_is_refused() -> None:
    """A score of one, and assumptions outside their range."""
    with pytest.raises(ModelError):
        exposed({"epss_share": 1.0})
    wrong: list[dict[str, Any]] = [
        {"horizon_days": 0}, {"clock": "approved"}, {"kev_floor_per_day": 0}, {"unknown_high_share": 1},
    ]  # fmt: skip
    for each in wrong:
        with pytest.raises(ParameterInvalid, match=next(iter(each))):
            ExposureAssumptions(**each)

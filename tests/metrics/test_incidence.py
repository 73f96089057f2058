"""Cumulative incidence equals closed forms, a second implementation and Kaplan-Meier where there is one cause."""

import math

import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight

from patchlib.metrics.incidence import competing_sentence, cumulative_incidence, ended_by

CAUSES = ["patched", "terminated"]


def cube_of(days: np.ndarray, cause: np.ndarray, entry: np.ndarray | None = None) -> pd.DataFrame:
    """Rows to day counts: cause 0 is censored, 1 patched, 2 terminated."""
    entered = np.full(len(days), -1) if entry is None else entry
    ends = pd.DataFrame(
        {"day": days, "exit_count": 1, "patched_count": cause == 1, "terminated_count": cause == 2}
    ).astype({"patched_count": int, "terminated_count": int})
    rows = pd.concat([pd.DataFrame({"day": entered, "entry_count": 1}), ends]).fillna(0)
    return rows.groupby("day", as_index=False).sum().astype(int)


def drawn(size: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Lags with ties, and causes."""
    dice = np.random.default_rng(7)
    return dice.integers(1, 40, size), dice.integers(0, 3, size)


def test_competing_exponentials_equal_the_closed_form() -> None:
    """Remediation mean 40 d against scale-in mean 60 d: .595957 patched by day 120, where 1 - KM says .950."""
    a, b, grain, size = 1 / 40, 1 / 60, 1000, 10**12
    days = np.arange(1, 120 * grain + 1)
    left = size * np.exp(-(a + b) * np.concatenate(([0], days)) / grain)
    ends = -np.diff(left)
    cube = pd.DataFrame({"day": days / grain, "entry_count": 0.0, "exit_count": ends})
    cube = cube.assign(patched_count=ends * a / (a + b), terminated_count=ends * b / (a + b))
    first = pd.DataFrame({"day": [0.0], "entry_count": [size], **{name: [0.0] for name in cube.columns[2:]}})
    whole = pd.concat([first, cube])
    both = cumulative_incidence(whole, CAUSES, strata=[]).groupby("cause")["incidence_share"].last()
    alone = cumulative_incidence(whole, ["patched"], strata=[])["incidence_share"].iloc[-1]
    assert both["patched"] == pytest.approx(0.595957, abs=1e-6)
    assert alone == pytest.approx(1 - math.exp(-120 / 40), abs=1e-4)


def test_incidence_equals_a_second_implementation() -> None:
    """Shares and standard errors are those of statsmodels, ties and censoring included."""
    days, cause = drawn()
    judge = CumIncidenceRight(days, cause)
    curves = cumulative_incidence(cube_of(days, cause), CAUSES, strata=[])
    for place, name in enumerate(CAUSES):
        ours = curves[curves["cause"] == name].set_index("day")
        theirs = pd.Series(judge.cinc[place], index=judge.times).reindex(ours.index)
        errors = pd.Series(judge.cinc_se[place], index=judge.times).reindex(ours.index)
        assert np.allclose(ours["incidence_share"], theirs, atol=1e-12)
        assert np.allclose(ours["incidence_error"], errors, atol=1e-9)


def test_one_cause_with_delayed_entry_is_kaplan_meier() -> None:
    """Where nothing competes, incidence is 1 - Kaplan-Meier, its error Greenwood's."""
    days, cause = drawn()
    entry = np.where(days > 10, days % 7, -1)
    judge = SurvfuncRight(days, (cause == 1).astype(int), entry=entry)
    ours = cumulative_incidence(cube_of(days, np.where(cause == 1, 1, 0), entry), ["patched"], strata=[])
    theirs = pd.Series(1 - judge.surv_prob, index=judge.surv_times).reindex(ours["day"])
    errors = pd.Series(judge.surv_prob_se, index=judge.surv_times).reindex(ours["day"])
    assert np.allclose(ours["incidence_share"], theirs, atol=1e-12)
    assert np.allclose(ours["incidence_error"], errors, atol=1e-9)


def test_cubes_merge_by_addition() -> None:
    """Two halves laid together give the curve of the whole."""
    days, cause = drawn()
    halves = pd.concat([cube_of(days[:90], cause[:90]), cube_of(days[90:], cause[90:])])
    whole = cumulative_incidence(cube_of(days, cause), CAUSES, strata=[])
    pd.testing.assert_frame_equal(cumulative_incidence(halves, CAUSES, strata=[]), whole)


def test_strata_stay_apart() -> None:
    """Each stratum has the curve it has alone."""
    days, cause = drawn()
    one, two = cube_of(days[:90], cause[:90]), cube_of(days[90:], cause[90:])
    named = pd.concat([one.assign(severity="critical"), two.assign(severity="important")])
    curves = cumulative_incidence(named, CAUSES, strata=["severity"])
    for name, cube in (("critical", one), ("important", two)):
        part = curves[curves["severity"] == name].drop(columns="severity").reset_index(drop=True)
        pd.testing.assert_frame_equal(part, cumulative_incidence(cube, CAUSES, strata=[]))


def lag_cube(gone: int) -> pd.DataFrame:
    """A lag/cube frame of 100 episodes: 40 effective on day 10, `gone` with their node on day 20, the rest open."""
    rows = [(0.0, 100, 0, 0, 0), (10.0, 0, 40, 40, 0), (20.0, 0, gone, 0, gone), (60.0, 0, 20, 20, 0),
            (90.0, 0, 40 - gone, 0, 0)]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["day", "entry_count", "exit_count", "event_count", "gone_count"])
    return frame.assign(severity="Critical", withdrawn_count=0)


def test_ends_that_exclude_each_other_are_told_together() -> None:
    """40 and 20 of 100 are patched, 15 go: taking those as open says more were patched than were."""
    last = ended_by(lag_cube(15)).groupby("cause")["incidence_share"].last()
    assert last.to_dict() == pytest.approx({"patched": 0.60, "gone": 0.15})
    assert competing_sentence(lag_cube(15), tau_days=60) == (
        "Within 60 days 60 % are patched and 15.0 % went with their node; as if no node ever went, it would be 67 % "
        "patched."
    )
    assert "No episode is seen to end with its node" in competing_sentence(lag_cube(0), tau_days=60)
    assert competing_sentence(lag_cube(0), tau_days=5) == "Nothing that can be timed ended within 5 days."
    assert competing_sentence(lag_cube(0).head(0), tau_days=5) == "Nothing that can be timed ended within 5 days."


def test_counts_that_cannot_be_are_refused() -> None:
    """Two ends by a cause where one episode ended is no count."""
    cube = pd.DataFrame({"day": [0, 1], "entry_count": [2, 0], "exit_count": [0, 1], "patched_count": [0, 2]})
    with pytest.raises(ValueError, match="more episodes end"):
        cumulative_incidence(cube, ["patched"], strata=[])

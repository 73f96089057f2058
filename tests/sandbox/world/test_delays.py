"""Promises of the operational delay."""

import numpy as np
import pytest

from patchlib.sandbox.world.delays import CLASSES, SCALE_DAYS, SHAPE, delay_survival, draw_delays
from patchlib.sandbox.world.draws import Draws

NAMES = [str(number) for number in range(200)]


@pytest.mark.parametrize(("days", "open_share"), [(0.0, 1.0), (30.0, 0.711), (90.0, 0.5), (365.0, 0.18)])
def test_published_curve(days: float, open_share: float) -> None:
    """Half is open at 90 days, 18 % at a year (P2P volume 2); a third is closed in a month."""
    assert delay_survival(days) == pytest.approx(open_share, abs=1.5e-3)


def test_parameters_follow_from_the_two_points() -> None:
    """Shape and scale solve S(90) = .50 and S(365) = .18."""
    shape = np.log(np.log(0.18) / np.log(0.5)) / np.log(365 / 90)
    assert pytest.approx(shape, abs=1e-5) == SHAPE
    assert pytest.approx(90 / np.log(2) ** (1 / shape), abs=0.01) == SCALE_DAYS


@pytest.mark.parametrize("days", [1.0, 14.0, 90.0, 365.0, 2000.0])
def test_classes_average_to_the_curve(days: float) -> None:
    """The mean over the classes of discipline is the published curve, exactly."""
    classes = [float(delay_survival(days, 1.3, number)) for number in range(1, CLASSES + 1)]
    assert np.mean(classes) == pytest.approx(float(delay_survival(days, 1.3)), rel=1e-12)
    assert classes == sorted(classes, reverse=True)


def test_quickest_class_has_n_times_the_hazard() -> None:
    """Class n survives as S to the power n."""
    assert delay_survival(20.0, 1.0, CLASSES) == pytest.approx(float(delay_survival(20.0)) ** CLASSES)


@pytest.mark.parametrize("discipline", [1, 4, CLASSES])
def test_draws_follow_their_class(discipline: int) -> None:
    """40,000 drawn delays stay within a DKW band (alpha 1e-6) of their class's curve."""
    draws = Draws(5)
    nodes, patches = draws.keys("n", NAMES), draws.keys("p", NAMES)
    hazard = np.full(len(NAMES), 1.5)
    drawn = np.sort(draw_delays(draws, nodes, patches, hazard, np.full(len(NAMES), discipline)).ravel())
    n = len(drawn)
    exact = 1.0 - delay_survival(drawn, 1.5, discipline)
    band = np.sqrt(np.log(2 / 1e-6) / (2 * n))
    assert np.abs(exact - (np.arange(n) + 0.5) / n).max() < band + 1 / n


def test_hazards_are_proportional() -> None:
    """Twice the hazard squares the survival."""
    assert delay_survival(50.0, 2.0) == pytest.approx(float(delay_survival(50.0)) ** 2)

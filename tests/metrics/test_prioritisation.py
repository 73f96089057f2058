"""Coverage, efficiency and effort: FIRST's published counts, their identities, and no threshold across models."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchlib.errors import ParameterInvalid
from patchlib.metrics.prioritisation import Confusion, by_epss

# first.org/epss/model: scores of October 2023, third model, 139,473 vulnerabilities.
CVSS_7 = Confusion(3166, 76858, 686, 58763)
EPSS_10 = Confusion(2435, 1300, 1417, 134321)


def test_published_counts_have_their_published_shares() -> None:
    """As printed there, to a tenth of a percent; both rules are judged over the same vulnerabilities."""
    told = [
        [round(100 * (share or 0), 1) for share in (each.effort_share, each.efficiency_share, each.coverage_share)]
        for each in (CVSS_7, EPSS_10)
    ]
    assert told == [[57.4, 4.0, 82.2], [2.7, 65.2, 63.2]]
    assert CVSS_7.count == EPSS_10.count == 139_473
    assert CVSS_7.prevalence_share == EPSS_10.prevalence_share == pytest.approx(0.02762, abs=5e-6)


@given(*[st.integers(0, 10**6)] * 4)
def test_the_identities_hold(tp: int, fp: int, fn: int, tn: int) -> None:
    """Effort times efficiency is what is flagged and exploited, as is prevalence times coverage; shares are shares."""
    each = Confusion(tp, fp, fn, tn)
    shares = (each.effort_share, each.efficiency_share, each.prevalence_share, each.coverage_share)
    assert all(share is None or 0 <= share <= 1 for share in shares)
    effort, efficiency, prevalence, coverage = shares
    if None not in shares:
        assert effort * efficiency == pytest.approx(prevalence * coverage)  # type: ignore[operator]
        assert effort * efficiency / coverage == pytest.approx(prevalence) if coverage else tp == 0  # type: ignore[operator]


def _scored(*rows: tuple[float | None, bool | None, str | None]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["epss_share", "is_known_exploited", "model_version"])


def test_what_is_not_known_is_left_out() -> None:
    """A threshold is met by its own value; without a score or a catalogue nothing is counted."""
    found = by_epss(
        _scored((0.1, True, "v4"), (0.1, False, "v4"), (0.09, True, "v4"), (0.0, False, "v4"), (0.9, None, "v4"),
                (None, True, None)), 0.1,
    )  # fmt: skip
    assert found == Confusion(1, 1, 1, 1)
    assert by_epss(_scored(), 0.1).coverage_share is None


@pytest.mark.parametrize(
    ("rows", "least", "said"),
    [
        ([(0.1, True, "v3"), (0.1, True, "v4")], 0.1, "v3, v4"),
        ([(0.1, True, None)], 0.1, "none is named"),
        ([(0.1, True, "v4")], 1.1, "no EPSS score"),
    ],
)
def test_a_threshold_holds_within_one_model(
    rows: list[tuple[float, bool, str | None]], least: float, said: str
) -> None:
    """Scores of two models, or of one that nobody names, are refused."""
    with pytest.raises(ParameterInvalid, match=said):
        by_epss(_scored(*rows), least)

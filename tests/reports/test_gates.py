"""Promises of the gates."""

from __future__ import annotations

from typing import Any

import pytest

from patchlib.notebook import Coverage
from patchlib.reports.definition import ReportDefinition
from patchlib.reports.gates import check_gates
from patchlib.reports.reading import Page
from patchlib.reports.summary import FactValue
from tests.reports.sample import TAKEN_AT

BLIND = "111122223333"


def _definition(**more: Any) -> ReportDefinition:
    return ReportDefinition.model_validate({"name": "r", "title": "T", "notebooks": [{"name": "a"}], **more})


def _seen(*blind: str, taken_at: Any = TAKEN_AT) -> Coverage:
    return Coverage(9, blind, tuple(f"n ({account})" for account in blind), 10, 1, taken_at, 0.0)


def _page(value: Any) -> Page:
    return Page("a", facts=[FactValue(name="fresh_share", value=value, unit="share", definition="d")])


def test_an_unreadable_account_nobody_expected_trips() -> None:
    """An account that falls dark is named."""
    (result,) = check_gates(_definition(), _seen(BLIND), 0, [])
    assert result.is_tripped
    assert f"n ({BLIND})" in result.message


def test_an_expected_blind_account_does_not_trip() -> None:
    """Known blindness is said, and holds."""
    (result,) = check_gates(_definition(expected_blind=[BLIND]), _seen(BLIND), 0, [])
    assert (result.is_tripped, result.message) == (False, "1 unreadable account, all expected.")


def test_an_account_that_became_readable_is_said() -> None:
    """A list that is too long does no harm, but should be cut."""
    (result,) = check_gates(_definition(expected_blind=[BLIND]), _seen(), 0, [])
    assert (result.is_tripped, result.message.count(BLIND)) == (False, 1)


def test_an_empty_store_trips() -> None:
    """No snapshot is not "every account is readable"."""
    (result,) = check_gates(_definition(), _seen(taken_at=None), None, [])
    assert result.is_tripped


@pytest.mark.parametrize(("age", "trips"), [(7.9, False), (8.1, True), (None, True)])
def test_old_data_trips(age: float | None, trips: bool) -> None:
    """Data older than the limit, or of unknown age, trips where the definition watches it."""
    results = check_gates(_definition(max_data_age_days=8), _seen(), age, [])
    assert [(result.name, result.is_tripped) for result in results] == [("coverage", False), ("data age", trips)]


@pytest.mark.parametrize(
    ("value", "trips"), [(0.9, False), (0.8, False), (0.79, True), (0.99, True), (None, True), ("x", True)]
)
def test_a_fact_outside_its_limits_trips(value: Any, trips: bool) -> None:
    """Below the least, above the most, or not known."""
    gate = {"notebook": "a", "fact": "fresh_share", "at_least": 0.8, "at_most": 0.95, "reason": "Scans"}
    result = check_gates(_definition(gates=[gate]), _seen(), 0, [_page(value)])[1]
    assert result.is_tripped is trips


def test_a_limit_is_said_in_the_facts_unit() -> None:
    """The message holds value, side and limit as a reader reads them."""
    gate = {"notebook": "a", "fact": "fresh_share", "at_least": 0.8, "reason": "Scans must reach the fleet"}
    result = check_gates(_definition(gates=[gate]), _seen(), 0, [_page(0.5)])[1]
    assert result.message == "Scans must reach the fleet: 50 %, wanted at least 80."

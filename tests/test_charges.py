"""What AWS charges for being read."""

from dataclasses import replace

import pytest

from patchlib import charges
from patchlib.charges import charges_for, price
from patchlib.sources import source


def test_a_trail_is_paid_by_its_further_copies() -> None:
    """2.00 USD for 100,000 management events, the first copy free; calls that no source makes are events too."""
    found = {charge.what: charge for charge in charges_for({"ssm_patch": 149_900}, others=100)}
    assert found["CloudTrail events, first copy"].usd == 0
    further = found["CloudTrail events, each further copy"]
    assert (further.count, further.usd) == (150_000, pytest.approx(3.0))


def test_objects_cost_requests() -> None:
    """1000 GetObject at 0.0004 USD per thousand, however they are planned."""
    found = {charge.what: charge for charge in charges_for({"s3_override_object": 1000, "ssm_patch": 5})}
    assert (found["S3 requests"].count, found["S3 requests"].usd) == (1000, pytest.approx(0.0004))
    # They are events of data, not of management.
    assert (found["CloudTrail data events"].count, found["CloudTrail data events"].usd) == (1000, pytest.approx(0.001))
    assert found["CloudTrail events, first copy"].count == 5


def test_paid_calls_are_priced_or_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A paid operation whose price is on record costs it; one without costs an unknown amount, not nothing."""
    cost = replace(source("ssm_patch"), name="ce_cost", service="ce", operation="GetCostAndUsage", is_paid=True)
    other = replace(cost, name="other", service="inspector2")
    monkeypatch.setattr(charges, "source_of", {"ce_cost": cost, "other": other}.__getitem__)
    monkeypatch.setattr(charges, "is_source", lambda _name: True)
    assert charges_for({"ce_cost": 3})[0].usd == pytest.approx(0.03)
    assert charges_for({"ce_cost": 3, "other": 1})[0].usd is None
    assert charges_for({})[0].usd == 0


def test_an_unknown_charge_has_no_price() -> None:
    """A charge without a row is unknown."""
    assert price("nosuch") is None
    assert price("cost_explorer_request") == pytest.approx(0.01)

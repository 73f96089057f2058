"""The sandbox's rates."""

import pytest

from patchlib.sandbox.world.prices import rates, vcpu_count
from patchlib.sandbox.world.services import _TYPES


def test_every_type_has_every_rate_in_both_regions() -> None:
    """Each type of the fleet has one rate per usage operation; what is not published is marked."""
    found = [(rate.region, rate.instance_type, rate.operation) for rate in rates()]
    operations = ("RunInstances", "RunInstances:0010", "RunInstances:0002", "RunInstances:0800")
    expected = [(r, t, o) for r in ("us-east-1", "eu-central-1") for t in _TYPES for o in operations]
    assert sorted(found) == sorted(expected)
    assert all(rate.is_synthetic for rate in rates() if rate.region != "us-east-1")
    assert all(
        not rate.is_synthetic for rate in rates() if (rate.region, rate.operation) == ("us-east-1", "RunInstances")
    )


def test_licences_cost_something() -> None:
    """Windows and RHEL are dearer than Linux on the same type; an own licence is not."""
    by_key = {(rate.region, rate.instance_type, rate.operation): float(rate.usd_per_hour) for rate in rates()}
    for region, instance_type, _ in list(by_key):
        linux, red_hat, windows, own = (
            by_key[region, instance_type, f"RunInstances{suffix}"] for suffix in ("", ":0010", ":0002", ":0800")
        )
        assert linux == own < min(red_hat, windows)


def test_an_unknown_type_is_an_error() -> None:
    """vCPUs are looked up, never guessed."""
    assert vcpu_count("c6i.xlarge") == 4
    with pytest.raises(KeyError):
        vcpu_count("t3.none")

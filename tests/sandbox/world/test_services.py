"""Promises of placement."""

from collections import Counter

import pytest

from patchlib.sandbox.world.directory import directory
from patchlib.sandbox.world.draws import Draws
from patchlib.sandbox.world.services import PLATFORM_WEIGHTS, plan_services


@pytest.mark.parametrize("nodes", [1, 9, 60, 800, 3000])
def test_sizes_add_up(nodes: int) -> None:
    """The services of a fleet have exactly the nodes asked for."""
    assert sum(service.size for service in plan_services(Draws(7), directory(9), nodes)) == nodes


def test_platforms_keep_their_shares() -> None:
    """Each platform has its share of the nodes within two points."""
    services = plan_services(Draws(7), directory(9), 3000)
    counts = Counter[str]()
    for service in services:
        counts[service.platform.product] += service.size
    for product, weight in PLATFORM_WEIGHTS.items():
        assert counts[product] / 3000 == pytest.approx(weight, abs=0.02)


def test_suspended_account_has_no_services() -> None:
    """Nothing runs in a suspended account."""
    assert all(service.account.status == "ACTIVE" for service in plan_services(Draws(7), directory(9), 800))


def test_a_small_fleet_has_the_special_ones() -> None:
    """Sixty nodes already have hybrid nodes, an appliance, Bottlerocket and the overnight batch."""
    names = {service.name for service in plan_services(Draws(7), directory(9), 60)}
    assert {"overnight-batch", "edge-firewall", "container-host", "store-gateway"} <= names


def test_disciplines_are_shared_out() -> None:
    """Every class of discipline has its part of the machines that are patched in place."""
    counts = Counter[int]()
    for service in plan_services(Draws(7), directory(9), 3000):
        if service.kind == "standalone":
            counts[service.discipline] += service.size
    assert set(counts) == set(range(1, 9))
    assert max(counts.values()) < 1.6 * min(counts.values())

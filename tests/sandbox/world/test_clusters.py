"""Promises of the world's ECS clusters."""

import pytest

from patchlib.sandbox.organisation import Organisation
from patchlib.sandbox.world.calendars import to_datetime
from patchlib.sandbox.world.clusters import clusters, running_since

PRODUCTION, HOME = "210400173933", "eu-central-1"


@pytest.mark.parametrize("nodes", [9, 90])
def test_a_cluster_without_instances_runs_nothing(nodes: int) -> None:
    """In a small world the instances of a cluster may be missing, and then nothing runs there."""
    found = {each.name: each for each in clusters(Organisation(nodes=nodes).estate, PRODUCTION, HOME)}
    assert set(found) == {"shop", "imports", "nightly"}
    assert all(bool(each.services) == bool(each.instances) for name, each in found.items() if name != "shop")
    assert len(found["shop"].services) == 4


def test_nothing_has_started_after_the_worlds_present() -> None:
    """Nor before its service was deployed, at the first instants of the world and later."""
    world = Organisation(nodes=90)
    for days in (0, 90, 500):
        estate = world.at(to_datetime(world.estate.as_of - days * 86400)).estate
        for cluster in clusters(estate, PRODUCTION, HOME):
            for service in cluster.services:
                for number in range(service.count):
                    assert service.deployed_at <= running_since(estate, cluster, service, number) <= estate.as_of


def test_elsewhere_there_are_none() -> None:
    """In one cell of the organisation only."""
    estate = Organisation(nodes=9).estate
    assert [cell for cell in estate.directory.cells if clusters(estate, *cell)] == [(PRODUCTION, HOME)]

"""Promises of the sandbox's databases."""

from __future__ import annotations

from patchlib.sandbox.world.databases import UPGRADES, databases, deployments
from patchlib.sandbox.world.estate import Estate


def test_every_version_in_use_is_known(estate: Estate) -> None:
    """What runs has its upgrades told, none where it is the newest."""
    here = [each for cell in estate.directory.cells for each in databases(estate, *cell)]
    assert {(each.engine, each.version) for each in here} <= set(UPGRADES)
    assert len({each.arn for each in here}) == len(here) > 10


def test_a_deployment_has_its_source_beside_it(estate: Estate) -> None:
    """In the same cell."""
    found = [(cell, each) for cell in estate.directory.cells for each in deployments(estate, *cell)]
    assert len(found) == 2
    assert all((source.account_id, source.region) == cell for cell, (_, source) in found)

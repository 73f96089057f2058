"""Promises of the sandbox's environments."""

from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.platforms import BRANCHES, environments


def test_every_platform_in_use_is_a_known_branch(estate: Estate) -> None:
    """So that each environment's branch has a state."""
    found = [each for cell in estate.directory.cells for each in environments(estate, *cell)]
    assert {each.branch for each in found} <= {branch for _, branch, *_ in BRANCHES}
    assert len({each.name for each in found}) == len(found) == 6

"""Promises of what does not age: it is made once for every instant, and makes no difference to any."""

from __future__ import annotations

import pytest

from patchlib.sandbox.world.calendars import DAY, HOUR, instant
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.grounds import Grounds, by_cell

LATE = instant("2026-11-02T06:00:00Z")


def test_an_estate_on_shared_grounds_is_the_same_estate() -> None:
    """Whatever was looked at before, and later: nodes, groups and what their scans saw do not depend on it."""
    late = Estate(5, 24, 9, LATE)
    assert late.observations
    shared = Estate(5, 24, 9, LATE - 30 * DAY, late.grounds)
    alone = Estate(5, 24, 9, LATE - 30 * DAY)
    assert shared.nodes == alone.nodes
    assert shared.groups == alone.groups
    assert {node: seen.rows for node, seen in shared.observations.items()} == {
        node: seen.rows for node, seen in alone.observations.items()
    }
    assert shared.association_results == alone.association_results


def test_who_was_there_on_a_day_is_drawn_up_once() -> None:
    """Two instants of a day give the very same lists; another day gives others."""
    grounds = Grounds(5, 24, 9)
    day = grounds.nodes_on(LATE)
    assert grounds.nodes_on(LATE + 2 * HOUR) is day
    assert grounds.nodes_on(LATE + DAY) is not day
    assert day == by_cell(grounds.fleet.at(LATE // DAY * DAY + HOUR))


@pytest.mark.parametrize(("nodes", "accounts"), [(0, 9), (24, 0)])
def test_an_organisation_needs_a_node_and_an_account(nodes: int, accounts: int) -> None:
    """Fewer is a ValueError."""
    with pytest.raises(ValueError, match="needs a node and an account"):
        Grounds(1, nodes, accounts)

"""Promises of what befell the world in its last quarter: a history has something to show, and the past stays past."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from patchlib.sandbox.world.calendars import DAY, HOUR, NEVER, instant
from patchlib.sandbox.world.dynamics import Cohort
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.incidents import (
    BACKED_UP_AT,
    DENIED,
    DENIED_ACCOUNT,
    JOINED_AT,
    REBUILT_AT,
    RESTORED_AT,
    SILENT,
)
from patchlib.sandbox.world.nodes import Node
from patchlib.sandbox.world.observation import NOT_COMPLIANT, Observation
from patchlib.sandbox.world.truth import Truth, _watched_columns

MONDAY = instant("2026-11-02T06:00:00Z")


@pytest.fixture(scope="module")
def at(estate: Estate) -> Callable[[int], Estate]:
    """The world of the demo at another instant."""
    return cache(lambda as_of: Estate(7, 800, 9, as_of, estate.grounds))


def _open(world: Estate, node: Node) -> set[str]:
    rows = world.observations[node.node_id].rows
    return {row.title for row in rows if row.state in NOT_COMPLIANT}


def _installed(world: Estate, node: Node) -> set[str]:
    return {row.title for row in world.observations[node.node_id].rows if row.state == "Installed"}


def test_a_week_s_run_finds_one_account_closed(at: Callable[[int], Estate]) -> None:
    """The Monday in between is denied, those before and after are not; the nodes are there all the time."""
    inside = DENIED[0] // DAY * DAY + 2 * DAY + 6 * HOUR
    closed = [set(Truth(at(moment)).unreadable_accounts) for moment in (inside - 7 * DAY, inside, inside + 7 * DAY)]
    account = next(each for each in at(inside).directory.accounts if each.name == DENIED_ACCOUNT)
    assert closed[1] - closed[0] == {account.account_id}
    assert closed[0] == closed[2]
    assert any(node.account_id == account.account_id for node in at(inside).nodes)


def test_machines_are_built_anew(at: Callable[[int], Estate]) -> None:
    """As many nodes as before, some under another id in the same place; for an hour both are listed."""
    before, during, after = (at(REBUILT_AT + offset) for offset in (-HOUR, HOUR // 2, 2 * HOUR))
    gone, new = set(before.by_id) - set(after.by_id), set(after.by_id) - set(before.by_id)
    assert len(gone) == len(new) > 1
    assert gone | new <= set(during.by_id)
    assert {before.by_id[node].name for node in gone} == {after.by_id[node].name for node in new}


def test_a_restored_machine_lacks_again_what_it_had(at: Callable[[int], Estate]) -> None:
    """Patches that a scan before the restore shows installed are missing after it, and back at a later one."""
    before, after = at(RESTORED_AT - 6 * HOUR), at(RESTORED_AT + DAY)
    restored = [node for node in after.nodes if node.restored_at < NEVER and node.node_id in before.observations]
    again = {node.node_id: _installed(before, node) & _open(after, node) for node in restored}
    assert sum(map(bool, again.values())) > 3
    late = at(MONDAY)
    back = sum(len(titles & _installed(late, after.by_id[node_id])) for node_id, titles in again.items())
    assert back > sum(map(len, again.values())) / 2
    for node in restored:
        cohort, row = after.place[node.node_id]
        installed = cohort.installed[row][~cohort.in_image[row]]
        assert not ((installed > BACKED_UP_AT) & (installed <= RESTORED_AT)).any()


def test_some_agents_are_silent_for_a_while(at: Callable[[int], Estate]) -> None:
    """Their last scan is from before; afterwards they are scanned every day again, and no window serves them."""
    inside, later = at(SILENT[1] - 2 * DAY), at(SILENT[1] + 2 * DAY)
    silent = [node for node in inside.nodes if node.lost_at == SILENT[0]]
    assert len(silent) > 3
    for node in silent:
        assert inside.observations[node.node_id].operation.ended_at <= SILENT[0]
        assert Truth(inside).coverage_state(node) in {"stale", "not readable"}
        assert later.observations[node.node_id].operation.ended_at > SILENT[1]
        cohort, _ = inside.place[node.node_id]
        assert not len(cohort.schedules.openings)


def test_some_nodes_join_a_patch_group(at: Callable[[int], Estate]) -> None:
    """Tag and window change together; nothing is installed before."""
    before, late = at(JOINED_AT - DAY), at(MONDAY)
    joined = [node for node in late.nodes if node.grouped_at == JOINED_AT]
    assert joined
    for node in joined:
        assert before.by_id[node.node_id].tags["Patch Group"] != node.tags["Patch Group"] == node.patch_group
        cohort, row = late.place[node.node_id]
        own = cohort.own_install[row]
        assert (own[own < NEVER] > JOINED_AT).all()
    assert any((late.place[node.node_id][0].own_install[late.place[node.node_id][1]] < NEVER).any() for node in joined)


def test_what_befalls_later_is_not_known_before(at: Callable[[int], Estate]) -> None:
    """In August no node carries anything of it."""
    early = at(instant("2026-08-10T06:00:00Z"))
    assert all(node.restored_at == NEVER and not node.grouped_at and node.lost_at != SILENT[0] for node in early.nodes)


def test_the_exact_curve_knows_of_restores(at: Callable[[int], Estate]) -> None:
    """Over the restored nodes alone, closed pairs lie within five standard deviations of the sum of their chances."""
    truth = Truth(at(MONDAY))
    kept = tuple(each for each in truth._watched if each[0].nodes[each[1]].restored_at < NEVER)
    truth.__dict__["_watched"] = kept
    pairs = truth.pairs(event="installed")
    chances = np.bincount(pairs.pair, weights=pairs.chance, minlength=len(pairs.entry))
    assert not ((pairs.chance > 0) & (pairs.lag < 0)).any()
    spread = np.sqrt((chances * (1 - chances)).sum() * 3)
    assert abs(sum(map(_closed, kept)) - chances.sum()) < 5 * spread


def _closed(watched: tuple[Cohort, int, Observation]) -> int:
    """How many of a node's watched patches are effective at its last operation."""
    cohort, row, seen = watched
    columns = _watched_columns(cohort, row, seen.operation.ended_at, None)
    return int((cohort.effective[row, columns] <= seen.operation.ended_at).sum())

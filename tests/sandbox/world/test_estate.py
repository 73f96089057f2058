"""Promises of the world as a whole: the same bytes for the same arguments, and ageing without a changed past."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patchlib.sandbox.world.calendars import DAY, NEVER, instant
from patchlib.sandbox.world.estate import FIRST_AS_OF, LAST_AS_OF, Estate
from patchlib.sandbox.world.incidents import JOINED_AT, RESTORED_AT, SILENT
from patchlib.sandbox.world.observation import Row

DIGEST = """
import hashlib
from patchlib.sandbox.world.estate import Estate
world = Estate(5, 40, 9, 1793599200)
text = repr([world.nodes, world.windows, sorted(world.observations.items())])
print(hashlib.sha256(text.encode()).hexdigest())
"""


def digest(hash_seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(Path(__file__).parents[3])}
    run = subprocess.run([sys.executable, "-c", DIGEST], env=environment, capture_output=True, text=True, check=True)
    return run.stdout


def test_same_arguments_same_bytes() -> None:
    """Two processes with different hash seeds make the same world."""
    assert digest("1") == digest("4242")


def test_another_seed_is_another_world() -> None:
    """Seeds differ in ids and in what is installed."""
    first, second = Estate(1, 30, 9, LAST_AS_OF), Estate(2, 30, 9, LAST_AS_OF)
    assert not set(first.by_id) & set(second.by_id)


def in_place(world: Estate) -> dict[tuple[str, str], int]:
    """(node, patch) to install instant, of installed rows."""
    return {
        (node_id, row.title or row.kb_id): row.installed_at
        for node_id, seen in world.observations.items()
        for row in seen.rows
        if row.installed_at is not None
    }


MOMENTS = st.integers(min_value=(FIRST_AS_OF + 60 * DAY) // 3600, max_value=LAST_AS_OF // 3600).map(
    lambda hour: hour * 3600
)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 50), st.tuples(MOMENTS, MOMENTS).map(sorted))
def test_ageing_keeps_the_past(seed: int, moments: list[int]) -> None:
    """A later look finds every earlier install on the nodes that still exist and were not restored, at its instant."""
    early, late = (Estate(seed, 24, 9, moment) for moment in moments)
    before, after = in_place(early), in_place(late)
    there = {node_id for node_id, seen in late.observations.items() if seen.node.restored_at == NEVER}
    kept = {key: at for key, at in before.items() if key[0] in there}
    assert kept.items() <= after.items()
    seen_until = {node_id: seen.operation.ended_at for node_id, seen in early.observations.items()}
    for (node_id, patch), at in after.items():
        if node_id in seen_until and (node_id, patch) not in before:
            assert at > seen_until[node_id] or is_newly_listed(early, node_id, patch)


def is_newly_listed(world: Estate, node_id: str, title: str) -> bool:
    """Whether a patch was released after the node's image or its last look, so that no earlier scan could list it."""
    cohort, _ = world.place[node_id]
    column = next(i for i, p in enumerate(cohort.catalogue.patches) if title in (p.title, p.kb_id))
    return bool(cohort.catalogue.released[column] > world.observations[node_id].operation.ended_at)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 50), st.tuples(MOMENTS, MOMENTS).map(sorted))
def test_ageing_keeps_the_nodes(seed: int, moments: list[int]) -> None:
    """A single machine keeps its identity, tags and launch, incidents apart; only groups replace instances."""
    early, late = (Estate(seed, 24, 9, moment) for moment in moments)
    for node in early.nodes:
        if node.auto_scaling_group is not None or node.terminated_at < NEVER:
            continue
        now = late.by_id[node.node_id]
        if node == now:
            continue
        is_silent = SILENT[0] in (node.lost_at, now.lost_at)
        assert is_silent or now.restored_at == RESTORED_AT or now.grouped_at == JOINED_AT
        assert (now.name, now.launched_at, now.image) == (node.name, node.launched_at, node.image)


def test_rows_do_not_vanish() -> None:
    """Every Windows patch listed once stays listed: nothing drops out of the history."""
    early, late = (Estate(4, 60, 9, instant(day)) for day in ("2026-03-01", "2026-11-02"))

    def titles(rows: tuple[Row, ...]) -> set[str]:
        return {row.title for row in rows}

    for node_id, seen in early.observations.items():
        if seen.node.platform.is_windows and node_id in late.observations:
            assert titles(seen.rows) <= titles(late.observations[node_id].rows)


@pytest.mark.parametrize(
    ("nodes", "accounts", "as_of"), [(0, 9, LAST_AS_OF), (5, 0, LAST_AS_OF), (5, 9, LAST_AS_OF + 1)]
)
def test_impossible_worlds_are_refused(nodes: int, accounts: int, as_of: int) -> None:
    """No node, no account or a time outside the catalogue is a ValueError."""
    with pytest.raises(ValueError, match=r"node and an account|reach from"):
        Estate(1, nodes, accounts, as_of)


@pytest.mark.parametrize("accounts", [1, 2, 3, 9, 15])
def test_any_number_of_accounts(accounts: int) -> None:
    """A world of any number of accounts has its nodes in its own accounts."""
    world = Estate(1, 30, accounts, instant("2026-11-02"))
    assert {node.account_id for node in world.nodes} <= {a.account_id for a in world.directory.accounts}
    assert len(world.observations) > 0

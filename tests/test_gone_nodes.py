"""Nodes that went, over the demo's weeks: how their patches and services ended is what the world itself knows.

Nothing here goes through extraction or SQL: which node is known, and what its last operation saw, is asked of the world
in each of its thirteen weeks (`Organisation.truth`); what was found is read from the store that the demo made.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from patchlib import commands, paths
from patchlib.queries import run
from patchlib.rehearsal import WEEK, WEEKS
from patchlib.sandbox.organisation import Organisation
from patchlib.sandbox.world.nodes import Node
from patchlib.sandbox.world.observation import Row
from patchlib.settings import load_settings
from patchlib.store import connect

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parent.parent
OPEN = {"Missing", "Failed", "InstalledPendingReboot", "AvailableSecurityUpdate"}
Service = tuple[str, str, str, str]


@pytest.fixture(scope="module", autouse=True)
def _demo() -> None:
    """`make test-all` builds the demo first; run alone, these proofs build it."""
    if not (ROOT / paths.DEMO_STORE).exists():
        command = [sys.executable, "-m", "patchlib", "demo"]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True, env={**os.environ, "PATCHLIB_STORE": ""})


@dataclass
class Seen:
    """What thirteen weeks of looking could see of the world, as the world tells it.

    node: each node that was ever known, as it was last. open_at: patches open by its last operation that was read: a
    stopped node is known longer than Systems Manager lists it. live: nodes known in the last week.
    """

    node: dict[str, Node] = field(default_factory=dict)
    open_at: dict[str, set[str]] = field(default_factory=dict)
    live: set[str] = field(default_factory=set)

    @property
    def gone(self) -> set[str]:
        """Nodes that were known once and are not in the last week."""
        return set(self.node) - self.live


def _ref(row: Row) -> str:
    return row.kb_id if row.kb_id.startswith("KB") else row.title


@cache
def seen() -> Seen:
    """The world week by week, oldest first."""
    world = Organisation(commands.WORLD_SEED, commands.WORLD_NODES, commands.WORLD_ACCOUNTS)
    found = Seen()
    for week in range(WEEKS, -1, -1):
        truth = (world.at(world.as_of - week * WEEK) if week else world).truth
        read = truth.patch_counts()
        found.live = {node.node_id for node in truth.known_nodes}
        for node in truth.known_nodes:
            found.node[node.node_id] = node
            observation = truth.observation(node.node_id)
            if node.node_id in read and observation is not None:
                found.open_at[node.node_id] = {_ref(row) for row in observation.rows if row.state in OPEN}
    return found


@cache
def answer(name: str) -> pd.DataFrame:
    """One query of the demo's store, as of its last snapshot."""
    world_end = Organisation(commands.WORLD_SEED, 1, 9).as_of.replace(tzinfo=None)
    with connect(ROOT / paths.DEMO_STORE, read_only=True) as connection:
        return run(connection, name, as_of=world_end)


def _service(node: Node) -> Service:
    """Its Auto Scaling group, else the tags that the sandbox's settings name, else itself."""
    keys = load_settings(paths.sandbox_settings()).service_tags
    kind, name = "node", node.node_id
    if node.auto_scaling_group:
        kind, name = "auto scaling group", node.auto_scaling_group
    elif node.kind == "ec2" and all(node.tags.get(key) for key in keys):
        kind, name = "tags", ", ".join(f"{key}={node.tags[key]}" for key in keys)
    return node.account_id, node.region, kind, name


def test_the_nodes_that_went_are_those_of_the_world() -> None:
    """Hundreds, in a quarter: members of groups that scale in, and machines that were built anew."""
    clock = answer("lag/node_clock")
    assert set(clock.loc[clock["gone_at"].notna(), "node_id"]) == seen().gone
    assert len(seen().gone) > 100


def test_what_was_open_when_its_node_went_ended_with_it_and_nothing_else_did() -> None:
    """Pair by pair: not patched, not withdrawn, not open; and no such end on a node that is still there."""
    rows = answer("lag/patch_row")
    ended = rows[rows["cause"] == "node gone"]
    found = set(zip(ended["node_id"], ended["patch_ref"], strict=True))
    known = seen()
    assert found == {(node, ref) for node in known.gone for ref in known.open_at.get(node, ())}
    assert len(found) > 1000
    episodes = answer("lag/episode")
    timed = episodes[episodes["cause"] == "node gone"]
    assert set(zip(timed["node_id"], timed["patch_ref"], strict=True)) <= found
    assert not timed["is_event"].any()
    assert timed["node_id"].nunique() > 50


def test_services_end_as_their_members_did() -> None:
    """Open exactly where a member that is there has the patch open; replaced or retired only by members that left."""
    known = seen()
    live: dict[Service, set[str]] = defaultdict(set)
    still: dict[tuple[Service, str], set[str]] = defaultdict(set)
    left: dict[tuple[Service, str], set[str]] = defaultdict(set)
    for node_id, node in known.node.items():
        service = _service(node)
        is_live = node_id in known.live
        if is_live:
            live[service].add(node_id)
        for ref in known.open_at.get(node_id, ()):
            (still if is_live else left)[service, ref].add(node_id)
    items = answer("lag/service_item")
    outcomes: dict[str, int] = defaultdict(int)
    for row in items[items["item_kind"] == "patch"].to_dict("records"):
        service = (row["account_id"], row["region"], row["service_kind"], row["service_id"])
        item, outcome = (service, row["item_id"]), row["outcome"]
        outcomes[outcome] += 1
        assert (outcome == "open") == bool(still[item]), row
        assert row["left_member_count"] <= len(left[item]), row
        if outcome == "replaced":
            assert live[service], row
            assert left[item], row
        if outcome == "retired":
            assert not live[service], row
            assert left[item], row
        if not live[service] and row["left_member_count"] == row["member_count"]:
            assert outcome == "retired", row
    assert min(outcomes[name] for name in ("open", "patched", "replaced", "retired")) > 30

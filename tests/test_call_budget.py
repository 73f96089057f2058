"""What an extraction of hundreds of nodes costs, counted by the endpoint: at most a little above the APIs' floor.

The floor is computed here from the world itself and from page sizes, not from what the extraction asked.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from patchlib import paths
from patchlib.aws import Reader
from patchlib.extract import extract
from patchlib.sandbox.endpoint import Call, Endpoint
from patchlib.sandbox.inprocess import attach
from patchlib.sandbox.organisation import Organisation
from patchlib.settings import load_settings
from patchlib.snapshot import open_snapshot
from patchlib.sources import ALLOWED, HEAVY, source
from patchlib.sources.declaration import rows as rows_of
from tests import estate

# Enough that the largest cell takes a second page of its nodes (50 a page), and more than two for the slow run.
NODES = (300, pytest.param(1000, marks=pytest.mark.slow))


@pytest.fixture(scope="module", params=NODES)
def world(request: pytest.FixtureRequest) -> Organisation:
    """An organisation whose largest cell takes several pages."""
    made = Organisation(nodes=request.param)
    assert max(map(len, made.estate.by_cell.values())) > (50 if request.param < 1000 else 2 * 50)
    return made


def _served(world: Organisation, rescanned: frozenset[str] = frozenset()) -> Endpoint:
    """The world's endpoint; some nodes have been scanned again since, with the same result."""
    handlers = dict(world.handlers)
    plain = handlers["ssm", "DescribeInstancePatchStates"]

    def states(call: Call) -> dict[str, Any]:
        found = plain(call)
        for row in found["InstancePatchStates"]:
            if row["InstanceId"] in rescanned:
                row["OperationEndTime"] += timedelta(hours=1)
        return found

    handlers["ssm", "DescribeInstancePatchStates"] = states
    return Endpoint(handlers, as_of=world.as_of, organisation=world)


def _take(world: Organisation, served: Endpoint, folder: Path, base: str | None = None) -> Path:
    session = botocore.session.Session()
    session.set_credentials(f"ASIA{world.management_account_id}DEMO", "sandbox")
    attach(session, served)
    settings = load_settings(paths.sandbox_settings())
    reader = Reader(settings, ALLOWED, session=session, raw_operations=HEAVY)
    return extract(settings, folder, reader=reader, progress=estate.Told(), base=base, clock=lambda: 0.0)


def _pages(count: int, size: int) -> int:
    """Pages of a listing; an empty one costs a call too."""
    return max(1, math.ceil(count / size))


def _readable(world: Organisation) -> list[tuple[str, str]]:
    directory = world.estate.directory
    return [cell for cell in directory.cells if directory.can_read(*cell, "ec2")]


def _node_floor(world: Organisation, asked: Iterable[str]) -> Counter[str]:
    """Calls that the nodes of the world cost at least, by operation; details of the nodes asked only."""
    floor: Counter[str] = Counter()
    estate_, observed = world.estate, world.estate.observations
    for cell in _readable(world):
        nodes = estate_.by_cell.get(cell, [])
        floor["DescribeInstances"] += _pages(sum(node.kind == "ec2" for node in nodes), 1000)
        if not estate_.directory.can_read(*cell, "ssm"):
            floor["DescribeInstanceInformation"] += 1  # the refusal
            continue
        managed = [node for node in nodes if node.is_listed(estate_.as_of)]
        floor["DescribeInstanceInformation"] += _pages(len(managed), 50)
        floor["DescribeInstancePatchStates"] += math.ceil(len(managed) / 50)
    for node_id in asked:
        if (node := observed[node_id].node) and estate_.directory.can_read(node.account_id, node.region, "ssm"):
            is_listed = node.is_listed(estate_.as_of)
            floor["DescribeInstancePatches"] += _pages(len(observed[node_id].rows), 50) if is_listed else 0
    floor.setdefault("DescribeInstancePatches", 0)
    return floor


def _listing_floor(folder: Path, nodes: Counter[str]) -> int:
    """What all other listings cost at least: of each, the rows that came over the page size that its API allows."""
    floor = 0
    counted: Counter[tuple[str, ...]] = Counter()
    sizes: dict[tuple[str, ...], int] = {}
    for page in estate.walk(folder):
        of = source(page.source)
        if of.operation in nodes:
            continue
        steering = {"NextToken", "nextToken", "Marker", "StartingToken"}
        asked = str(sorted((name, str(value)) for name, value in page.request.items() if name not in steering))
        key = (page.account_id, page.region, page.source, asked)
        counted[key] += len(rows_of(of, page.response))
        sizes[key] = of.page_size or 10**9
    floor += sum(_pages(count, sizes[key]) for key, count in counted.items())
    # A refusal costs its one call; so does finding out that nobody may be the reader.
    failed = [cell for cell in open_snapshot(folder).cells if cell.error_code is not None and cell.calls == 1]
    # Without a role nothing is asked of the service itself.
    return floor + sum(cell.operation not in nodes and cell.state != "role_missing" for cell in failed)


def _spent(served: Endpoint) -> int:
    """Calls of operations, the credentials apart."""
    return sum(count for cell, count in served.requests.counts.items() if cell.operation != "AssumeRole")


@pytest.fixture(scope="module")
def first(world: Organisation, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Endpoint]:
    """A first run: its snapshot, and the endpoint that counted it."""
    served = _served(world)
    return _take(world, served, tmp_path_factory.mktemp("first")), served


def test_a_first_run_costs_what_the_apis_allow_at_least(world: Organisation, first: tuple[Path, Endpoint]) -> None:
    """Operation by operation where nodes are asked, and within 5 % of the floor in all."""
    folder, served = first
    floor = _node_floor(world, world.estate.observations)
    assert {operation: served.requests.count(operation) for operation in floor} == dict(floor)
    total = floor.total() + _listing_floor(folder, floor)
    assert total <= _spent(served) <= 1.05 * total


@pytest.mark.parametrize("every", [10, 0], ids=["a tenth rescanned", "nothing changed"])
def test_a_later_run_costs_the_index_and_what_changed(
    world: Organisation, first: tuple[Path, Endpoint], every: int
) -> None:
    """A detail is asked where its node was scanned again, and nowhere else."""
    folder, served = first
    rescanned = frozenset(sorted(world.estate.observations)[::every] if every else ())
    again = _served(world, rescanned)
    later = _take(world, again, folder.parent, folder.name)
    floor = _node_floor(world, rescanned)
    assert {operation: again.requests.count(operation) for operation in floor} == dict(floor)
    total = floor.total() + _listing_floor(later, floor)
    assert total <= _spent(again) <= 1.05 * total
    # Listings that tell of no node cost the same on every run; what nodes cost is what a later run saves.
    assert sum(map(again.requests.count, floor)) < 0.4 * sum(map(served.requests.count, floor))

"""The call plan: never above what a run then needs at least, and close to what a repeated run asks."""

from dataclasses import replace
from pathlib import Path

import pytest

from patchlib.callplan import CallPlan, call_plan, makespan
from patchlib.census import take_census
from patchlib.extract import extract
from patchlib.lastrun import LastRun, open_last_run
from patchlib.sandbox.endpoint import Endpoint
from patchlib.settings import Settings
from patchlib.snapshot import open_snapshot
from patchlib.sources import NODE_LISTINGS, SOURCES, Cell
from tests import estate
from tests.test_incremental import Fleet

# Only accounts that let the reader in: a run asks nothing of the others, which no plan can know.
READABLE = Settings(accounts=(estate.MANAGEMENT, estate.MEMBER), home_region="eu-central-1", role="Reader", threads=2)


def planned(
    served: Endpoint, last: LastRun | None = None, settings: Settings = READABLE, *, is_full: bool = False
) -> CallPlan:
    """The plan over an endpoint, whose clock stands still between two runs."""
    known = last or LastRun()
    return call_plan(
        settings,
        take_census(settings, estate.reader(served, settings), known),
        known,
        now=estate.AS_OF,
        is_full=is_full,
    )


def run(served: Endpoint, folder: Path, base: str | None = None) -> str:
    """One run over an endpoint; the snapshot's id."""
    settings = READABLE
    reader = estate.reader(served, settings)
    return extract(settings, folder, reader=reader, progress=estate.Told(), base=base, clock=lambda: 0.0).name


def asked(served: Endpoint) -> int:
    """Requests that sources made: all but those for roles and for the reader's own identity."""
    return served.requests.total - served.requests.count("AssumeRole") - 1


def test_every_source_is_in_the_plan() -> None:
    """The plan follows from whatever the catalogue holds, and the settings turn on."""
    every = READABLE.model_copy(update={"config_history_days": 30})
    for settings, of in (
        (every, SOURCES),
        (READABLE, [each for each in SOURCES if not each.setting or getattr(READABLE, each.setting)]),
    ):
        rows = planned(estate.endpoint(), settings=settings).by_source()
        assert {row.source for row in rows} == {source.name for source in of}


def test_a_run_makes_at_least_the_planned_calls(tmp_path: Path) -> None:
    """The least is a floor for every source, without a last run and with one."""
    fleet = Fleet()
    first = planned(fleet.endpoint())
    snapshot = run(fleet.endpoint(), tmp_path)
    second = planned(fleet.endpoint(), open_last_run(tmp_path, snapshot))
    again = run(fleet.endpoint(), tmp_path, snapshot)
    for plan, name in ((first, snapshot), (second, again)):
        manifest = open_snapshot(tmp_path / name)
        for row in plan.by_source():
            made = sum(cell.calls for cell in manifest.cells if cell.source == row.source)
            assert made >= (row.least_calls or 0), row.source


def test_what_depends_on_another_listing_is_unknown_and_not_nothing() -> None:
    """Without a last run the patches of nodes nobody has listed cost an unknown number of calls."""
    rows = {row.source: row for row in planned(estate.endpoint(), settings=estate.SETTINGS).by_source()}
    assert (rows["ssm_patch"].least_calls, rows["ssm_patch"].planned_calls) == (None, None)
    assert rows["ssm_patch"].busiest_minutes is None
    assert rows["ssm_patch"].unknown_cells == 3 * 2
    assert rows["ec2_instance"].least_calls == 3 * 2
    # It may turn out that a cell holds no node, and then it is not asked.
    assert rows["ssm_patch_baseline"].least_calls is None


def _scanned(fleet: Fleet, *, every: bool) -> None:
    ids = [node for account in (estate.MANAGEMENT, estate.MEMBER) for region in estate.REGIONS
           for node in estate.node_ids(account, region)]  # fmt: skip
    fleet.scan(ids if every else ids[:3])


@pytest.mark.parametrize("every", [True, False])
def test_a_repeated_run_asks_what_was_planned(tmp_path: Path, every: bool) -> None:
    """Within 5 % of the request log: with every node scanned between the runs, and with as few as the time before."""
    fleet = Fleet()
    base = run(fleet.endpoint(), tmp_path)
    if not every:
        _scanned(fleet, every=False)
        base = run(fleet.endpoint(), tmp_path, base)
    _scanned(fleet, every=every)
    last = open_last_run(tmp_path, base)
    served = fleet.endpoint()
    plan = planned(estate.endpoint(), last)
    run(served, tmp_path, base)
    assert plan.calls == pytest.approx(asked(served), rel=0.05)
    assert plan.unknown_sources == 0
    assert (plan.saved("unchanged") > 0) is not every


def test_a_full_run_is_planned_as_the_first_was(tmp_path: Path) -> None:
    """--full asks what was kept: within 5 % of what the first run asked."""
    fleet = Fleet()
    served = fleet.endpoint()
    first = run(served, tmp_path)
    second = run(fleet.endpoint(), tmp_path, first)
    last = open_last_run(tmp_path, second)
    assert planned(fleet.endpoint(), last, is_full=True).calls == pytest.approx(asked(served), rel=0.05)


def test_minutes_follow_the_learned_rate(tmp_path: Path) -> None:
    """Calls of one cell go one after the other: at half the rate they take twice as long, and the cell is named."""
    snapshot = run(estate.endpoint(), tmp_path)
    last = open_last_run(tmp_path, snapshot)
    manifest = last.newest.manifest
    assert manifest is not None
    busy = Cell(estate.MEMBER, "us-east-1")

    def at(rate: float) -> CallPlan:
        cells = tuple(
            each.model_copy(update={"rate": rate if (each.account_id, each.region) == (busy.account_id, busy.region)
                                    and each.source == "ssm_patch" else None})
            for each in manifest.cells
        )  # fmt: skip
        learned = replace(last.newest, manifest=manifest.model_copy(update={"cells": cells}))
        return planned(estate.endpoint(), replace(last, chain=(learned,)))

    calls = 2 * 2  # two nodes of 60 patches, 50 a page
    slow, slower = at(1.0), at(0.5)
    for plan, rate in ((slow, 1.0), (slower, 0.5)):
        longest = plan.by_cell()[0]
        assert (longest.account_id, longest.region, longest.longest_source) == (*busy.__dict__.values(), "ssm_patch")
        assert longest.longest_source_minutes == pytest.approx(calls / rate / 60)
        assert plan.learned_calls == calls
    assert slower.by_cell()[0].minutes - slow.by_cell()[0].minutes == pytest.approx(calls / 60)
    # A learned rate never leaves the settings' bounds.
    assert max(each.rate for each in at(1e6).listings) == READABLE.rates.ceiling


def test_a_slow_answer_counts_whatever_the_rate(tmp_path: Path) -> None:
    """Where calls took half a second each, ten a second are not to be had."""
    last = open_last_run(tmp_path, run(estate.endpoint(), tmp_path))
    manifest = last.newest.manifest
    assert manifest is not None
    cells = tuple(each.model_copy(update={"seconds": each.calls / 2}) for each in manifest.cells)
    slow = replace(last.newest, manifest=manifest.model_copy(update={"cells": cells}))
    plan = planned(estate.endpoint(), replace(last, chain=(slow,)))
    assert {each.seconds / each.planned for each in plan.listings if each.planned} == {0.5}


def test_cells_go_side_by_side() -> None:
    """Four cells on two threads: the next cell begins when a thread is free."""
    assert makespan([3, 1, 1, 1], 2) == 3
    assert makespan([1, 1, 1, 3], 2) == 4
    assert makespan([5, 5], 8) == 5
    assert makespan([], 3) == 0


def test_discovery_is_planned_for_cells_that_held_no_node(tmp_path: Path) -> None:
    """Where the last run found no node, what tells of nodes only is left out, and so it goes in the run."""
    nothing = {"DescribeInstances": lambda _: {}, "DescribeInstanceInformation": lambda _: {}}
    snapshot = run(estate.endpoint(**nothing), tmp_path)
    last = open_last_run(tmp_path, snapshot)
    served = estate.endpoint(**nothing)
    plan = planned(estate.endpoint(), last)
    run(served, tmp_path, snapshot)
    assert plan.calls == pytest.approx(asked(served), rel=0.05)
    if {source.name for source in SOURCES} >= set(NODE_LISTINGS):
        assert plan.saved("absent") > 0

"""The demo's weeks: one world, seen once a week, each run on the one before, loaded as they come."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from patchlib.errors import PatchlibError
from patchlib.load import Loaded
from patchlib.metrics import trend
from patchlib.notebook import Session
from patchlib.rehearsal import WEEK, rehearse, rehearse_into
from patchlib.sandbox.organisation import Organisation
from patchlib.sandbox.world.incidents import DENIED_ACCOUNT
from patchlib.snapshot import Manifest, open_snapshot
from patchlib.store import connect

WEEKS = 3
# In the second of the weeks before it, an account's reader role was denied.
PRESENT = datetime(2026, 9, 28, 6, tzinfo=UTC)


@pytest.fixture(autouse=True, scope="module")
def _main_has_a_spec() -> None:
    """A process that is spawned looks for the spec of the main module; a shell that ran notebooks leaves none."""
    vars(sys.modules["__main__"]).setdefault("__spec__", None)


@pytest.fixture(scope="module")
def world() -> Organisation:
    """A small world with the account that was denied for a while."""
    return Organisation(seed=3, nodes=30, accounts=6, as_of=PRESENT)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where its snapshots and their store lie."""
    return tmp_path_factory.mktemp("weeks")


@pytest.fixture(scope="module")
def loaded(world: Organisation, folder: Path) -> list[Loaded]:
    """Its weeks before the present one, loaded as they came; made once."""
    return rehearse_into(folder / "demo.duckdb", world, folder / "snapshots", weeks=WEEKS)


@pytest.fixture(scope="module")
def weeks(loaded: list[Loaded], folder: Path) -> list[Path]:
    """Their snapshots."""
    return [folder / "snapshots" / each.snapshot_id for each in loaded]


@pytest.fixture(scope="module")
def manifests(weeks: list[Path]) -> list[Manifest]:
    """What each run says of itself."""
    return [open_snapshot(each) for each in weeks]


@pytest.fixture(scope="module")
def weekly(loaded: list[Loaded], folder: Path) -> Iterator[pd.DataFrame]:
    """Each node's status in each week, as the page takes it."""
    assert loaded
    with closing(Session(folder / "demo.duckdb", "", {})) as session:
        cells = session.query("compliance/trend")
        yield trend.statuses(cells, session.over("compliance/node_status", cells["taken_at"]))


def test_they_are_a_week_apart_and_end_a_week_before_the_present(manifests: list[Manifest]) -> None:
    """The present is left to the demo's own run."""
    assert [each.taken_at for each in manifests] == [PRESENT - 3 * WEEK, PRESENT - 2 * WEEK, PRESENT - WEEK]


def test_each_builds_on_the_one_before(manifests: list[Manifest]) -> None:
    """A first whole run, then a chain."""
    assert [each.base_snapshot for each in manifests] == [None, *(each.snapshot_id for each in manifests[:-1])]
    assert all(each.finished for each in manifests)


def test_they_are_not_taken_for_aws(manifests: list[Manifest]) -> None:
    """No store of a real estate would load them."""
    assert not any(each.is_aws for each in manifests)


def test_one_store_takes_them_all(manifests: list[Manifest], folder: Path) -> None:
    """Each is a snapshot of it."""
    with connect(folder / "demo.duckdb") as connection:
        rows = connection.execute("select taken_at from core.snapshot order by taken_at").fetchall()
    assert [taken for (taken,) in rows] == [each.taken_at.replace(tzinfo=None) for each in manifests]


def _denied(world: Organisation) -> str:
    return next(a.account_id for a in world.estate.directory.accounts if a.name == DENIED_ACCOUNT)


def _truth(world: Organisation, week: int) -> dict[str, str]:
    then = world.at(PRESENT - week * WEEK).truth
    excluded = {node.node_id for node in then.known_nodes if node.tags.get("Appliance") == "network-firewall"}
    # Amazon Linux 2 ended on 2026-06-30 by data/reference/os_lifecycle.csv.
    return then.compliance({"AmazonLinux2"}, excluded)


@pytest.mark.parametrize("week", [3, 1])
def test_a_week_that_was_read_is_the_world_s_own(world: Organisation, weekly: pd.DataFrame, week: int) -> None:
    """Node by node, and nothing of it is carried."""
    rows = weekly[weekly["taken_at"] == (PRESENT - week * WEEK).replace(tzinfo=None)]
    rows = rows[rows["compliance_status"].notna()]
    assert dict(zip(rows["node_id"], rows["compliance_status"], strict=True)) == _truth(world, week)
    assert not rows["carried_days"].any()


def test_the_denied_week_keeps_the_account_as_it_was_read_last(world: Organisation, weekly: pd.DataFrame) -> None:
    """Its nodes have the truth of a week before, the others that of the day: the trend is not bent."""
    rows = weekly[weekly["taken_at"] == (PRESENT - 2 * WEEK).replace(tzinfo=None)]
    rows = rows[rows["compliance_status"].notna()]
    is_denied = rows["account_id"] == _denied(world)
    old, now = _truth(world, 3), _truth(world, 2)
    assert is_denied.any()
    assert set(rows.loc[is_denied, "carried_days"]) == {7.0}
    for node_id, status in rows.loc[is_denied, ["node_id", "compliance_status"]].itertuples(index=False):
        assert status == old[node_id]
    read = rows[~is_denied]
    assert dict(zip(read["node_id"], read["compliance_status"], strict=True)) == now


def test_the_environment_is_as_before(tmp_path: Path) -> None:
    """The sandbox's caller is nobody outside: also where the weeks are left in the middle."""
    before = dict(os.environ)
    world = Organisation(seed=3, nodes=5, accounts=1)
    rehearsal = rehearse(world, tmp_path, weeks=1)
    next(rehearsal)
    assert os.environ["AWS_ACCESS_KEY_ID"] == f"ASIA{world.management_account_id}DEMO"
    rehearsal.close()  # type: ignore[attr-defined]
    assert dict(os.environ) == before


def test_a_run_that_fails_leaves_no_store(tmp_path: Path) -> None:
    """What goes wrong in the process that observes is raised where the weeks are loaded; nothing is swapped in."""
    world = Organisation(seed=3, nodes=5, accounts=1)
    (tmp_path / "no-folder").write_text("", encoding="utf-8")
    with pytest.raises(PatchlibError, match="File exists"):
        rehearse_into(tmp_path / "demo.duckdb", world, tmp_path / "no-folder", weeks=2)
    assert not (tmp_path / "demo.duckdb").exists()


def test_each_week_is_told_once(tmp_path: Path) -> None:
    """In the order in which they were observed."""
    told: list[str] = []
    world = Organisation(seed=3, nodes=5, accounts=1)
    rehearse_into(tmp_path / "demo.duckdb", world, tmp_path / "snapshots", weeks=2, told=told.append)
    assert [line.rpartition(" ")[2] for line in told] == ["20261019T060000Z", "20261026T060000Z"]

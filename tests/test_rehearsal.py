"""The demo's weeks: one world, seen once a week, each run on the one before, loaded as they come."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from patchlib.load import load_as_taken
from patchlib.rehearsal import WEEK, ahead, rehearse, rehearse_into
from patchlib.sandbox.organisation import Organisation
from patchlib.snapshot import Manifest, open_snapshot
from patchlib.store import connect

WEEKS = 2


@pytest.fixture(scope="module")
def world() -> Organisation:
    """A small world of two accounts."""
    return Organisation(seed=3, nodes=12, accounts=2)


@pytest.fixture(scope="module")
def weeks(world: Organisation, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Its weeks before the present one."""
    return list(rehearse(world, tmp_path_factory.mktemp("weeks"), weeks=WEEKS))


@pytest.fixture(scope="module")
def manifests(weeks: list[Path]) -> list[Manifest]:
    """What each run says of itself."""
    return [open_snapshot(each) for each in weeks]


def test_they_are_a_week_apart_and_end_a_week_before_the_present(
    world: Organisation, manifests: list[Manifest]
) -> None:
    """The present is left to the demo's own run."""
    assert [each.taken_at for each in manifests] == [world.as_of - 2 * WEEK, world.as_of - WEEK]


def test_each_builds_on_the_one_before(manifests: list[Manifest]) -> None:
    """A first whole run, then a chain."""
    assert [each.base_snapshot for each in manifests] == [None, manifests[0].snapshot_id]
    assert all(each.finished for each in manifests)


def test_they_are_not_taken_for_aws(manifests: list[Manifest]) -> None:
    """No store of a real estate would load them."""
    assert not any(each.is_aws for each in manifests)


def test_the_environment_is_as_before(world: Organisation, tmp_path: Path) -> None:
    """The sandbox's caller is nobody outside: also where the weeks are left in the middle."""
    before = dict(os.environ)
    rehearsal = rehearse(world, tmp_path, weeks=1)
    next(rehearsal)
    assert os.environ["AWS_ACCESS_KEY_ID"] == f"ASIA{world.management_account_id}DEMO"
    rehearsal.close()  # type: ignore[attr-defined]
    assert dict(os.environ) == before


def test_they_are_loaded_as_they_come(world: Organisation, tmp_path: Path) -> None:
    """One next store takes them all, and each is a snapshot of it."""
    store = tmp_path / "demo.duckdb"
    told: list[str] = []
    loaded = rehearse_into(store, world, tmp_path / "weeks", weeks=WEEKS, told=told.append)
    assert [each.snapshot_id for each in loaded] == sorted(path.name for path in (tmp_path / "weeks").iterdir())
    assert len(told) == WEEKS
    with connect(store) as connection:
        rows = connection.execute("select taken_at from core.snapshot order by taken_at").fetchall()
    present = world.as_of.astimezone(UTC).replace(tzinfo=None)
    assert [taken for (taken,) in rows] == [present - timedelta(days=14), present - timedelta(days=7)]


def test_a_run_that_fails_leaves_no_store(weeks: list[Path], tmp_path: Path) -> None:
    """What goes wrong while the weeks are taken is raised where they are loaded; nothing is swapped in."""

    def failing() -> Iterator[Path]:
        yield weeks[0]
        raise RuntimeError("the second week")

    with pytest.raises(RuntimeError, match="the second week"):
        load_as_taken(ahead(failing()), tmp_path / "demo.duckdb")
    assert not (tmp_path / "demo.duckdb").exists()


def test_the_next_item_is_made_while_the_last_is_used() -> None:
    """`ahead` keeps the order and ends where its items end."""
    assert list(ahead(iter([1, 2, 3]))) == [1, 2, 3]
    assert list(ahead(iter([]))) == []

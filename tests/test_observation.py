"""The observations of a snapshot: one number per unit for good, one row per unit and reading."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from patchlib.observation import load_observations
from patchlib.store import connect
from tests.estate import empty_store

DAY = datetime(2026, 11, 1)  # noqa: DTZ001
CELLS = [
    ("1", "eu", "ssm_patch", "ok", ["i-1", "i-2"]),
    ("2", "eu", "ssm_patch", "ok", ["i-1"]),
    ("1", "eu", "ssm_patch_state", "ok", None),
    ("2", "eu", "ssm_patch_state", "denied", None),
]
READ = [("1", "i-1"), ("1", "i-2"), ("1", None), ("2", "i-1")]


@pytest.fixture
def store(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    """An empty store with a manifest of two accounts, one of which refuses a listing."""
    connection = connect(empty_store(tmp_path / "empty.duckdb"), read_only=False)
    connection.execute(
        "create temp table manifest_cell (account_id varchar, region varchar, source varchar, state varchar, "
        "observed_at timestamp, read_items varchar[])"
    )
    for account_id, region, source, state, items in CELLS:
        cell = [account_id, region, source, state, DAY, items]
        connection.execute("insert into manifest_cell values (?, ?, ?, ?, ?, ?)", cell)
    return connection


def _observe(store: duckdb.DuckDBPyConnection, *names: str) -> None:
    for day, name in enumerate(names):
        load_observations(store, {"snapshot_id": name, "taken_at": DAY + timedelta(days=day)})


def _rows(store: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return store.execute(sql).fetchall()


def test_every_reading_of_a_unit_is_told_with_its_names(store: duckdb.DuckDBPyConnection) -> None:
    """core.observation shows each unit of each snapshot; what was refused is no observation."""
    _observe(store, "a", "b")
    told = "select snapshot_id, account_id, item from core.observation order by snapshot_id, account_id, item"
    assert _rows(store, told) == [(name, *unit) for name in ("a", "b") for unit in READ]
    ids = [row[0] for row in _rows(store, "select observation_id from core.observation order by 1")]
    assert ids == list(range(1, 9))


def test_a_unit_has_one_number_however_often_it_is_read(store: duckdb.DuckDBPyConnection) -> None:
    """The same item of another account is another unit, and a whole listing, which has no item, is one."""
    _observe(store, "a")
    before = _rows(store, "select * from core.unit_key order by unit_key")
    _observe(store, "b", "c")
    assert _rows(store, "select * from core.unit_key order by unit_key") == before
    assert len(before) == len(READ)


def test_a_new_unit_takes_no_number_of_another(store: duckdb.DuckDBPyConnection) -> None:
    """Numbers are never given twice: an item that comes later has the next, and the one that went keeps its own."""
    _observe(store, "a")
    store.execute("update manifest_cell set read_items = ['i-0'] where account_id = '2' and source = 'ssm_patch'")
    _observe(store, "b")
    numbered = "select item from core.unit_key where account_id = '2' order by unit_key"
    assert _rows(store, numbered) == [("i-1",), ("i-0",)]


def test_what_this_snapshot_read_lies_at_hand(store: duckdb.DuckDBPyConnection) -> None:
    """unit_read holds its observations and nobody else's, an undated answer at the instant of the snapshot."""
    store.execute("update manifest_cell set observed_at = null where source = 'ssm_patch_state'")
    _observe(store, "a", "b")
    found = _rows(store, "select observation_id, item, observed_at from unit_read order by 1")
    at = DAY + timedelta(days=1)
    assert found == [(5, "i-1", DAY), (6, "i-2", DAY), (7, None, at), (8, "i-1", DAY)]

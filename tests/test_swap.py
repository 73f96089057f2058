"""The swap: one writer, whose work is seen whole or not at all."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb
import pytest

from patchlib.errors import StoreLocked
from patchlib.store import connect
from patchlib.swap import next_store, only_writer


def _snapshots(store: Path) -> list[tuple[str]]:
    with connect(store) as connection:
        return connection.execute("select snapshot_id from core.snapshot").fetchall()


def _write(store: Path, snapshot_id: str) -> None:
    with only_writer(store), next_store(store) as connection:
        connection.execute("insert into core.snapshot (snapshot_id) values ($id)", {"id": snapshot_id})


def test_what_is_written_beside_becomes_the_store(tmp_path: Path) -> None:
    """A missing store is made; the next writer finds what stood there, and nothing else stays in the folder."""
    store = tmp_path / "made" / "store.duckdb"
    _write(store, "one")
    _write(store, "two")
    assert sorted(_snapshots(store)) == [("one",), ("two",)]
    assert {path.name for path in store.parent.iterdir()} == {"store.duckdb", "store.duckdb.lock"}


def test_a_writer_that_fails_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    """Not a byte moves, whatever had been written beside."""
    store = tmp_path / "store.duckdb"
    _write(store, "one")
    before = hashlib.sha256(store.read_bytes()).hexdigest()
    with pytest.raises(duckdb.Error), only_writer(store), next_store(store) as connection:
        connection.execute("delete from core.snapshot; select * from nothing")
    assert hashlib.sha256(store.read_bytes()).hexdigest() == before
    assert {path.name for path in tmp_path.iterdir()} == {"store.duckdb", "store.duckdb.lock"}


def test_a_reader_sees_the_old_store_until_the_swap(tmp_path: Path) -> None:
    """Who reads meanwhile reads what was; a second writer is told to wait."""
    store = tmp_path / "store.duckdb"
    _write(store, "one")
    with only_writer(store):
        with next_store(store) as connection:
            connection.execute("delete from core.snapshot")
            assert _snapshots(store) == [("one",)]
            with pytest.raises(StoreLocked, match="Wait until it ends"), only_writer(store):
                pass
        assert _snapshots(store) == []

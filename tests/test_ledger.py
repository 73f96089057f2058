"""What is held is as old as the answers it rests on, whatever the attempt that kept it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from patchlib.ledger import load_ledger
from patchlib.store import connect
from tests.estate import empty_store
from tests.handmade import writable

NOW, THEN, LONG_AGO = (datetime(2026, month, 1) for month in (11, 10, 1))  # noqa: DTZ001
CELL = "account_id, region, source, state, observed_at, read_items, kept_items"


@pytest.fixture
def store(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    """An empty store with a manifest that has no cells, and what earlier snapshots saw of two items."""
    connection = connect(empty_store(tmp_path / "empty.duckdb"), read_only=False)
    connection.execute(
        "create temp table manifest_cell (account_id varchar, region varchar, source varchar, state varchar, "
        "observed_at timestamp, read_items varchar[], kept_items varchar[], complete_to timestamp)"
    )
    writable(connection, "core.observation")
    seen = [("i-1", LONG_AGO), ("i-1", THEN), ("i-2", LONG_AGO), ("i-3", LONG_AGO)]
    for number, (item, at) in enumerate(seen):
        connection.execute(
            "insert into core.observation values (?, 'earlier', '1', 'eu', 'ssm_patch', ?, ?)", [number, item, at]
        )
    return connection


def ages(store: duckdb.DuckDBPyConnection, state: str, observed_at: datetime | None, kept: list[str] | None) -> Any:
    """The newest and the oldest answer of one row of the ledger, once it is loaded."""
    cell = ["1", "eu", "ssm_patch", state, observed_at, None, kept]
    store.execute(f"insert into manifest_cell ({CELL}) values (?, ?, ?, ?, ?, ?, ?)", cell)
    load_ledger(store, {"snapshot_id": "now", "taken_at": NOW})
    found = store.execute("select newest_answer_at, oldest_answer_at, snapshot_id from core.coverage").fetchall()
    assert [row[2] for row in found] == ["now"]
    return found[0][:2]


@pytest.mark.parametrize(
    ("state", "observed_at", "kept", "expected"),
    [
        ("ok", NOW, None, (NOW, NOW)),
        ("ok", NOW, [], (NOW, NOW)),
        ("ok", NOW, ["i-1", "i-2"], (NOW, LONG_AGO)),
        ("kept", None, ["i-1"], (THEN, THEN)),
        ("kept", None, ["i-1", "i-2"], (THEN, LONG_AGO)),
        ("kept", THEN, None, (THEN, THEN)),
        ("partial", NOW, ["i-1"], (NOW, THEN)),
        ("empty", None, [], (NOW, NOW)),
        ("absent", None, [], (None, None)),
        ("denied", NOW, None, (None, None)),
    ],
)
def test_age_is_that_of_the_answer(
    store: duckdb.DuckDBPyConnection,
    state: str,
    observed_at: datetime | None,
    kept: list[str] | None,
    expected: tuple[datetime | None, datetime | None],
) -> None:
    """A kept item counts from its own latest answer; what is refused or not asked holds nothing by this attempt."""
    assert ages(store, state, observed_at, kept) == expected


def test_an_item_of_another_place_lends_no_age(store: duckdb.DuckDBPyConnection) -> None:
    """The same id in another account is another thing."""
    store.execute("insert into core.observation values (9, 'earlier', '2', 'eu', 'ssm_patch', 'i-9', ?)", [LONG_AGO])
    assert ages(store, "kept", None, ["i-9"]) == (None, None)

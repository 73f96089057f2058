"""Checks: offending rows are found, and named with what happens next."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pandas as pd
import pytest

from patchlib import queries
from patchlib.checks import CheckResult, closing_line, raise_for_stops, run_checks
from patchlib.entities import core_entities, create_tables
from patchlib.errors import CheckFailed


@pytest.fixture(scope="module")
def empty() -> duckdb.DuckDBPyConnection:
    """An empty store."""
    connection = duckdb.connect()
    create_tables(connection)
    return connection


@pytest.fixture
def store(empty: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """The empty store, as it was again after the test."""
    empty.execute("begin")
    yield empty
    empty.execute("rollback")


def _found(store: duckdb.DuckDBPyConnection) -> dict[str, CheckResult]:
    return {result.name: result for result in run_checks(store) if result.row_count}


def test_an_empty_store_passes_every_check(store: duckdb.DuckDBPyConnection) -> None:
    """Nothing offends where nothing is."""
    assert _found(store) == {}
    raise_for_stops(run_checks(store))


def test_every_relation_is_checked_for_its_grain(store: duckdb.DuckDBPyConnection) -> None:
    """Nobody has to remember to write a uniqueness check."""
    names = {result.name for result in run_checks(store)}
    assert {f"grain {entity.table.name}" for entity in core_entities()} <= names
    assert {query.name for query in queries.list_queries("checks")} <= names


def test_of_relations_without_a_row_only_what_somebody_wrote_is_asked(store: duckdb.DuckDBPyConnection) -> None:
    """A load knows what it has left empty: nothing generated is asked of it, all else is."""
    every = {result.name for result in run_checks(store)}
    left = {result.name for result in run_checks(store, empty={"core.node", "core.person"})}
    assert every - left == {"grain core.node", "grain core.node_now", "time core.node"}


def test_two_open_rows_of_one_key_stop(store: duckdb.DuckDBPyConnection) -> None:
    """A node cannot be two things at one time."""
    store.execute(
        "insert into core.node (account_id, region, node_id, valid_from, valid_to) values "
        "('a', 'r', 'i-1', '2026-01-01', '9999-12-31'), ('a', 'r', 'i-1', '2026-01-02', '9999-12-31')"
    )
    with pytest.raises(CheckFailed, match=r"grain core\.node_now.*i-1"):
        raise_for_stops(run_checks(store), where="the store")


def test_a_time_that_ends_before_it_starts_stops(store: duckdb.DuckDBPyConnection) -> None:
    """History runs forward."""
    store.execute(
        "insert into core.node (account_id, region, node_id, valid_from, valid_to) "
        "values ('a', 'r', 'i-1', '2026-01-02', '2026-01-01')"
    )
    with pytest.raises(CheckFailed, match=r"time core\.node"):
        raise_for_stops(run_checks(store))


def test_one_name_with_two_numbers_stops(store: duckdb.DuckDBPyConnection) -> None:
    """A dimension gives each name one number, unknown parts of the name included."""
    store.execute("insert into core.patch_key (patch_key, patch_ref) values (1, 'KB1'), (2, 'KB1')")
    with pytest.raises(CheckFailed, match=r"grain core\.patch_key names"):
        raise_for_stops(run_checks(store))


def test_a_warning_does_not_stop(store: duckdb.DuckDBPyConnection) -> None:
    """What warns is counted and shown, and lets the work go on."""
    store.execute("insert into core.patch_key (patch_key, patch_ref, severity) values (1, 'KB1', 'Odd')")
    result = _found(store)["checks/unknown_severity"]
    assert (result.severity, result.row_count) == ("warn", 1)
    assert "Odd" in str(result)
    raise_for_stops(run_checks(store))
    assert closing_line(run_checks(store)).endswith("1 warn, 0 stop")


def test_a_row_is_shown_in_words() -> None:
    """What a column does not tell is no NaT, and a time without end is no year 9999."""
    row = pd.DataFrame(
        {"last": [pd.NaT], "name": [None], "valid_to": [pd.Timestamp("9999-12-31").as_unit("us")], "count": [3]}
    )
    told = str(CheckResult("checks/x", "warn", "p", 1, row))
    assert told == "warn  checks/x: p: 1 row(s), first: last not told, name not told, valid_to open, count 3"

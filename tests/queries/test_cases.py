"""Every query answers its cases: given rows and parameters, the expected rows.

A case is `tests/queries/<topic>/<query>/<case>.toml`:

    [params]                 values, instants as TOML datetimes
    [[given."core.node"]]    a row of a table; what is left out is null, history is open since 2000
    [[given."lag/episode"]]  a row of a query that the tested one builds on, in its place
    [[expect]]               a row; only the columns written are compared, in this order

A reference table, and the catalogue in core.source, hold their own facts unless the case gives
their rows. Lists and tables become JSON.
`no_rows = true` expects an empty answer.
"""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from patchlib import queries
from patchlib.reference import REFERENCE_TABLES
from tests.handmade import writable

FOLDER = Path(__file__).parent
CASES = sorted(FOLDER.glob("*/*/*.toml"))
HISTORY = {"valid_from": datetime(2000, 1, 1), "valid_to": datetime(9999, 12, 31)}  # noqa: DTZ001
REFERENCE = {table.name for table in REFERENCE_TABLES} | {"core.source"}


@pytest.fixture
def store(empty_store: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """The empty store, as it was again after the test."""
    empty_store.execute("begin")
    yield empty_store
    empty_store.execute("rollback")


def _value(value: Any) -> Any:
    if isinstance(value, dict | list):
        return json.dumps(value)
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def _columns(store: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    return [row[0] for row in store.execute(f"describe {table}").fetchall()]


def _give(store: duckdb.DuckDBPyConnection, name: str, rows: list[dict[str, Any]]) -> None:
    """Put rows into a table, or make the table that stands for a query."""
    table = name
    if "/" in name:
        query = queries.load(name)
        table = query.relation
        columns = ", ".join(f'"{each.name}" {each.type}' for each in query.columns)
        store.execute(f"create temp table {table} ({columns})")
    elif name in REFERENCE:
        store.execute(f"delete from {name}")
    else:
        writable(store, name)
    known = _columns(store, table)
    history = HISTORY if HISTORY.keys() <= {*known} else {}
    for row in rows:
        unknown = row.keys() - set(known)
        assert not unknown, f"{name} has no column {', '.join(sorted(unknown))}"
        full = {**history, **{column: _value(value) for column, value in row.items()}}
        marks = ", ".join(f"${column}" for column in full)
        quoted = ", ".join(f'"{column}"' for column in full)
        store.execute(f"insert into {table} ({quoted}) values ({marks})", full)


def answer(store: duckdb.DuckDBPyConnection, query: queries.Query, case: dict[str, Any]) -> list[dict[str, Any]]:
    """The query's rows over what the case gives."""
    given = case.get("given", {})
    for name, rows in given.items():
        _give(store, name, rows)
    sql = queries.compose(query, given=frozenset(name for name in given if "/" in name))
    params = queries.bind(query, {key: _value(value) for key, value in case.get("params", {}).items()})
    # A query that a given table replaces takes its parameters with it.
    used = duckdb.extract_statements(sql)[0].named_parameters
    found = store.execute(sql, {key: value for key, value in params.items() if key in used})
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _same(found: Any, expected: Any) -> bool:
    if isinstance(expected, float) or isinstance(found, float):
        return found is not None and math.isclose(float(found), float(expected), rel_tol=1e-9, abs_tol=1e-12)
    return bool(found == expected)


@pytest.mark.parametrize("path", CASES, ids=[path.relative_to(FOLDER).with_suffix("").as_posix() for path in CASES])
def test_a_query_answers_its_case(store: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Given rows and parameters, a query returns the expected rows."""
    topic, name = path.parts[-3:-1]
    query = queries.load(f"{topic}/{name}")
    case = tomllib.loads(path.read_text(encoding="utf-8"))
    found = answer(store, query, case)
    expected = case.get("expect", [])
    assert expected or case.get("no_rows"), "a case expects rows, or says no_rows = true"
    if topic == "core":  # a core relation has no order; the case lists its rows by key
        found.sort(key=lambda row: [str(row[column]) for column in query.key])
    # `"null"` stands for null, which TOML cannot say
    wanted = [{key: None if value == "null" else _value(value) for key, value in row.items()} for row in expected]
    unknown = {key for row in wanted for key in row} - {column.name for column in query.columns}
    assert not unknown, f"{query.name} has no column {', '.join(sorted(unknown))}"
    shown = (
        [{key: row[key] for key in wanted[min(at, len(wanted) - 1)]} for at, row in enumerate(found)]
        if wanted
        else found
    )
    assert len(found) == len(wanted), shown
    for number, (row, want) in enumerate(zip(shown, wanted, strict=True), start=1):
        different = {key: (row[key], value) for key, value in want.items() if not _same(row[key], value)}
        assert not different, f"row {number}: found, expected {different} in {shown}"


def test_every_query_has_a_case() -> None:
    """Every query that users ask, every core relation and every check is proved by at least one case."""
    proved = {"/".join(path.parts[-3:-1]) for path in CASES}
    asked = {query.name for topic in (None, "core", "checks") for query in queries.list_queries(topic)}
    assert sorted(asked - proved) == []
    assert sorted(proved - asked) == []

"""Queries: a header that DuckDB confirms, values that are bound, SQL that another engine can run."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
import sqlglot
from sqlglot import exp

from patchlib import paths, queries
from patchlib.entities import create_tables
from patchlib.errors import HeaderInvalid, ParameterInvalid, ParameterUnknown, QueryNotFound, SchemaMismatch
from patchlib.queries import Query

ASKED = queries.list_queries()
EVERY = (*ASKED, *queries.list_queries("core"), *queries.list_queries("checks"))
ONE = """\
-- purpose: one number
-- inputs:  core.node,
--          core.node_scan
-- grain:   one row
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   number  integer  a number [1], null never
select 1 as number where $as_of is not null
order by number
"""


@pytest.fixture(scope="module")
def empty() -> duckdb.DuckDBPyConnection:
    """An empty store."""
    connection = duckdb.connect()
    create_tables(connection)
    return connection


def _write(folder: Path, name: str, text: str) -> Query:
    path = folder / f"{name}.sql"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return queries.load(name, folder=folder)


def _named(query: Query) -> str:
    return query.name


# --- every file of queries/


@pytest.mark.parametrize("query", EVERY, ids=_named)
def test_a_header_says_what_duckdb_says(empty: duckdb.DuckDBPyConnection, query: Query) -> None:
    """Parameters, column names and column types are as the header declares them."""
    queries.check_header(empty, query)


@pytest.mark.parametrize("query", EVERY, ids=_named)
def test_a_query_answers_on_an_empty_store(empty: duckdb.DuckDBPyConnection, query: Query) -> None:
    """Nothing read yet is no fault: the columns are there."""
    samples: dict[str, Any] = {
        "timestamp": "2026-11-02",
        "integer": 7,
        "varchar": "",
        "date": "2026-11-02",
        "double": 1,
    }
    params = {param.name: samples[param.type] for param in query.params}
    frame = queries.run(empty, query.name, **params)
    assert list(frame.columns) == [column.name for column in query.columns]


@pytest.mark.parametrize("query", EVERY, ids=_named)
def test_a_query_names_its_inputs(query: Query) -> None:
    """The inputs of the header are the relations that the SQL reads, no more and no less."""
    tree = sqlglot.parse_one(query.sql, dialect="duckdb")
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    tables = list(tree.find_all(exp.Table))
    read = {f"{table.db}.{table.name}" if table.db else table.name for table in tables}
    declared = {name.replace("/", "_") if "/" in name else name for name in query.inputs}
    assert read - own == declared


@pytest.mark.parametrize("query", EVERY, ids=_named)
def test_a_query_is_small_and_plain(query: Query) -> None:
    """At most 80 lines; every column is named; one statement."""
    assert len(query.path.read_text(encoding="utf-8").splitlines()) <= 80
    [tree] = sqlglot.parse(query.sql, dialect="duckdb")
    assert isinstance(tree, exp.Query)
    # count(*) counts rows; sqlglot reads `with t (a, b) as (values ...)` as select *.
    plain = (exp.Count, exp.Values)
    stars = [star for star in tree.find_all(exp.Star) if not isinstance(star.parent, exp.Count)]
    assert not [star for star in stars if not list(star.parent_select.find_all(*plain))]


@pytest.mark.parametrize("query", [*ASKED, *queries.list_queries("checks")], ids=_named)
def test_an_answer_has_an_order(query: Query) -> None:
    """Two runs show the same rows in the same order."""
    assert sqlglot.parse_one(query.sql, dialect="duckdb").args.get("order") is not None


@pytest.mark.parametrize("query", [*ASKED, *queries.list_queries("checks")], ids=_named)
def test_only_core_reads_raw(query: Query) -> None:
    """A question is asked of core relations, whose words are the field's."""
    assert not [name for name in query.inputs if name.startswith("raw.")]


FORBIDDEN_CALLS = re.compile(
    r"\b(quantile\w*|percentile_\w+|approx_\w+|median|mode|arg_m\w+|m(?:ax|in)_by|read_\w+|list|struct_pack|json_\w+"
    r"|from_json|current_\w+|now|today|random)\s*\(",
    re.IGNORECASE,
)


@pytest.mark.parametrize("query", ASKED, ids=_named)
def test_a_question_can_be_asked_of_another_engine(query: Query) -> None:
    """No construct that Spark or Athena refuses, or answers otherwise without saying so."""
    assert FORBIDDEN_CALLS.findall(query.sql) == []
    tree = sqlglot.parse_one(query.sql, dialect="duckdb")
    for node in (exp.Pivot, exp.Qualify):
        assert not list(tree.find_all(node))
    assert not [join for join in tree.find_all(exp.Join) if join.method.upper() == "ASOF"]
    assert not re.search(r"\b(group|order) by all\b", query.sql, re.IGNORECASE)
    for sub in tree.find_all(exp.Sub):
        assert not (_is_time(sub.left) and _is_time(sub.right)), f"use date_diff: {sub.sql()}"


def _is_time(node: exp.Expr) -> bool:
    if isinstance(node, exp.Cast):
        return bool(node.to.is_type("date", "timestamp"))
    return isinstance(node, exp.Column) and node.name.endswith(("_at", "_date"))


# --- the reader


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        (
            "select 1 as number where $as_of is not null\norder by number",
            "select 1 as other where $as_of > '2000'",
            "is other",
        ),
        ("select 1 as number", "select '1' as number", "varchar"),
        ("where $as_of is not null", "", "parameters used"),
        ("select 1 as number", "select 1 as number, 2 as more", "1 columns declared, DuckDB finds 2"),
        ("select 1 as number", "select missing as number", "cannot read it"),
    ],
)
def test_a_header_that_lies_is_refused(
    tmp_path: Path, empty: duckdb.DuckDBPyConnection, old: str, new: str, named: str
) -> None:
    """Whatever DuckDB sees otherwise than the header is a fault."""
    query = _write(tmp_path, "topic/one", ONE.replace(old, new))
    with pytest.raises(HeaderInvalid, match=named):
        queries.check_header(empty, query)


def test_a_misspelt_query_is_answered_with_the_nearest() -> None:
    """The message helps to find it."""
    with pytest.raises(QueryNotFound, match=r"Did you mean fleet/coverage\?"):
        queries.load("fleet/coverag")
    with pytest.raises(QueryNotFound, match="--list"):
        queries.load("../../etc/passwd")


def test_the_list_leaves_out_what_the_store_asks() -> None:
    """Users see topics; core relations and checks are listed by name of their folder."""
    assert not {query.name.split("/")[0] for query in ASKED} & {"core", "checks"}
    assert {query.name.split("/")[0] for query in queries.list_queries("checks")} == {"checks"}
    assert [query.name for query in ASKED] == sorted(query.name for query in ASKED)


# --- composition


def _leaf(inputs: str, sql: str) -> str:
    return ONE.replace("core.node,\n--          core.node_scan", inputs).replace(
        "select 1 as number where $as_of is not null\norder by number\n", sql
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three queries that build on each other, the middle one with a common table expression of its own."""
    _write(tmp_path, "t/base", ONE)
    middle = "with own as (\n    select number from t_base\n)\nselect number from own\norder by number\n"
    _write(tmp_path, "t/middle", _leaf("t/base", middle))
    top = "with own as (select 2 as number)\nselect m.number + b.number + own.number as number\nfrom t_middle as m"
    _write(tmp_path, "t/top", _leaf("t/middle, t/base", f"{top}, t_base as b, own\norder by number\n"))
    return tmp_path


def test_queries_build_on_queries(folder: Path) -> None:
    """Each query needed is there once, and inner names do not meet."""
    sql = queries.compose(queries.load("t/top", folder=folder), folder=folder)
    assert sql.count("t_base as (") == sql.count("t_middle as (") == 1
    assert duckdb.execute(sql, {"as_of": datetime(2026, 1, 1)}).fetchall() == [(4,)]  # noqa: DTZ001


def test_inner_queries_are_not_sorted(folder: Path) -> None:
    """Only the answer has an order; sorting what is joined costs seconds on a large fleet."""
    sql = queries.compose(queries.load("t/top", folder=folder), folder=folder)
    assert sql.count("order by") == 1


def test_a_given_table_stands_for_a_query(folder: Path) -> None:
    """What a case gives is not computed."""
    sql = queries.compose(queries.load("t/top", folder=folder), given=frozenset({"t/middle", "t/base"}), folder=folder)
    assert "t_middle as (" not in sql


def test_a_circle_is_refused(tmp_path: Path) -> None:
    """Queries that build on each other are named in order."""
    _write(tmp_path, "t/a", _leaf("t/b", "select number from t_b\n"))
    _write(tmp_path, "t/b", _leaf("t/a", "select number from t_a\n"))
    with pytest.raises(HeaderInvalid, match="t/a -> t/b -> t/a"):
        queries.compose(queries.load("t/a", folder=tmp_path), folder=tmp_path)


# --- parameters


@pytest.fixture
def one(tmp_path: Path) -> Query:
    """A query with a parameter of each type."""
    lines = "".join(
        f"--   a_{kind}  {kind}  some {kind}\n" for kind in ("integer", "double", "varchar", "boolean", "date")
    )
    return _write(tmp_path, "t/one", ONE.replace("-- columns:", f"{lines}-- columns:"))


WHOLE = {"as_of": "2026-11-02", "a_integer": "7", "a_double": "0.5", "a_varchar": "x", "a_boolean": "true"}


def test_text_becomes_the_declared_type(one: Query) -> None:
    """What comes from a command line is read as the header says."""
    bound = queries.bind(one, WHOLE | {"as_of": "2026-11-02T07:00:00+01:00", "a_date": "2026-11-02"})
    assert bound == {
        "as_of": datetime(2026, 11, 2, 6),  # noqa: DTZ001
        "a_integer": 7,
        "a_double": 0.5,
        "a_varchar": "x",
        "a_boolean": True,
        "a_date": date(2026, 11, 2),
    }
    for same in (date(2026, 11, 2), pd.Timestamp("2026-11-02T00:00:00Z")):
        assert queries.bind(one, WHOLE | {"as_of": same, "a_date": None})["as_of"] == datetime(2026, 11, 2)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("as_of", "soon"),
        ("a_integer", "7.5"),
        ("a_integer", True),
        ("a_double", "much"),
        ("a_boolean", "maybe"),
        ("a_date", 3),
    ],
)
def test_a_value_of_another_type_is_refused(one: Query, name: str, value: Any) -> None:
    """The message says what the parameter is."""
    with pytest.raises(ParameterInvalid, match=f"{name} is no "):
        queries.bind(one, WHOLE | {"a_date": None} | {name: value})


def test_unknown_and_missing_parameters_are_refused(one: Query) -> None:
    """A misspelt parameter is never ignored, and none is made up."""
    with pytest.raises(ParameterUnknown, match="asof"):
        queries.bind(one, WHOLE | {"asof": "2026-11-02"})
    with pytest.raises(ParameterInvalid, match="a_date is missing"):
        queries.bind(one, WHOLE)


def test_values_are_never_part_of_the_text(empty: duckdb.DuckDBPyConnection) -> None:
    """An instant is bound; whatever else stands in its place is refused before DuckDB sees it."""
    with pytest.raises(ParameterInvalid):
        queries.run(empty, "fleet/ledger", as_of="2026-11-02'; drop table core.node; --")
    frame = queries.run(empty, "fleet/ledger", as_of="2026-11-02")
    assert frame.attrs[queries.TYPES]["read_at"] == "timestamp"


def test_the_queries_folder_is_found() -> None:
    """The package finds its queries from anywhere."""
    assert (paths.queries_folder() / "core").is_dir()


def test_a_store_made_before_a_table_is_one_line() -> None:
    """A store that lacks what a query reads is told to be loaded anew; it is no bug with a traceback."""
    with duckdb.connect() as connection, pytest.raises(SchemaMismatch, match="patchlib load"):
        queries.run(connection, "fleet/excluded_node", as_of="2026-11-02")


def test_a_negative_duration_is_refused(empty: duckdb.DuckDBPyConnection) -> None:
    """Days and hours are never negative: an answer to such a question would be nonsense in good order."""
    with pytest.raises(ParameterInvalid, match="stale_after_days is negative"):
        queries.run(empty, "fleet/coverage", as_of="2026-11-02", stale_after_days=-1, scan_interval_hours=24)


def test_only_some_rows_are_asked_for(empty: duckdb.DuckDBPyConnection) -> None:
    """The rows whose columns have the values given, in the query's order; a column it lacks is refused."""
    asked = {"as_of": datetime(2026, 11, 2)}  # noqa: DTZ001
    empty.execute("begin")
    for account_id, node_id in (("1", "b"), ("2", "a"), ("1", "a")):
        empty.execute(
            "insert into core.node (account_id, region, node_id, valid_from, valid_to) "
            "values ($account_id, 'eu', $node_id, '2026-01-01', '9999-12-31')",
            {"account_id": account_id, "node_id": node_id},
        )
    found = queries.run(empty, "explain/candidate", frozenset(), {"account_id": "1"}, **asked)
    none = queries.run(empty, "explain/candidate", frozenset(), {"account_id": "1' or '1' = '1"}, **asked)
    empty.execute("rollback")
    assert list(found["node_id"]) == ["a", "b"]
    assert len(none) == 0
    with pytest.raises(ParameterUnknown, match="explain/candidate has no column account"):
        queries.run(empty, "explain/candidate", frozenset(), {"account": "1"}, **asked)


def test_an_earlier_instant_that_comes_later_is_refused() -> None:
    """Changes backwards would call what was opened closed."""
    query = queries.load("fleet/changes")
    assert queries.bind(query, {"as_of": "2026-11-09", "since": "2026-11-09"})["since"] == datetime(2026, 11, 9)  # noqa: DTZ001
    with pytest.raises(ParameterInvalid, match="comes after as_of"):
        queries.bind(query, {"as_of": "2026-11-02", "since": "2026-11-09"})

"""Tables follow botocore: a new member is a new column, a changed type is refused."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import pytest

from patchlib.entities import create_tables
from patchlib.errors import SchemaMismatch
from patchlib.reference import REFERENCE_TABLES
from patchlib.schema import (
    PLAIN_TABLES,
    Column,
    Table,
    found_columns,
    load_catalogue,
    raw_table,
    table_script,
)
from patchlib.sources import SOURCES, STORED, Source, source

THING = Table("core.thing", "things", (Column("name", "VARCHAR", "its name"),), ("name",))


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    """An empty database with the two schemas."""
    opened = duckdb.connect()
    opened.execute("create schema core; create schema raw")
    return opened


@pytest.fixture(scope="module")
def whole() -> duckdb.DuckDBPyConnection:
    """A database with every table, to be read."""
    opened = duckdb.connect()
    create_tables(opened)
    return opened


@pytest.mark.parametrize("of", SOURCES, ids=[each.name for each in SOURCES])
def test_every_member_of_a_source_is_a_column(of: Source) -> None:
    """A raw table holds provenance, what was asked, and every member AWS's model knows, each name once."""
    names = [column.name for column in raw_table(of).columns]
    assert names[:4] == ["account_id", "region", "observation_id", "item"]
    assert len(names) == len(set(names))
    assert {member.column for member in of.members} | set(of.request_columns) <= set(names)


def test_awss_own_words_are_the_comments(connection: duckdb.DuckDBPyConnection) -> None:
    """A column says in the database what AWS says of it."""
    connection.execute("; ".join(table_script(raw_table(source("ssm_patch")), {})))
    comments = dict(
        connection.execute("select column_name, comment from duckdb_columns() where schema_name = 'raw'").fetchall()
    )
    assert comments["title"] == "Title: The title of the patch."
    assert all(comments.values())


def test_a_new_member_is_added_to_a_table_that_stands(connection: duckdb.DuckDBPyConnection) -> None:
    """A newer botocore adds columns; the rows that are there stay and know nothing of it."""
    connection.execute("; ".join(table_script(THING, {})))
    connection.execute("insert into core.thing values ('a')")
    wider = replace(THING, columns=(*THING.columns, Column("size", "BIGINT", "how large [bytes]")))
    connection.execute("; ".join(table_script(wider, found_columns(connection)["core.thing"])))
    assert connection.execute("select name, size from core.thing").fetchall() == [("a", None)]
    assert table_script(wider, found_columns(connection)["core.thing"]) == []


def test_a_changed_type_is_refused(connection: duckdb.DuckDBPyConnection) -> None:
    """A column of another type is never converted silently."""
    changed = replace(THING, columns=(Column("name", "BIGINT", ""),))
    with pytest.raises(SchemaMismatch, match=r"core\.thing"):
        table_script(changed, {"name": "VARCHAR"})


def test_every_declared_column_has_a_meaning() -> None:
    """No column of the ledger, provenance or reference tables goes without a word."""
    for table in (*PLAIN_TABLES, *REFERENCE_TABLES):
        assert all(column.comment for column in table.columns), table.name


def test_the_catalogue_is_in_the_store_and_earlier_sources_stay(connection: duckdb.DuckDBPyConnection) -> None:
    """Each source with its system, in the catalogue's order; what a ledger row names is never without a word."""
    create_tables(connection)
    listed = connection.execute("select source, system, scope, unit from core.source order by source_number").fetchall()
    assert listed == [(each.name, each.system, each.scope.name.lower(), each.unit) for each in STORED]
    load_catalogue(connection, [replace(SOURCES[1], system="renamed")])
    after = dict(connection.execute("select source, system from core.source").fetchall())
    assert len(after) == len(STORED)
    assert after[SOURCES[1].name] == "renamed"

"""Rows written by hand: under the names by which queries read them, whatever the store keeps behind a name."""

from __future__ import annotations

import duckdb

__all__ = ["writable"]


def writable(store: duckdb.DuckDBPyConnection, relation: str) -> None:
    """Let a table of the same columns stand where `relation` is a view over numbers, so that rows can be put into it.

    relation: with its schema, `core.node_scan`. What is a table already stays as it is.
    """
    schema, _, name = relation.partition(".")
    is_view = "select 1 from duckdb_views() where schema_name = ? and view_name = ? and not internal"
    if not store.execute(is_view, [schema, name]).fetchall():
        return
    columns = [f'"{column}" {type_}' for column, type_, *_ in store.execute(f"describe {relation}").fetchall()]
    store.execute(f"drop view {relation}")
    store.execute(f"create table {relation} ({', '.join(columns)})")

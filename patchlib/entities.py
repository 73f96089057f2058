"""Core relations: what `queries/core` declares, in the order in which one reads another.

A header gives columns, `key` and, for a dimension, `history: append <surrogate>`; from it come the table,
its comments and the view of what is true now. `latest` names columns that change with every look and say nothing
of the past: their value is kept up to date in the open row, and makes no history.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import duckdb

from patchlib import queries
from patchlib.errors import HeaderInvalid
from patchlib.feedtables import FEED_TABLES
from patchlib.packages import PACKAGE_TABLE
from patchlib.queries import Query
from patchlib.reference import REFERENCE_TABLES, load_reference
from patchlib.schema import (
    OPEN_END,
    PLAIN_TABLES,
    Column,
    Table,
    found_columns,
    load_catalogue,
    raw_table,
    table_script,
)
from patchlib.sources import STORED

__all__ = ["Entity", "core_entities", "create_tables"]

_COVERAGE_NOW = """
create or replace view core.coverage_now as
with attempt as (
    select c.*,
        row_number() over (partition by account_id, region, source order by taken_at desc, snapshot_id desc) as recency,
        max(case when s.is_answered then taken_at end)
            over (partition by account_id, region, source) as last_ok_at
    from core.coverage as c
    left join core.ledger_state as s on s.state = c.state
)
select * exclude (recency) from attempt where recency = 1
"""


@dataclass(frozen=True)
class Entity:
    """A core relation: its candidate query, and how the store keeps it.

    surrogate: the integer key the store gives to each new row of a dimension; "" for relations with history.
    """

    query: Query
    surrogate: str

    @property
    def name(self) -> str:
        """The name without its schema."""
        return self.query.name.partition("/")[2]

    @property
    def values(self) -> tuple[str, ...]:
        """Columns whose change is a change of the row."""
        return tuple(name for name in self.columns if name not in self.query.latest)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that the query tells, the observation apart."""
        return tuple(each.name for each in self.query.columns if each.name != "observation_id")

    @cached_property
    def table(self) -> Table:
        """The table that keeps it."""
        own = tuple(Column(each.name, each.type.upper(), each.meaning) for each in self.query.columns)
        if self.surrogate:
            key = Column(self.surrogate, "INTEGER", "number the store gave to this row")
            return Table(f"core.{self.name}", self.query.purpose, (key, *own), (self.surrogate,))
        times = (
            Column("valid_from", "TIMESTAMP", "taken_at of the snapshot that first showed this row [UTC]"),
            Column(
                "valid_to", "TIMESTAMP", "taken_at of the snapshot that no longer did [UTC], 9999-12-31 while it does"
            ),
        )
        *plain, observation = own
        return Table(
            f"core.{self.name}", self.query.purpose, (*plain, *times, observation), (*self.query.key, "valid_from")
        )


def core_entities() -> tuple[Entity, ...]:
    """The core relations, each after those it reads. Raises HeaderInvalid for a circle or a missing key."""
    left = {f"core.{each.name.partition('/')[2]}": each for each in queries.list_queries("core")}
    ordered: list[Entity] = []
    while left:
        ready = [name for name, each in left.items() if not _reads(each) & (left.keys() - {name})]
        if not ready:
            raise HeaderInvalid(f"core relations read each other in a circle: {', '.join(sorted(left))}")
        ordered += [_entity(left.pop(name)) for name in sorted(ready)]
    return tuple(ordered)


def _reads(query: Query) -> set[str]:
    return {name.removesuffix("_now") for name in query.inputs}


def _entity(query: Query) -> Entity:
    kind, _, surrogate = query.history.partition(" ")
    dimension = kind == "append"
    named = {each.name for each in query.columns}
    keyed = bool(query.key) and set(query.key) <= named and set(query.latest) <= named - set(query.key)
    if not keyed or (not dimension and query.columns[-1].name != "observation_id"):
        raise HeaderInvalid(
            "a core relation names its key, columns of its own as latest, and ends with observation_id",
            where=str(query.path),
        )
    return Entity(query, surrogate.strip() if dimension else "")


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create what is missing of raw, core, reference and feed tables and the views over them, in one transaction.

    Reference tables and the catalogue's are filled, the others stay as they are. Raises SchemaMismatch when a column
    stands with another type.
    """
    entities = core_entities()
    dimensions = {each.surrogate: each for each in entities if each.surrogate}
    found = found_columns(connection)
    given = (*PLAIN_TABLES, *REFERENCE_TABLES, *FEED_TABLES, PACKAGE_TABLE)
    tables = (*map(raw_table, STORED), *given, *(each.table for each in entities))
    script = ["begin", "create schema if not exists raw", "create schema if not exists core"]
    for table in tables:
        script += table_script(table, found.get(table.name, {}))
    script.append(_COVERAGE_NOW)
    script += [_view_of_open_rows(entity, dimensions) for entity in entities if not entity.surrogate]
    connection.execute(";\n".join(script))
    load_reference(connection)
    load_catalogue(connection, STORED)
    connection.execute("commit")


def _view_of_open_rows(entity: Entity, dimensions: dict[str, Entity]) -> str:
    """`core.<entity>_now`: open rows; a dimension's number is shown with the names behind it."""
    columns, joins = [f"t.{column.name}" for column in entity.table.columns], ""
    for key in entity.query.key:
        if key in dimensions:
            columns += [f"{key}_row.{each.name}" for each in dimensions[key].query.columns]
            joins += f" join core.{dimensions[key].name} as {key}_row on {key}_row.{key} = t.{key}"
    return (
        f"create or replace view core.{entity.name}_now as select {', '.join(columns)} "  # noqa: S608 - our own names
        f"from core.{entity.name} as t{joins} where t.valid_to = {OPEN_END}"
    )

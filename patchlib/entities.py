"""Core relations: what `queries/core` declares, in the order in which one reads another.

A header gives columns, `key` and, for a dimension, `history: append <surrogate>`; from it come the table,
its comments and the view of what is true now. `latest` names columns that change with every look and say nothing
of the past: their value is kept up to date in the open row, and makes no history. `numbered` names a dimension:
the table `core.<entity>_row` has its number in the place of the names, and `core.<entity>` is a view with both.
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
    OBSERVATION_VIEW,
    OPEN_END,
    PLAIN_TABLES,
    Column,
    Table,
    found_columns,
    load_catalogue,
    raw_table,
    table_script,
    view_script,
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
# Instants of AWS have milliseconds (Smithy 2.0, simple types, timestamp; read 2026-11-25). Where every node has two of
# them a day, the three zeros behind them take a byte each.
_INSTANT = "TIMESTAMP_MS"


@dataclass(frozen=True)
class Entity:
    """A core relation: its candidate query, and how the store keeps it.

    surrogate: the integer key the store gives to each new row of a dimension; "" for relations with history.
    dimension: holds the names that the table tells by their number; None where it tells them itself.
    """

    query: Query
    surrogate: str
    dimension: Entity | None = None

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
        """Columns of the table that the query tells, the observation apart: a number where it tells names."""
        return self._numbered(tuple(each.name for each in self.query.columns if each.name != "observation_id"))

    @property
    def key(self) -> tuple[str, ...]:
        """Columns of the table that name what a row is of."""
        return self._numbered(self.query.key)

    def _numbered(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        if self.dimension is None:
            return columns
        return (self.dimension.surrogate, *(name for name in columns if name not in self.dimension.query.key))

    @property
    def rounded(self) -> dict[str, str]:
        """Columns that a table with numbers keeps as another type than the query's: AWS's instants."""
        if self.dimension is None:
            return {}
        return {each.name: _INSTANT for each in self.query.columns if each.type == "timestamp"}

    @property
    def relation(self) -> str:
        """The name by which it is read, `core.node_scan`: the table's own, but where names stand as numbers."""
        return f"core.{self.name}"

    @cached_property
    def table(self) -> Table:
        """The table that keeps it."""
        own = tuple(Column(each.name, each.type.upper(), each.meaning) for each in self.query.columns)
        if self.surrogate:
            key = Column(self.surrogate, "INTEGER", "number the store gave to this row")
            return Table(self.relation, self.query.purpose, (key, *own), (self.surrogate,))
        times = (
            Column("valid_from", "TIMESTAMP", "taken_at of the snapshot that first showed this row [UTC]"),
            Column(
                "valid_to", "TIMESTAMP", "taken_at of the snapshot that no longer did [UTC], 9999-12-31 while it does"
            ),
        )
        *plain, observation = own
        name = self.relation
        if self.dimension is not None:
            name, number = f"{name}_row", self.dimension.surrogate
            named = Column(number, "INTEGER", f"what it is of: {self.dimension.relation}")
            told = [each for each in plain if each.name not in self.dimension.query.key]
            kept = [Column(each.name, self.rounded.get(each.name, each.type), each.comment) for each in told]
            plain = [named, *kept]
        return Table(name, self.query.purpose, (*plain, *times, observation), (*self.key, "valid_from"))


def core_entities() -> tuple[Entity, ...]:
    """The core relations, each after those it reads. Raises HeaderInvalid for a circle or a missing key."""
    left = {f"core.{each.name.partition('/')[2]}": each for each in queries.list_queries("core")}
    ordered: list[Entity] = []
    while left:
        ready = [name for name, each in left.items() if not _reads(each) & (left.keys() - {name})]
        if not ready:
            raise HeaderInvalid(f"core relations read each other in a circle: {', '.join(sorted(left))}")
        known = {each.name: each for each in ordered}
        ordered += [_entity(left.pop(name), known) for name in sorted(ready)]
    return tuple(ordered)


def _reads(query: Query) -> set[str]:
    numbered = {f"core.{query.numbered}"} if query.numbered else set()
    return {name.removesuffix("_now") for name in query.inputs} | numbered


def _entity(query: Query, known: dict[str, Entity]) -> Entity:
    kind, _, surrogate = query.history.partition(" ")
    dimension = kind == "append"
    named = {each.name for each in query.columns}
    keyed = bool(query.key) and set(query.key) <= named and set(query.latest) <= named - set(query.key)
    if not keyed or (not dimension and query.columns[-1].name != "observation_id"):
        raise HeaderInvalid(
            "a core relation names its key, columns of its own as latest, and ends with observation_id",
            where=str(query.path),
        )
    numbering = known.get(query.numbered)
    if query.numbered and (numbering is None or not numbering.surrogate or not set(numbering.query.key) <= named):
        raise HeaderInvalid(f"{query.numbered} is no dimension whose names this relation tells", where=str(query.path))
    return Entity(query, surrogate.strip() if dimension else "", numbering)


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
    script += [_COVERAGE_NOW, *OBSERVATION_VIEW]
    script += [line for entity in entities if entity.dimension for line in _view_with_names(entity, entity.dimension)]
    script += [_view_of_open_rows(entity, dimensions) for entity in entities if not entity.surrogate]
    connection.execute(";\n".join(script))
    load_reference(connection)
    load_catalogue(connection, STORED)
    connection.execute("commit")


def _view_with_names(entity: Entity, dimension: Entity) -> list[str]:
    """`core.<entity>` where the table has a number: the names behind it, the number, and the other columns."""
    number, names = dimension.surrogate, dimension.query.key
    told = {each.name: each.meaning for each in entity.query.columns if each.name in names}
    told |= {each.name: each.comment for each in entity.table.columns}
    wide = {name: f"cast(t.{name} as timestamp) as {name}" for name in entity.rounded}
    columns = ", ".join(f"n.{name}" if name in names else wide.get(name, f"t.{name}") for name in told)
    return view_script(
        Table(entity.relation, entity.query.purpose, tuple(Column(name, "", text) for name, text in told.items())),
        f"select {columns} from {entity.table.name} as t "  # noqa: S608 - our own names
        f"inner join {dimension.table.name} as n on n.{number} = t.{number}",
    )


def _view_of_open_rows(entity: Entity, dimensions: dict[str, Entity]) -> str:
    """`core.<entity>_now`: open rows; a dimension's number is shown with the names behind it."""
    if entity.dimension is not None:
        return (
            f"create or replace view {entity.relation}_now as select * from {entity.relation} as t "  # noqa: S608
            f"where t.valid_to = {OPEN_END}"
        )
    columns, joins = [f"t.{column.name}" for column in entity.table.columns], ""
    for key in entity.query.key:
        if key in dimensions:
            columns += [f"{key}_row.{each.name}" for each in dimensions[key].query.columns]
            joins += f" join core.{dimensions[key].name} as {key}_row on {key}_row.{key} = t.{key}"
    return (
        f"create or replace view core.{entity.name}_now as select {', '.join(columns)} "  # noqa: S608 - our own names
        f"from core.{entity.name} as t{joins} where t.valid_to = {OPEN_END}"
    )

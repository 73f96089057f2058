"""History: what each snapshot changed, and nothing else.

A core relation is computed whole from the latest observations and compared with its open rows: rows that
differ are closed at the snapshot's instant, new ones opened. Because an unread unit keeps its earlier raw
rows, a denied or throttled cell carries forward; absence closes a row only where its unit was read.
"""

from __future__ import annotations

from datetime import datetime

import duckdb

from patchlib.entities import Entity
from patchlib.errors import CheckFailed
from patchlib.queries import compose
from patchlib.schema import OPEN_END

__all__ = ["merge", "take_back"]


def merge(connection: duckdb.DuckDBPyConnection, entity: Entity, taken_at: datetime, *, is_filled: bool = True) -> int:
    """Bring one core relation to what the raw tables say at `taken_at` [naive UTC].

    is_filled: false when its table is known to hold no row, so that there is nothing to compare with.
    Returns the number of rows opened and closed. Raises CheckFailed when the relation's query gives a key
    twice or without a value: history cannot be kept of a row that has no name.
    """
    connection.execute(f"create or replace temp table candidate as {_candidate(entity)}")
    _check_keys(connection, entity)
    if entity.surrogate:
        return _append(connection, entity)
    table = entity.table.name
    closed = _close(connection, entity, taken_at) if is_filled else 0
    columns, key = (
        ", ".join(f"c.{name}" for name in entity.columns),
        ", ".join(f"c.{name}" for name in entity.key),
    )
    same = _same("o", "c", entity.values)
    new = f"where not exists (select 1 from {table} as o where o.valid_to = {OPEN_END} and {same})"  # noqa: S608
    opened = connection.execute(
        f"insert into {table} ({columns.replace('c.', '')}, valid_from, valid_to, observation_id) "  # noqa: S608
        f"select {columns}, $taken_at, {OPEN_END}, c.observation_id from candidate as c "
        f"{new if is_filled else ''} order by {key}",
        {"taken_at": taken_at},
    ).fetchone()
    return closed + (opened[0] if opened else 0)


def _close(connection: duckdb.DuckDBPyConnection, entity: Entity, taken_at: datetime) -> int:
    """Close the open rows that are no longer so; of those that stay, bring the latest values up to date."""
    closed = connection.execute(
        f"update {entity.table.name} as o set valid_to = $taken_at where o.valid_to = {OPEN_END} "  # noqa: S608
        f"and not exists (select 1 from candidate as c where {_same('o', 'c', entity.values)})",
        {"taken_at": taken_at},
    ).fetchone()
    _refresh(connection, entity)
    return closed[0] if closed else 0


def _candidate(entity: Entity) -> str:
    """The relation's query; where its table tells names by a number, with that number, null where there is none."""
    if entity.dimension is None:
        return compose(entity.query)
    number, table = entity.dimension.surrogate, entity.dimension.table.name
    kept = ", ".join(f"cast(r.{name} as {type_}) as {name}" for name, type_ in entity.rounded.items())
    told = f"r.* replace ({kept})" if kept else "r.*"
    return (
        f"select {told}, n.{number} from ({compose(entity.query)}) as r "  # noqa: S608 - our own names
        f"left join {table} as n on {_same('n', 'r', entity.dimension.query.key)}"
    )


def _refresh(connection: duckdb.DuckDBPyConnection, entity: Entity) -> None:
    """Bring the columns of which only the latest value is kept up to date in the open rows that stay."""
    if not entity.query.latest:
        return
    told = (*entity.query.latest, "observation_id")
    changed = " or ".join(f"o.{name} is distinct from c.{name}" for name in entity.query.latest)
    connection.execute(
        f"update {entity.table.name} as o set {', '.join(f'{name} = c.{name}' for name in told)} "  # noqa: S608 - ours
        f"from candidate as c where o.valid_to = {OPEN_END} and {_same('o', 'c', entity.key)} and ({changed})"
    )


def _same(left: str, right: str, columns: tuple[str, ...]) -> str:
    return " and ".join(f"{left}.{name} is not distinct from {right}.{name}" for name in columns)


def _check_keys(connection: duckdb.DuckDBPyConnection, entity: Entity) -> None:
    key = ", ".join(entity.query.key)
    named = (*entity.query.key, *(f"max({name})" for name in entity.key if name not in entity.query.key))
    unnamed = "false" if entity.surrogate else " or ".join(f"{name} is null" for name in named)
    row = connection.execute(
        f"select {key}, count(*) from candidate group by {key} having count(*) > 1 or {unnamed} "  # noqa: S608
        f"order by {key} limit 1"
    ).fetchone()
    if row:
        shown = ", ".join(f"{name} {value}" for name, value in zip(entity.query.key, row, strict=False))
        raise CheckFailed(
            f"{entity.table.name} would hold {row[-1]} row(s) of one key, or one without a name",
            where=shown,
            next_step="The store was left as it was; report this with the snapshot's manifest.",
        )


def _append(connection: duckdb.DuckDBPyConnection, entity: Entity) -> int:
    """Number the rows of a dimension that are new; a number is never given twice or taken back."""
    table, columns = entity.table.name, ", ".join(entity.values)
    added = connection.execute(
        f"insert into {table} ({entity.surrogate}, {columns}) "  # noqa: S608 - our own names
        f"select (select coalesce(max({entity.surrogate}), 0) from {table}) + row_number() over (order by {columns}), "
        f"{columns} from candidate as c "
        f"where not exists (select 1 from {table} as o where {_same('o', 'c', entity.values)})"
    ).fetchone()
    return int(added[0]) if added else 0


def take_back(connection: duckdb.DuckDBPyConnection, entity: Entity, taken_at: datetime) -> None:
    """Forget what another snapshot of the same instant changed, so that the later one alone speaks for it."""
    if entity.surrogate:
        return
    table = entity.table.name
    connection.execute(f"delete from {table} where valid_from = $taken_at", {"taken_at": taken_at})  # noqa: S608
    connection.execute(
        f"update {table} set valid_to = {OPEN_END} where valid_to = $taken_at",  # noqa: S608 - our own names
        {"taken_at": taken_at},
    )

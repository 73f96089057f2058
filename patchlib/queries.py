"""Queries: one relation per file of `queries/`, found, composed and run with bound parameters.

`patchlib.header` says how a file begins. A query that builds on `fleet/node_coverage` reads it as
`fleet_node_coverage`; it is put before the query as a common table expression. Values are bound, never written into
the text.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from patchlib import paths
from patchlib.errors import ParameterInvalid, ParameterUnknown, QueryNotFound, SchemaMismatch
from patchlib.header import Field, Query, fault, parse

__all__ = ["TYPES", "Field", "Query", "bind", "builds_on", "check_header", "compose", "list_queries", "load", "run"]

# Key of a frame's `attrs`: the declared type of each column, which pandas forgets where values are null.
TYPES = "types"

# Folders of queries/ that are not asked by users: the store evaluates them.
_STORE_FOLDERS = {"core", "checks"}
_NAME = re.compile(r"\w+/\w+")
_LAST_ORDER = re.compile(r"\norder by [^;]*\Z")


def _names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).with_suffix("").as_posix() for path in folder.glob("*/*.sql"))


def list_queries(topic: str | None = None, *, folder: Path | None = None) -> tuple[Query, ...]:
    """The queries of a topic (`fleet`, also `core` and `checks`), or all that users ask; by name."""
    found = [name.split("/") for name in _names(folder or paths.queries_folder())]
    wanted = [pair for pair in found if (pair[0] == topic if topic else pair[0] not in _STORE_FOLDERS)]
    return tuple(load("/".join(pair), folder=folder) for pair in wanted)


def load(name: str, *, folder: Path | None = None) -> Query:
    """One query by name, such as `fleet/coverage`.

    Raises QueryNotFound, and HeaderInvalid when its header cannot be read.
    """
    return _load(folder or paths.queries_folder(), name)


@cache
def _load(folder: Path, name: str) -> Query:
    path = folder / f"{name}.sql"
    # The folder is listed only to say what there is: each of hundreds of queries would list it again.
    if not _NAME.fullmatch(name) or not path.is_file():
        known = _names(folder)
        close = difflib.get_close_matches(name, known, n=1)
        step = f"Did you mean {close[0]}?" if close else "`patchlib query --list` shows them all."
        raise QueryNotFound(f"there is no query {name}", where=str(folder), next_step=step)
    return parse(name, path, path.read_text(encoding="utf-8"))


def compose(query: Query, *, given: frozenset[str] = frozenset(), folder: Path | None = None) -> str:
    """The query's SQL with every query it builds on before it, each once.

    given: names of queries that stand as tables already (a test's rows), so they are left out.
    Raises HeaderInvalid when queries build on each other in a circle.
    """
    ordered: list[Query] = []
    _collect(query, ordered, (), given, folder)
    parts = [f"{each.relation} as (\n{_unordered(each.sql)}\n)" for each in ordered[:-1]]
    if not parts:
        return query.sql
    own = re.match(r"with\s+", query.sql)
    joined = ",\n".join(parts)
    return f"with {joined},\n{query.sql[own.end() :]}" if own else f"with {joined}\n{query.sql}"


def builds_on(name: str) -> frozenset[str]:
    """The queries that a query builds on, at any depth. Raises QueryNotFound, and HeaderInvalid for a circle."""
    ordered: list[Query] = []
    _collect(load(name), ordered, (), frozenset(), None)
    return frozenset(each.name for each in ordered) - {name}


def _collect(
    query: Query, ordered: list[Query], above: tuple[str, ...], given: frozenset[str], folder: Path | None
) -> None:
    if query.name in above:
        raise fault(query.path, f"queries build on each other: {' -> '.join((*above, query.name))}")
    for name in query.queries:
        if name not in given and all(each.name != name for each in ordered):
            _collect(load(name, folder=folder), ordered, (*above, query.name), given, folder)
    ordered.append(query)


def _unordered(sql: str) -> str:
    # A relation inside another has no order; leaving the sort in costs seconds on a large fleet.
    found = _LAST_ORDER.search(sql)
    if found is None or found[0].count("(") != found[0].count(")") or re.search(r"\blimit\b", found[0]):
        return sql
    return sql[: found.start()]


def run(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    given: frozenset[str] = frozenset(),
    only: Mapping[str, str] | None = None,
    /,
    **params: Any,
) -> pd.DataFrame:
    """The rows of one query; instants are naive UTC (datetime64), `attrs` keeps the types of the columns.

    params: values by name; text is read as the declared type, so `as_of="2026-11-02"` works.
    given: queries that stand as tables already (`patchlib.standin`); their parameters may go with them.
    only: of its rows those whose columns have these values: the engine then need not make the others.
    Raises QueryNotFound, ParameterUnknown, ParameterInvalid, and SchemaMismatch when the store was made before
    a table or column that the query reads.
    """
    query = load(name)
    bound, sql = bind(query, params), compose(query, given=given)
    if given:
        bound = {key: value for key, value in bound.items() if re.search(rf"\${key}\b", sql)}
    if only:
        bound |= {f"only_{column}": value for column, value in only.items()}
        sql = _narrowed(query, sql, only)
    try:
        frame: pd.DataFrame = connection.execute(sql, bound).df()
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        raise SchemaMismatch(
            f"the store lacks what {name} reads: {str(error).splitlines()[0]}",
            where=name,
            next_step="Load the snapshots into a new store with `patchlib load`.",
        ) from error
    frame.attrs[TYPES] = {column.name: column.type for column in query.columns}
    return frame


def _narrowed(query: Query, sql: str, only: Mapping[str, str]) -> str:
    """The query's rows of which these columns have the values bound as `only_<column>`."""
    for column in only:
        if all(column != known.name for known in query.columns):
            raise ParameterUnknown(f"{query.name} has no column {column}", where=query.name)
    kept = " and ".join(f"{column} = $only_{column}" for column in only)
    return f"select * from ({sql}) as answer where {kept}"  # noqa: S608 - our own queries


def bind(query: Query, params: Mapping[str, Any]) -> dict[str, Any]:
    """Values for the query's parameters, each of its declared type.

    Raises ParameterUnknown for a name the query does not declare, ParameterInvalid for a missing or
    unusable value.
    """
    declared = {param.name: param for param in query.params}
    listed = ", ".join(f"{param.name} ({param.type}: {param.meaning})" for param in query.params) or "none"
    for given in params:
        if given not in declared:
            raise ParameterUnknown(
                f"{query.name} has no parameter {given}", where=query.name, next_step=f"It takes: {listed}."
            )
    for param in query.params:
        if param.name not in params:
            raise ParameterInvalid(
                f"parameter {param.name} is missing", where=query.name, next_step=f"It takes: {listed}."
            )
    bound = {name: _value(query, declared[name], value) for name, value in params.items()}
    for name, value in bound.items():
        if name.endswith(("_days", "_hours")) and value is not None and value < 0:
            raise ParameterInvalid(
                f"{name} is negative: {value}", where=query.name, next_step=f"{name} is: {declared[name].meaning}."
            )
    return bound


def _value(query: Query, param: Field, value: Any) -> Any:
    """The value as the declared type; None stays null."""
    if value is None:
        return None
    try:
        return _READERS[param.type](value)
    except (KeyError, TypeError, ValueError) as error:
        raise ParameterInvalid(
            f"{param.name} is no {param.type}: {value!r}",
            where=query.name,
            next_step=f"{param.name} is: {param.meaning}.",
        ) from error


def _timestamp(value: Any) -> datetime:
    moment = datetime.fromisoformat(value.strip()) if isinstance(value, str) else value
    if isinstance(moment, pd.Timestamp):
        moment = moment.to_pydatetime()
    if isinstance(moment, date) and not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001 - the store is naive UTC
    if not isinstance(moment, datetime):
        raise TypeError(type(value).__name__)
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _date(value: Any) -> date:
    return date.fromisoformat(value.strip()) if isinstance(value, str) else _timestamp(value).date()


def _integer(value: Any) -> int:
    if isinstance(value, bool) or int(value) != float(value):
        raise ValueError(value)
    return int(value)


def _boolean(value: Any) -> bool:
    words = {"true": True, "false": False}
    return words[str(value).strip().lower()]


_READERS: Mapping[str, Any] = {
    "timestamp": _timestamp,
    "date": _date,
    "integer": _integer,
    "bigint": _integer,
    "double": float,
    "varchar": str,
    "boolean": _boolean,
}

# Any value of a parameter's type lets DuckDB resolve the types of the columns.
_SAMPLES: Mapping[str, Any] = {
    "timestamp": datetime(2026, 1, 1),  # noqa: DTZ001 - the store is naive UTC
    "date": date(2026, 1, 1),
    "integer": 1,
    "bigint": 1,
    "double": 1.0,
    "varchar": "",
    "boolean": True,
}


def check_header(connection: duckdb.DuckDBPyConnection, query: Query) -> None:
    """Compare a header with DuckDB's own answer: parameters, column names and types.

    The connection holds the tables the query reads; they may be empty. Raises HeaderInvalid.
    """
    sql = compose(query)
    found = set(duckdb.extract_statements(sql)[0].named_parameters)
    declared = {param.name for param in query.params}
    if found != declared:
        raise fault(query.path, f"parameters used {sorted(found)}, declared {sorted(declared)}")
    samples = {param.name: _SAMPLES[param.type] for param in query.params}
    try:
        rows = connection.execute(f"describe {sql}", samples).fetchall()
    except duckdb.Error as error:
        raise fault(query.path, f"DuckDB cannot read it: {str(error).splitlines()[0]}") from error
    answered = [(name, str(type_).lower()) for name, type_, *_ in rows]
    for mine, theirs in zip([(each.name, each.type) for each in query.columns], answered, strict=False):
        if mine != theirs:
            raise fault(query.path, f"column {' '.join(mine)} is {' '.join(theirs)} to DuckDB")
    if len(answered) != len(query.columns):
        raise fault(query.path, f"{len(query.columns)} columns declared, DuckDB finds {len(answered)}")

"""Data checks: queries that return offending rows; none is a pass.

`queries/checks/*.sql` each say in their header whether they stop a load or warn. That every relation has
one row per grain is checked for all of them without writing it.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass

import duckdb
import pandas as pd

from patchlib import queries
from patchlib.entities import core_entities
from patchlib.errors import CheckFailed, HeaderInvalid
from patchlib.feedtables import FEED_TABLES
from patchlib.reference import REFERENCE_TABLES
from patchlib.schema import OPEN_END, PLAIN_TABLES

__all__ = ["CheckResult", "raise_for_stops", "run_checks"]

# Offending rows shown of one check.
_SHOWN = 20


# Shared, because making an empty frame for each of hundreds of checks takes longer than asking them.
_NO_ROWS = pd.DataFrame()


@dataclass(frozen=True)
class CheckResult:
    """The outcome of one check.

    severity: stop or warn. row_count: offending rows, 0 is a pass. rows: the first of them.
    """

    name: str
    severity: str
    purpose: str
    row_count: int
    rows: pd.DataFrame

    def __str__(self) -> str:
        if not self.row_count:
            return f"ok    {self.name}: {self.purpose}"
        first = ", ".join(f"{name} {value}" for name, value in self.rows.iloc[0].items())
        return f"{self.severity:5} {self.name}: {self.purpose}: {self.row_count} row(s), first: {first}"


def run_checks(connection: duckdb.DuckDBPyConnection, *, empty: Set[str] = frozenset()) -> list[CheckResult]:
    """Every check over an open store: the generated ones, then `queries/checks` by name.

    empty: core relations known to hold no row; of these nothing generated is asked, and nothing comes back.
    Raises HeaderInvalid for a check whose header says neither stop nor warn.
    """
    asked = [(name, "stop", purpose, sql) for name, purpose, sql in _grain_checks(empty)]
    for query in queries.list_queries("checks"):
        if query.severity not in {"stop", "warn"}:
            raise HeaderInvalid("a check says severity: stop or warn", where=str(query.path))
        asked.append((query.name, query.severity, query.purpose, queries.compose(query)))
    counts = _counts(connection, [sql for *_, sql in asked])
    return [_result(connection, check, count) for check, count in zip(asked, counts, strict=True)]


def _counts(connection: duckdb.DuckDBPyConnection, checks: list[str]) -> list[int]:
    """Offending rows of each check; asked in one go, because most of hundreds find nothing."""
    each = (
        f"select {number} as number, count(*) as row_count from ({sql}) as offending"  # noqa: S608 - our own SQL
        for number, sql in enumerate(checks)
    )
    return [int(count) for _, count in connection.execute(" union all ".join(each) + " order by number").fetchall()]


def raise_for_stops(results: list[CheckResult], *, where: str = "") -> None:
    """Raise CheckFailed for the first check that stops and found rows."""
    for result in results:
        if result.severity == "stop" and result.row_count:
            raise CheckFailed(str(result), where=where, next_step="A load leaves the store as it was.")


def _result(connection: duckdb.DuckDBPyConnection, check: tuple[str, str, str, str], count: int) -> CheckResult:
    name, severity, purpose, sql = check
    # Nearly every check passes; only one that does not is asked a second time, for its first rows.
    rows = connection.execute(f"{sql} limit {_SHOWN}").df() if count else _NO_ROWS
    return CheckResult(name, severity, purpose, count, rows)


def _grain_checks(empty: Set[str]) -> Iterator[tuple[str, str, str]]:
    for table in (*PLAIN_TABLES, *REFERENCE_TABLES, *FEED_TABLES):
        if table.grain:
            yield _unique(table.name, table.grain)
    for entity in core_entities():
        if entity.table.name in empty:
            continue
        yield _unique(entity.table.name, entity.table.grain)
        if entity.surrogate:
            yield _unique(entity.table.name, entity.query.key, suffix=" names", nulls=True)
            continue
        yield _unique(f"{entity.table.name}_now", entity.query.key)
        yield (
            f"time {entity.table.name}",
            "a row's end comes after its start",
            f"select {', '.join(entity.query.key)}, valid_from, valid_to from {entity.table.name} "  # noqa: S608
            f"where valid_from >= valid_to or valid_to > {OPEN_END}",
        )


def _unique(table: str, grain: tuple[str, ...], *, suffix: str = "", nulls: bool = False) -> tuple[str, str, str]:
    columns = ", ".join(grain)
    unnamed = "" if nulls else "".join(f" or {column} is null" for column in grain)
    return (
        f"grain {table}{suffix}",
        f"one row per {columns}",
        f"select {columns}, count(*) as row_count from {table} group by {columns} having count(*) > 1{unnamed}",  # noqa: S608
    )

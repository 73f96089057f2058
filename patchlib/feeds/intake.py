"""What the store holds of feeds, read and written: its rows whole, and how the last attempt ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any

import duckdb
import pandas as pd

from patchlib import __version__
from patchlib.feeds.facts import ORIGIN, Facts
from patchlib.feeds.places import Held
from patchlib.feedtables import EPSS_HISTORY, FACT_TABLES

__all__ = ["Standing", "filled", "replace_rows", "standing", "write_state"]

# Rows that are handed over at once: a frame of texts, however large the feed.
_PIECE = 100_000


@dataclass(frozen=True)
class Standing:
    """What stands of a feed; None and "" where nothing does. held: the file, as the next one is compared with."""

    source: str = ""
    as_of: date | None = None
    row_count: int | None = None
    model_version: str = ""
    held: Held = field(default_factory=Held)


def standing(connection: duckdb.DuckDBPyConnection) -> dict[str, Standing]:
    """What stands of each feed that was ever asked; nothing in a store that knows no feeds yet.

    A file that another version of patchlib has read is not held: the new one may read more of it.
    """
    known = connection.execute(
        "select 1 from duckdb_tables() where database_name = current_database() "
        "and schema_name = 'core' and table_name = 'feed'"
    ).fetchall()
    if not known:
        return {}
    rows = connection.execute(
        "select feed, source, as_of_date, row_count, model_version, checksum, etag, last_modified, tool_version "
        "from core.feed"
    ).fetchall()
    return {
        feed: Standing(
            source or "",
            as_of,
            row_count,
            model or "",
            Held(source or "", checksum or "", etag or "", modified or "") if tool == __version__ else Held(),
        )
        for feed, source, as_of, row_count, model, checksum, etag, modified, tool in rows
    }


def filled(connection: duckdb.DuckDBPyConnection, feed: str) -> dict[str, int]:
    """How many rows of a feed tell each column, by table.column; scores of earlier days are left out."""
    found: dict[str, int] = {}
    for table in FACT_TABLES:
        names = [column.name for column in table.columns if column.name not in ORIGIN]
        if table.name == f"core.{EPSS_HISTORY}" and feed == "epss":
            continue
        counts = ", ".join(f"count({name})" for name in names)
        row = connection.execute(
            f"select {counts} from {table.name} where feed = $feed",  # noqa: S608 - our own names
            {"feed": feed},
        ).fetchone()
        found |= {f"{table.name}.{name}": int(count) for name, count in zip(names, row or (), strict=True)}
    return found


def write_state(connection: duckdb.DuckDBPyConnection, feed: str, values: Mapping[str, Any]) -> None:
    """Put values into the feed's row of `core.feed`, which is made where it is missing; the others stay."""
    connection.execute(
        "insert into core.feed (feed) select $feed where $feed not in (select feed from core.feed)", {"feed": feed}
    )
    changes = ", ".join(f"{name} = ${name}" for name in values)
    connection.execute(f"update core.feed set {changes} where feed = $feed", {"feed": feed, **values})  # noqa: S608


def replace_rows(connection: duckdb.DuckDBPyConnection, feed: str, source: str, facts: Facts) -> None:
    """Put the facts in the place of every row that the feed has in any table; scores of another day become history."""
    if feed == "epss":
        _keep_scores(connection, facts.as_of)
    for table in FACT_TABLES:
        if table.name == f"core.{EPSS_HISTORY}" and feed == "epss":
            continue
        connection.execute(f"delete from {table.name} where feed = $feed", {"feed": feed})  # noqa: S608 - our own names
        columns = [column for column in table.columns if column.name not in ORIGIN]
        names = [column.name for column in columns]
        casts = ", ".join(f"cast({column.name} as {column.type}) as {column.name}" for column in columns)
        for piece in _pieces(facts.rows.get(table.name, {}).values()):
            # As texts: a column of objects would be guessed at from its first rows.
            frame = pd.DataFrame([[_text(value) for value in row] for row in piece], columns=names, dtype="str")
            connection.register("feed_rows", frame)
            connection.execute(
                f"insert into {table.name} by name select {casts}, $feed as feed, $source as source, "  # noqa: S608
                "cast($as_of as date) as as_of_date from feed_rows",
                {"feed": feed, "source": source, "as_of": facts.as_of},
            )
            connection.unregister("feed_rows")


def _keep_scores(connection: duckdb.DuckDBPyConnection, coming: date | None) -> None:
    """Keep the scores that stand, of vulnerabilities that something in the store names, unless they are of that day.

    All that FIRST scores would be a third of a million rows a day, nearly all of what nobody here will ever ask for.
    """
    standing_day = "(select score_date from core.epss where feed = 'epss' union select $coming)"
    connection.execute(
        f"delete from core.{EPSS_HISTORY} where feed = 'epss' and score_date in {standing_day}",  # noqa: S608
        {"coming": coming},
    )
    connection.execute(
        f"insert into core.{EPSS_HISTORY} by name "  # noqa: S608 - our own names
        "select cve_id, score_date, epss_share, percentile_share, model_version, feed, source, as_of_date "
        "from core.epss where feed = 'epss' and score_date is distinct from $coming and score_date is not null "
        "and cve_id in (select cve_id from core.kev union all select cve_id from core.advisory_cve "
        "union all select cve_id from core.windows_kb_cve)",
        {"coming": coming},
    )


def _pieces(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    left = iter(rows)
    while piece := list(islice(left, _PIECE)):
        yield piece


def _text(value: Any) -> str | None:
    return None if value is None else value.isoformat() if isinstance(value, date) else str(value)

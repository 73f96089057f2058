"""The store: one DuckDB file, opened read-only by many; `patchlib.load` replaces it whole.

Every connection is made here: times are UTC, nothing is fetched from the network, the file is open to its
owner only, and DuckDB's refusals become one line with a next step.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from patchlib.errors import SchemaMismatch, StoreLocked, StoreMissing

__all__ = ["FORMAT", "REBUILD", "connect", "owner_only"]

FORMAT = 2
REBUILD = "Build it anew from the snapshots: `patchlib load data/local/snapshots/* --store NEW_FILE`."

# Readable by DuckDB 1.5 and later; the newest format of 2.0 cannot be read by 1.5 and saves no space.
_STORAGE_VERSION = "v1.5.0"
# Nothing is fetched behind the user's back, and a Python variable is never taken for a table.
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
}


def connect(path: str | Path, *, read_only: bool = True) -> duckdb.DuckDBPyConnection:
    """Open a store; a file that is missing is created when it may be written.

    Times are UTC and nothing is fetched from the network. The file is open to its owner only.
    Raises StoreMissing, StoreLocked (naming the process that holds it), SchemaMismatch.
    """
    path = Path(path)
    exists = path.exists()
    if read_only and not exists:
        raise StoreMissing(
            "there is no store here", where=str(path), next_step="Run `patchlib extract`, or name one with --store."
        )
    connection = duckdb.connect(config=_CONFIG)
    mode = "read_only" if read_only else f"storage_version '{_STORAGE_VERSION}'"
    quoted = str(path).replace("'", "''")
    try:
        with owner_only():
            connection.execute(f"attach '{quoted}' as store ({mode})")
        # What does not fit in memory goes beside the store, not into whichever folder the user stands in.
        connection.execute(f"use store; set TimeZone = 'UTC'; set temp_directory = '{quoted}.tmp'")
        _check_format(connection, path, exists=exists)
    except duckdb.Error as error:
        connection.close()
        raise _fault(path, str(error)) from error
    except SchemaMismatch:
        connection.close()
        raise
    return connection


@contextmanager
def owner_only() -> Iterator[None]:
    """Files made meanwhile are open to their owner only: the store knows every gap of the estate."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def _check_format(connection: duckdb.DuckDBPyConnection, path: Path, *, exists: bool) -> None:
    if not exists:
        connection.execute("create schema core; create table core.store_format (format_number integer)")
        connection.execute("insert into core.store_format values ($number)", {"number": FORMAT})
        return
    try:
        # fetchall, because a result that is not read to its end keeps the connection in use (DuckDB 2).
        [row] = connection.execute("select max(format_number) from store.core.store_format").fetchall()
    except duckdb.CatalogException:  # asking first whether it is there would look through all tables
        row = (None,)
    if row[0] is None:
        raise SchemaMismatch(
            "this database is not a patchlib store", where=str(path), next_step="Name another with --store."
        )
    if row[0] > FORMAT:
        raise SchemaMismatch(
            f"the store has format {row[0]}, this patchlib reads {FORMAT}",
            where=str(path),
            next_step="Use the newer patchlib that wrote it.",
        )
    if row[0] < FORMAT:
        raise SchemaMismatch(f"the store has the older format {row[0]}", where=str(path), next_step=REBUILD)


def _fault(path: Path, message: str) -> StoreMissing | StoreLocked | SchemaMismatch:
    """DuckDB's refusal in words, with the next step."""
    first = message.splitlines()[0]
    holder = re.search(r"held in (\S+) \(PID (\d+)\)", message)
    if "Could not set lock" in message or "Unique file handle conflict" in message:
        who = f"process {holder[2]} ({Path(holder[1]).name})" if holder else "another connection"
        return StoreLocked(
            f"{who} has the store open for writing", where=str(path), next_step="Wait until it ends, then try again."
        )
    if "version number" in message:
        return SchemaMismatch(
            f"this DuckDB cannot read the store: {first}", where=str(path), next_step="Install a newer duckdb."
        )
    if "not a valid DuckDB" in message or "WAL" in message:
        return SchemaMismatch(f"the file is no whole store: {first}", where=str(path), next_step=REBUILD)
    return StoreMissing(
        f"the store cannot be opened: {first}", where=str(path), next_step="Check the path and its rights."
    )

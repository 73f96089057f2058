"""One writer at a time, beside the live store, swapped in whole: what `load` and `feeds update` both keep to.

    lock -> copy of the live file -> the writer's work -> checkpoint -> swap

The swap is a rename under a lock, so a reader sees the old or the new store and never half of one; a
killed writer leaves the old file as it was.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import duckdb

from patchlib.entities import create_tables
from patchlib.errors import DataError, StoreLocked
from patchlib.lock import only_one
from patchlib.packages import fill_packages
from patchlib.store import connect, owner_only

__all__ = ["next_store", "only_writer"]


@contextmanager
def only_writer(path: Path) -> Iterator[None]:
    """Be the store's one writer until the block ends; its folder is made.

    Raises StoreLocked when another process is, and DataError for a full disk or missing rights.
    """
    with _writing(path), owner_only(), _locked(path):
        yield


@contextmanager
def next_store(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of the store to write to, with all its tables; it becomes the store when the block ends well.

    What the block brought is taken apart into packages, whoever the writer is.

    To be used within `only_writer`. A store that is missing is made. Raises StoreLocked where another program has
    left its log.
    """
    aside = path.with_name(f"{path.name}.new")
    log = _log(aside)
    for leftover in (aside, log):
        leftover.unlink(missing_ok=True)
    _refuse_log(path)
    try:
        if path.exists():
            shutil.copyfile(path, aside)
        connection = connect(aside, read_only=False)
        try:
            create_tables(connection)
            yield connection
            fill_packages(connection)
            connection.execute("checkpoint store")
        finally:
            connection.close()
        _swap(aside, path)
    finally:
        for leftover in (aside, log):
            leftover.unlink(missing_ok=True)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """The store's folder, and a full disk or missing rights in words."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        yield
    except (OSError, duckdb.Error) as error:
        if isinstance(error, duckdb.Error) and "Could not write" not in str(error):
            raise
        fault = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise DataError(
            f"the store cannot be written: {fault}",
            where=str(path),
            next_step="Make room or check its rights, then try again.",
        ) from error


def _locked(path: Path) -> AbstractContextManager[str]:
    """Hold the store's lock file; StoreLocked when another process does."""

    def refusal(holder: str) -> StoreLocked:
        return StoreLocked(f"{holder} is writing the store", where=str(path), next_step="Wait until it ends.")

    return only_one(path.with_name(f"{path.name}.lock"), refusal)


def _log(path: Path) -> Path:
    return path.with_name(f"{path.name}.wal")


def _refuse_log(path: Path) -> None:
    # A log beside a store belongs to that very file; swapped under it, the next open would fail.
    if _log(path).exists():
        raise StoreLocked(
            "another program has written to the store and left its log",
            where=str(_log(path)),
            next_step="Open and close the store once with DuckDB to fold the log in, or move it away.",
        )


def _swap(aside: Path, path: Path) -> None:
    """Put the finished file in the live one's place, durably."""
    _refuse_log(path)
    if _log(aside).exists():
        raise StoreLocked("the new store still has a log after its checkpoint", where=str(_log(aside)))
    _flush(aside)
    aside.replace(path)
    _flush(path.parent)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

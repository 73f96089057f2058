"""Loading snapshots into the store: beside the live file, checked, then swapped in whole.

    copy of the live file -> each snapshot in one transaction -> checks -> checkpoint -> swap

The copy, the lock and the swap are `patchlib.swap`'s: a killed load leaves the old file as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from patchlib import paths
from patchlib.checks import CheckResult, raise_for_stops, run_checks
from patchlib.entities import core_entities
from patchlib.errors import SnapshotIncomplete, StoreRefused
from patchlib.feedtables import FEED_TABLES
from patchlib.history import merge, take_back
from patchlib.raw import load_pages, load_records, naive, refuse_foreign_rows, verify_files
from patchlib.reference import REFERENCE_TABLES
from patchlib.schema import PLAIN_TABLES
from patchlib.snapshot import Manifest, open_snapshot
from patchlib.store import REBUILD, connect
from patchlib.swap import next_store, only_writer

__all__ = ["Loaded", "load", "load_as_taken", "refuse_late"]

# Compressed pages of some thousand nodes. Below, two threads took 1.4 times the processor's time of one (measured).
_SMALL_BYTES = 50_000_000


@dataclass(frozen=True)
class Loaded:
    """What one snapshot did to the store.

    is_new: false when it had been loaded before. row_count: raw rows taken in. change_count: history rows
    opened and closed. warnings: checks that warn and found rows.
    """

    snapshot_id: str
    is_new: bool
    row_count: int = 0
    change_count: int = 0
    warnings: tuple[CheckResult, ...] = ()

    def __str__(self) -> str:
        if not self.is_new:
            return f"{self.snapshot_id}: loaded before, nothing changed"
        counted = f"{self.row_count:,} rows read, {self.change_count:,} changes"
        return "\n".join([f"{self.snapshot_id}: {counted}", *map(str, self.warnings)])


def load(snapshots: Sequence[str | Path], store: str | Path) -> list[Loaded]:
    """Load snapshots into a store, oldest first; all or none.

    The store is created when missing. A snapshot that is in the store already changes nothing.
    Raises SnapshotInvalid, SnapshotIncomplete, StoreRefused (older than the store's latest, its base missing, or not
    AWS's own data for the real store), CheckFailed, StoreLocked and DataError (disk full, no rights);
    the live store is then as it was.
    """
    path = Path(store)
    opened = [(open_snapshot(Path(folder)), Path(folder)) for folder in snapshots]
    opened.sort(key=lambda pair: (pair[0].taken_at, pair[0].snapshot_id))
    for manifest, folder in opened:
        _refuse_unfit(manifest, folder, path)
    with only_writer(path):
        known = _known_snapshots(path)
        once = {manifest.snapshot_id: (manifest, folder) for manifest, folder in opened}
        fresh = [pair for snapshot_id, pair in once.items() if snapshot_id not in known]
        _refuse_older(fresh, known)
        _refuse_baseless(fresh, known)
        done = _load_beside(fresh, path) if fresh else {}
    return [done.get(manifest.snapshot_id, Loaded(manifest.snapshot_id, is_new=False)) for manifest, _ in opened]


def load_as_taken(snapshots: Iterable[Path], store: str | Path) -> list[Loaded]:
    """Load snapshots while they are being taken, oldest first, into one next store; all or none.

    snapshots: each is asked for when the one before is loaded. The store's lock is held meanwhile.
    Raises what `load` raises, and what `snapshots` raises; the live store is then as it was.
    """
    path, done = Path(store), []
    with only_writer(path):
        known = _known_snapshots(path)
        with next_store(path) as connection:
            for folder in snapshots:
                manifest = open_snapshot(folder)
                _refuse_unfit(manifest, folder, path)
                _refuse_older([(manifest, folder)], known)
                _refuse_baseless([(manifest, folder)], known)
                done.append(_take_in(connection, manifest, folder, path))
                known[manifest.snapshot_id] = naive(manifest.taken_at)
    return done


def _refuse_unfit(manifest: Manifest, folder: Path, path: Path) -> None:
    if not manifest.finished:
        raise SnapshotIncomplete(
            "this snapshot was cut short",
            where=str(folder),
            next_step=f"Go on with `patchlib extract --resume {manifest.snapshot_id}`.",
        )
    if _is_real(path) and not manifest.is_aws:
        raise StoreRefused(
            f"{manifest.endpoint or 'a folder'} is not AWS, and this is the store of the real estate",
            where=str(path),
            next_step="Name another store with --store.",
        )


def _is_real(path: Path) -> bool:
    return path.resolve() == paths.REAL_STORE.resolve()


def _refuse_older(fresh: list[tuple[Manifest, Path]], known: dict[str, datetime]) -> None:
    latest = max(known.values(), default=None)
    for manifest, folder in fresh:
        if latest is not None and naive(manifest.taken_at) < latest:
            raise StoreRefused(
                f"the snapshot is older than the store's latest, of {latest:%Y-%m-%dT%H:%M:%SZ}",
                where=str(folder),
                next_step=f"History is written forward. {REBUILD}",
            )


def refuse_late(folder: Path, store: Path) -> None:
    """Raise StoreRefused, before its calls are made, for a snapshot that would be older than the store's latest.

    folder: of a snapshot that was begun, whole or not. Raises SnapshotInvalid when there is none.
    """
    _refuse_older([(open_snapshot(folder), folder)], _known_snapshots(store))


def _refuse_baseless(fresh: list[tuple[Manifest, Path]], known: dict[str, datetime]) -> None:
    """What a snapshot has not asked again is in its base: without that the store would miss it."""
    held = set(known)
    for manifest, folder in fresh:
        if manifest.base_snapshot is not None and manifest.base_snapshot not in held:
            raise StoreRefused(
                f"the snapshot builds on {manifest.base_snapshot}, which this store does not hold",
                where=str(folder),
                next_step="Load that one too, or take a whole snapshot with `patchlib extract --full`.",
            )
        held.add(manifest.snapshot_id)


def _known_snapshots(path: Path) -> dict[str, datetime]:
    if not path.exists():
        return {}
    connection = connect(path)
    try:
        rows = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'core' and table_name = 'snapshot'"
        ).fetchall()
        return dict(connection.execute("select snapshot_id, taken_at from core.snapshot").fetchall()) if rows else {}
    finally:
        connection.close()


def _load_beside(fresh: list[tuple[Manifest, Path]], path: Path) -> dict[str, Loaded]:
    """Build the next store beside the live one and swap it in."""
    with next_store(path) as connection:
        return {manifest.snapshot_id: _take_in(connection, manifest, folder, path) for manifest, folder in fresh}


def _take_in(connection: duckdb.DuckDBPyConnection, manifest: Manifest, folder: Path, path: Path) -> Loaded:
    """One snapshot in one transaction."""
    verify_files(folder, manifest)
    # What is small is read sooner by one thread: a hundred short statements wait for no other. The default otherwise.
    is_small = sum(cell.bytes for cell in manifest.cells) < _SMALL_BYTES
    connection.execute("set threads = 1" if is_small else "reset threads")
    taken_at = naive(manifest.taken_at)
    connection.execute("begin")
    same_instant = connection.execute(
        "select 1 from core.snapshot where taken_at = $taken_at", {"taken_at": taken_at}
    ).fetchone()
    load_records(connection, folder, manifest)
    _load_service_tags(connection, manifest)
    filled = _filled(connection)
    taken = load_pages(connection, folder, manifest, filled=filled)
    filled |= {table for table, count in taken.items() if count}
    if _is_real(path):
        refuse_foreign_rows(connection, manifest)
    change_count, entities = 0, core_entities()
    for entity in entities:
        # Where nothing was and nothing came there is nothing to compare.
        if filled.isdisjoint({entity.table.name, *(name.removesuffix("_now") for name in entity.query.inputs)}):
            continue
        if same_instant:
            take_back(connection, entity, taken_at)
        changed = merge(connection, entity, taken_at)
        filled |= {entity.table.name} if changed else set()
        change_count += changed
    empty = {entity.table.name for entity in entities} - filled
    results = run_checks(connection, empty=empty)
    raise_for_stops(results, where=manifest.snapshot_id)
    connection.execute("commit")
    warned = tuple(result for result in results if result.severity == "warn" and result.row_count)
    return Loaded(manifest.snapshot_id, True, sum(taken.values()), change_count, warned)


def _load_service_tags(connection: duckdb.DuckDBPyConnection, manifest: Manifest) -> None:
    """The tags that name a service, as the snapshot's settings say; those of an earlier snapshot no longer count."""
    connection.execute("delete from core.service_tag")
    for place, key in enumerate(manifest.settings.get("service_tags", ()), start=1):
        connection.execute("insert into core.service_tag values ($key, $place)", {"key": key, "place": place})


def _filled(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Raw and core tables that hold rows, facts from files and feeds apart."""
    given = {table.name for table in (*PLAIN_TABLES, *REFERENCE_TABLES, *FEED_TABLES)}
    rows = connection.execute(
        "select schema_name || '.' || table_name from duckdb_tables() "
        "where database_name = current_database() and estimated_size > 0"
    ).fetchall()
    return {name for (name,) in rows} - given

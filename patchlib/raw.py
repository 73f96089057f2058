"""Loading: the pages of one snapshot into the raw tables of an open store, and what was read into the ledger.

Each source is one bulk read over all its page files. A unit (a cell, or one item of a per-item source) is
replaced whole where the manifest says it was read, and left alone elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Set
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import duckdb

from patchlib.errors import SnapshotInvalid, StoreRefused
from patchlib.ledger import load_ledger
from patchlib.pagerows import key_of, rows_of, take_in
from patchlib.snapshot import CellRecord, Manifest
from patchlib.sources import STORED, Source, accumulates

__all__ = ["load_pages", "load_records", "naive", "refuse_foreign_rows", "verify_files"]

# A manifest of 100 000 items is a few MB [bytes].
_LARGEST_LINE = 256 * 1024 * 1024
_READ = ("ok", "empty", "removed")
_STEP = "Copy the snapshot again, or take a new one with `patchlib extract`."

_CELL = (
    "STRUCT(account_id VARCHAR, region VARCHAR, source VARCHAR, service VARCHAR, operation VARCHAR, state VARCHAR, "
    "pages BIGINT, items BIGINT, calls BIGINT, retries BIGINT, seconds DOUBLE, error_code VARCHAR, "
    "error_message VARCHAR, observed_at TIMESTAMP, rate DOUBLE, throttles BIGINT, complete_to TIMESTAMP, "
    "refusal VARCHAR, "
    "note VARCHAR, "
    "read_items VARCHAR[], kept_items VARCHAR[])[]"
)
_EXCLUSION = (
    "STRUCT(node_id VARCHAR, tag_key VARCHAR, tag_value VARCHAR, reason VARCHAR, owner VARCHAR, expires_on DATE)[]"
)


def naive(moment: datetime) -> datetime:
    """An instant as the store keeps it: UTC without a zone."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def verify_files(folder: Path, manifest: Manifest) -> None:
    """Compare every page file with its checksum. Raises SnapshotInvalid naming the file."""
    named = [(cell.file, cell.sha256) for cell in manifest.cells] + [
        (cell.kept_file, cell.kept_sha256) for cell in manifest.cells
    ]
    for relative, sha256 in named:
        if relative is None:
            continue
        path = _page_file(folder, relative)
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise SnapshotInvalid(
                f"a page file is missing: {error.strerror}", where=str(path), next_step=_STEP
            ) from error
        if found != sha256:
            raise SnapshotInvalid("a page file does not fit its checksum", where=str(path), next_step=_STEP)


def _page_file(folder: Path, named: str) -> Path:
    relative = PurePosixPath(named)
    if relative.is_absolute() or ".." in relative.parts:
        raise SnapshotInvalid("the manifest names a file outside the snapshot", where=str(relative), next_step=_STEP)
    return folder / relative


def load_records(connection: duckdb.DuckDBPyConnection, folder: Path, manifest: Manifest) -> None:
    """The snapshot's own row, its ledger, its exclusions, and one observation per unit that was read."""
    facts = {
        "snapshot_id": manifest.snapshot_id,
        "taken_at": naive(manifest.taken_at),
        "endpoint": manifest.endpoint,
        "is_aws": manifest.is_aws,
        "arn": manifest.caller.arn,
        "account_id": manifest.caller.account_id,
        "organization_id": manifest.organization_id,
        "tool_version": manifest.tool_version,
        "finished": manifest.finished,
        "base": manifest.base_snapshot,
        "inputs": ", ".join(each.address for each in manifest.inputs) or None,
    }
    connection.execute(
        "insert into core.snapshot values ($snapshot_id, $taken_at, $endpoint, $is_aws, $arn, $account_id, "
        "$organization_id, $tool_version, $finished, $base, $inputs)",
        facts,
    )
    _read_manifest(connection, folder)
    here = {"snapshot_id": facts["snapshot_id"], "taken_at": facts["taken_at"]}
    load_ledger(connection, here)
    connection.execute("delete from core.exclusion")
    connection.execute(
        "insert into core.exclusion by name select r.* from (select unnest(exclusions) as r from manifest) as rules"
    )
    named: dict[str, list[str]] = {unit: [] for unit in ("item", "cell", "key", "watermark")}
    for source in STORED:
        named[source.unit].append(source.name)
    connection.execute(_OBSERVE, here | named)


def _read_manifest(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    columns = {"cells": _CELL, "exclusions": _EXCLUSION}
    connection.execute(
        f"create or replace temp table manifest as select cells, exclusions from read_json($path, "  # noqa: S608
        f"format = 'unstructured', maximum_object_size = {_LARGEST_LINE}, columns = {columns})",
        {"path": str(folder / "manifest.json")},
    )
    connection.execute(
        "create or replace temp table manifest_cell as "
        "select c.* from (select unnest(cells) as c from manifest) as cells"
    )


_OBSERVE = """
insert into core.observation
select
    (select coalesce(max(observation_id), 0) from core.observation)
    + row_number() over (order by account_id, region, source, item),
    $snapshot_id, account_id, region, source, item, coalesce(observed_at, $taken_at)
from (
    select account_id, region, source, null as item, observed_at
    from manifest_cell
    where (read_items is null and state in ('ok', 'empty') and source in (select unnest(list_concat($cell, $item))))
        or (source in (select unnest($watermark) union all select unnest($key)) and state in ('ok', 'partial'))
    union all
    select account_id, region, source, unnest(read_items) as item, observed_at
    from manifest_cell
    where source in (select unnest($item)) and state in ('ok', 'empty', 'kept', 'partial')
) as units
"""


def load_pages(
    connection: duckdb.DuckDBPyConnection, folder: Path, manifest: Manifest, *, filled: Set[str] | None = None
) -> dict[str, int]:
    """Every source's rows into its raw table; returns the number of rows taken in by table.

    filled: tables that may hold rows already; any may unless said.
    Raises SnapshotInvalid when rows and manifest disagree, or a page cannot be read.
    """
    taken: dict[str, int] = {}
    for source in STORED:
        cells = [cell for cell in manifest.cells if cell.source == source.name and _is_taken(source, cell)]
        table = f"raw.{source.name}"
        if cells:
            is_filled = filled is None or table in filled
            taken[table] = _load_source(connection, folder, manifest, source, cells, is_filled=is_filled)
    return taken


def _is_taken(source: Source, cell: CellRecord) -> bool:
    return cell.state in _READ or (source.unit != "cell" and cell.state in {"kept", "partial"})


def _load_source(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    manifest: Manifest,
    source: Source,
    cells: list[CellRecord],
    *,
    is_filled: bool,
) -> int:
    if is_filled:
        _remove_replaced(connection, manifest, source)
    files = [str(_page_file(folder, cell.file)) for cell in cells if cell.file]
    if not files:
        return 0
    bound = {"source": source.name, "snapshot_id": manifest.snapshot_id}
    try:
        connection.execute(f"create or replace temp table page_row as {rows_of(source)}", {"files": files})
        counted = _counted(connection, source)
        _compare_counts(source, cells, counted)
        _keep_last(connection, source, counted)
        if is_filled and source.unit in {"key", "watermark"}:
            _remove_renewed(connection, source)
        inserted = connection.execute(take_in(source), bound).fetchone()
    except duckdb.Error as error:
        fault = str(error).splitlines()[0]
        raise SnapshotInvalid(
            f"a page of {source.name} cannot be read: {fault}", where=str(folder), next_step=_STEP
        ) from error
    return int(inserted[0]) if inserted else 0


def _remove_replaced(connection: duckdb.DuckDBPyConnection, manifest: Manifest, source: Source) -> None:
    """Take out what this snapshot has read anew, and what its whole listings no longer hold."""
    table = f"raw.{source.name}"
    bound = {"source": source.name}
    if any(cell.state == "removed" for cell in manifest.cells if cell.source == source.name):
        connection.execute(
            f"delete from {table} where (account_id, region) in (select (account_id, region) "  # noqa: S608
            "from manifest_cell where source = $source and state = 'removed')",
            bound,
        )
    if source.unit == "item":
        connection.execute(
            f"delete from {table} where (account_id, region, item) in (select (account_id, region, item) "  # noqa: S608
            "from core.observation where snapshot_id = $snapshot_id and source = $source)",
            bound | {"snapshot_id": manifest.snapshot_id},
        )
    if accumulates(source):
        return
    # Items that a run did not ask again, because nothing had changed, stay; all others are gone from the listing.
    connection.execute(
        f"delete from {table} as t where exists (select 1 from manifest_cell as m where m.source = $source "  # noqa: S608
        "and m.account_id = t.account_id and m.region = t.region and (m.state in ('ok', 'empty') "
        "or (m.state = 'kept' and m.kept_items is not null)) "
        "and not list_contains(coalesce(m.kept_items, []), coalesce(t.item, '')))",
        bound,
    )


class _Counted(NamedTuple):
    """What one cell has on its pages. named: rows that give their whole name; names: how many names these are."""

    account_id: str
    region: str
    rows: int
    last_attempt: int
    last_page: int
    named: int
    names: int


def _counted(connection: duckdb.DuckDBPyConnection, source: Source) -> list[_Counted]:
    """All that is asked of `page_row` in one go: a small page is read sooner than a question is planned."""
    key = key_of(source)
    whole = " and ".join(f"{value} is not null" for value in key.values()) or "false"
    rows = connection.execute(
        "select account_id, region, count(row_), max(attempt), max(page), "  # noqa: S608 - our own names
        f"count(*) filter (where {whole}), count(distinct ({_name(key)})) filter (where {whole}) "
        "from page_row group by account_id, region"
    ).fetchall()
    return [_Counted(*row) for row in rows]


def _name(key: dict[str, str]) -> str:
    return ", ".join(("account_id", "region", "item", *key.values()))


def _keep_last(connection: duckdb.DuckDBPyConnection, source: Source, counted: list[_Counted]) -> None:
    """Of what came twice keep what came last: an item asked again, a row on two pages because the listing moved."""
    if any(cell.last_attempt for cell in counted):
        connection.execute(
            "delete from page_row as p where attempt < (select max(attempt) from page_row as l "
            "where l.account_id = p.account_id and l.region = p.region and l.item is not distinct from p.item)"
        )
        counted = _counted(connection, source)
    key = key_of(source)
    if key and any(cell.last_page or cell.named > cell.names for cell in counted):
        # A row that does not give its whole name is the same only where all of it comes again on a later page.
        whole = " and ".join(f"{value} is not null" for value in key.values())
        connection.execute(
            "create or replace temp table page_row as select * from page_row "  # noqa: S608 - our own names
            f"qualify case when {whole} then row_number() over (partition by {_name(key)} "
            "order by page desc, rowid desc) = 1 "
            "else page = max(page) over (partition by account_id, region, item, row_) end"
        )


def _remove_renewed(connection: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Take out the rows that came again by name."""
    key = key_of(source)
    columns = ", ".join(f't."{column}"' for column in key)
    connection.execute(
        f"delete from raw.{source.name} as t where (t.account_id, t.region, {columns}) in "  # noqa: S608
        f"(select (account_id, region, {', '.join(key.values())}) from page_row)"
    )


def _compare_counts(source: Source, cells: list[CellRecord], counted: list[_Counted]) -> None:
    found = {(cell.account_id, cell.region): cell.rows for cell in counted}
    for cell in cells:
        rows = found.pop((cell.account_id, cell.region), 0)
        if rows != cell.items:
            raise SnapshotInvalid(
                f"the manifest counts {cell.items} rows, the pages hold {rows}",
                where=cell.file or source.name,
                next_step=_STEP,
            )
    if found:
        (account_id, region), rows = found.popitem()
        raise SnapshotInvalid(
            f"{rows} rows of {source.name} belong to no cell of the manifest", where=f"{account_id} {region}"
        )


def refuse_foreign_rows(connection: duckdb.DuckDBPyConnection, manifest: Manifest) -> None:
    """Raise StoreRefused when a cell was read by another identity than its account's own reader.

    What came from a bucket says whose it is itself; there the bucket's owner, whom S3 confirmed, takes that place.
    """
    known = connection.execute(
        "select i.account_id, i.account from raw.sts_caller_identity as i "
        "inner join core.observation as o on o.observation_id = i.observation_id where o.snapshot_id = $snapshot_id",
        {"snapshot_id": manifest.snapshot_id},
    ).fetchall()
    own = {manifest.caller.account_id} | {account_id for account_id, reader in known if account_id == reader}
    foreign = [account_id for account_id, reader in known if account_id != reader]
    if not manifest.inputs or any(place.owner is None for place in manifest.inputs):
        foreign += [cell.account_id for cell in manifest.cells if cell.file and cell.account_id not in own]
    if foreign:
        raise StoreRefused(
            "the reader of an account is not that account's own",
            where=f"{manifest.snapshot_id}, account {foreign[0]}",
            next_step="Name another store with --store, or extract with the account's own reader role.",
        )

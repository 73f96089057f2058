"""Loading: the pages of one snapshot into the raw tables of an open store, and what was read into the ledger.

Each source is one bulk read over all its page files. A unit (a cell, or one item of a per-item source) is
replaced whole where the manifest says it was read, and left alone elsewhere.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import duckdb

from patchlib.errors import SnapshotInvalid, StoreRefused
from patchlib.ledger import load_ledger
from patchlib.observation import load_observations
from patchlib.schema import raw_table
from patchlib.snapshot import CellRecord, Manifest
from patchlib.sources import STORED, Source, accumulates
from patchlib.sources.declaration import steps

__all__ = ["load_pages", "load_records", "naive", "refuse_foreign_rows", "verify_files"]

# A page of 1000 instances with many tags is a few MB; a manifest of 100 000 items as well [bytes].
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
    load_observations(connection, here)


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


def load_pages(connection: duckdb.DuckDBPyConnection, folder: Path, manifest: Manifest) -> dict[str, int]:
    """Every source's rows into its raw table; returns the number of rows taken in by table.

    Raises SnapshotInvalid when rows and manifest disagree, or a page cannot be read.
    """
    taken: dict[str, int] = {}
    for source in STORED:
        cells = [cell for cell in manifest.cells if cell.source == source.name and _is_taken(source, cell)]
        if cells:
            taken[f"raw.{source.name}"] = _load_source(connection, folder, source, cells)
    return taken


def _is_taken(source: Source, cell: CellRecord) -> bool:
    return cell.state in _READ or (source.unit != "cell" and cell.state in {"kept", "partial"})


def _load_source(connection: duckdb.DuckDBPyConnection, folder: Path, source: Source, cells: list[CellRecord]) -> int:
    _remove_replaced(connection, source)
    files = [str(_page_file(folder, cell.file)) for cell in cells if cell.file]
    if not files:
        return 0
    bound = {"source": source.name}
    try:
        connection.execute(f"create or replace temp table page_row as {_rows_of(source)}", {"files": files})
        _compare_counts(connection, source, cells)
        _keep_last(connection, source)
        inserted = connection.execute(_take_in(source), bound).fetchone()
    except duckdb.Error as error:
        fault = str(error).splitlines()[0]
        raise SnapshotInvalid(
            f"a page of {source.name} cannot be read: {fault}", where=str(folder), next_step=_STEP
        ) from error
    return int(inserted[0]) if inserted else 0


def _remove_replaced(connection: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Take out what this snapshot has read anew, and what its whole listings no longer hold."""
    table = f"raw.{source.name}"
    bound = {"source": source.name}
    connection.execute(
        f"delete from {table} where (account_id, region) in (select (account_id, region) "  # noqa: S608
        "from manifest_cell where source = $source and state = 'removed')",
        bound,
    )
    if source.unit == "item":
        connection.execute(
            f"delete from {table} where (account_id, region, item) in (select (account_id, region, item) "  # noqa: S608
            "from unit_read where source = $source)",
            bound,
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


def _keep_last(connection: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Of what came twice keep what came last: an item asked again, a row on two pages because the listing moved."""
    tried = connection.execute("select max(attempt) from page_row").fetchone()
    if tried and tried[0]:
        connection.execute(
            "delete from page_row as p where attempt < (select max(attempt) from page_row as l "
            "where l.account_id = p.account_id and l.region = p.region and l.item is not distinct from p.item)"
        )
    named = _key_of(source)
    if not named:
        return
    key = ", ".join(("account_id", "region", "item", *named.values()))
    whole = " and ".join(f"{value} is not null" for value in named.values())
    repeated = connection.execute(
        f"select max(page) > 0 or count(*) filter (where {whole}) "  # noqa: S608 - our own names
        f"> count(distinct ({key})) filter (where {whole}) from page_row"
    ).fetchone()
    if repeated and repeated[0]:
        # A row that does not give its whole name is the same only where all of it comes again on a later page.
        connection.execute(
            "create or replace temp table page_row as select * from page_row "  # noqa: S608 - our own names
            f"qualify case when {whole} then row_number() over (partition by {key} order by page desc, rowid desc) = 1 "
            "else page = max(page) over (partition by account_id, region, item, row_) end"
        )
    if source.unit in {"key", "watermark"}:
        columns = ", ".join(f't."{column}"' for column in named)
        connection.execute(
            f"delete from raw.{source.name} as t where (t.account_id, t.region, {columns}) in "  # noqa: S608
            f"(select (account_id, region, {', '.join(named.values())}) from page_row)"
        )


def _key_of(source: Source) -> dict[str, str]:
    """The columns that name a row, with the expression of each over page_row."""
    columns = {member.name: member.column for member in source.members}
    if _is_plain(source):
        return {"value": "row_"} if source.key else {}
    return {
        columns.get(name, name): f'row_."{name}"'
        if name in columns
        else f"json_extract_string(request, '$.{source.request_columns[name]}')"
        for name in source.key
    }


def _compare_counts(connection: duckdb.DuckDBPyConnection, source: Source, cells: list[CellRecord]) -> None:
    counted = connection.execute(
        "select account_id, region, count(row_) from page_row group by account_id, region"
    ).fetchall()
    found = {(account_id, region): count for account_id, region, count in counted}
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


def _is_plain(source: Source) -> bool:
    """Whether a row is a value and no structure."""
    return [member.name for member in source.members] == ["Value"]


def _response_type(source: Source) -> str:
    """The DuckDB type of a page's response, with the members the store keeps."""
    members = [f'"{member.name}" {member.type}' for member in source.members]
    last = steps(source.items)[-1:] or [""]
    plain = _is_plain(source) and last[0].endswith("[]")
    found = source.members[0].type if plain else f"STRUCT({', '.join(members)})"
    for step in reversed(steps(source.items)):
        many = "[]" if step.endswith("[]") else ""
        found = f'STRUCT("{step.removesuffix("[]")}" {found}{many})'
    return found


def _rows_of(source: Source) -> str:
    """SQL over `$files`: one row per row of the answers, as a struct `row_`, with its page's request."""
    columns = {
        "account_id": "VARCHAR",
        "region": "VARCHAR",
        "item": "VARCHAR",
        "page": "BIGINT",
        "attempt": "BIGINT",
        "request": "JSON",
        "response": _response_type(source),
    }
    sql = (
        "select account_id, region, item, page, attempt, request, response as row_ from read_json($files, "  # noqa: S608 - values bound
        f"format = 'newline_delimited', compression = 'gzip', maximum_object_size = {_LARGEST_LINE}, "
        f"columns = {columns})"
    )
    for step in steps(source.items):
        child = f'row_."{step.removesuffix("[]")}"'
        child = f"unnest({child})" if step.endswith("[]") else child
        sql = f"select account_id, region, item, page, attempt, request, {child} as row_ from ({sql}) as page"  # noqa: S608
    return sql


def _take_in(source: Source) -> str:
    table = raw_table(source)
    members = {member.column: f'p.row_."{member.name}"' for member in source.members}
    if _is_plain(source):
        members = {"value": "p.row_"}
    values = {
        "account_id": "p.account_id",
        "region": "p.region",
        "observation_id": "o.observation_id",
        "item": "p.item",
        **{name: f"json_extract_string(p.request, '$.{member}')" for name, member in source.request_columns.items()},
    }
    chosen = [f'{values.get(column.name) or members[column.name]} as "{column.name}"' for column in table.columns]
    # Earlier formats name no items of what has become an item since: there the listing was read whole.
    item = "o.item is not distinct from p.item" if source.unit == "item" else "o.item is null"
    return (
        f"insert into {table.name} by name select {', '.join(chosen)} from page_row as p "  # noqa: S608 - values bound
        f"inner join unit_read as o on o.source = $source "
        f"and o.account_id = p.account_id and o.region = p.region and {item} where p.row_ is not null"
    )


def refuse_foreign_rows(connection: duckdb.DuckDBPyConnection, manifest: Manifest) -> None:
    """Raise StoreRefused when a cell was read by another identity than its account's own reader.

    What came from a bucket says whose it is itself; there the bucket's owner, whom S3 confirmed, takes that place.
    """
    known = connection.execute(
        "select i.account_id, i.account from raw.sts_caller_identity as i "
        "inner join unit_read as o on o.observation_id = i.observation_id"
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

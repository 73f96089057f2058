"""Extraction: which accounts and Regions, then every source of every cell, page by page to disk.

A failure ends one listing, never the run: it becomes a state in the coverage ledger. What was read stays
read: pages are on disk as they come, finished cells are journalled, and a killed run is resumed at the
page it had reached. With a base snapshot only what may have changed since is asked.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import orjson

from patchlib.accounts import Account, choose_accounts, open_account, refuse_without_role
from patchlib.aws import Reader
from patchlib.base import open_base
from patchlib.cells import CellRun, Progress, Run
from patchlib.errors import CredentialsExpired, RunCutShort, SnapshotInvalid
from patchlib.settings import Settings
from patchlib.snapshot import ANSWERED, CallerRecord, CellRecord, Manifest, SnapshotWriter
from patchlib.sources import SOURCES, Cell, Scope, sources_in, wanted_in
from patchlib.sources import source as source_of
from patchlib.sources.declaration import Row
from patchlib.vanished import Known, known_of, vanished

__all__ = ["extract"]

# Accounts asked for what is the same in all of them, before it counts as unreadable.
_SHARED_TRIES = 3


def extract(
    settings: Settings,
    folder: Path,
    *,
    reader: Reader,
    progress: Progress,
    resume: str | None = None,
    base: str | None = None,
    known: Known | None = None,
    is_full: bool = False,
    clock: Callable[[], float] = time.monotonic,
) -> Path:
    """Read everything the settings name into one snapshot under `folder`.

    resume: the id of a snapshot that was cut short. base: the id of a finished one to build on: details that stand
    there unchanged are not asked again. known: what is held from before, by whichever runs; the base's own unless
    given. is_full: ask everything, also in cells that show no node.
    Returns the snapshot's path. Raises RunCutShort when it is interrupted or nothing could be read, and what
    Reader.caller raises when there is nobody to ask as.
    """
    run = _start(settings, folder, reader, progress, clock, resume=resume, base=base, is_full=is_full)
    try:
        return _extract(run, known or known_of(run.base))
    except KeyboardInterrupt as interrupted:
        raise RunCutShort(
            "interrupted; what was read is kept",
            where=str(run.writer.folder),
            next_step=f"Go on with `patchlib extract --resume {run.writer.folder.name}` and the same options.",
        ) from interrupted
    except CredentialsExpired as expired:
        raise RunCutShort(
            f"{expired.what}; what was read is kept",
            where=str(run.writer.folder),
            next_step="Sign in again (for example `aws sso login`), then go on with "
            f"`patchlib extract --resume {run.writer.folder.name}` and the same options.",
        ) from expired
    finally:
        run.writer.close()


def _extract(run: Run, known: Known) -> Path:
    settings, caller, home = run.settings, run.reader.caller(), run.reader.home_region
    organisation = run.scope(Scope.ORGANIZATION, Cell(caller.account_id, home))
    records = organisation.records
    _note_organisation(run, records)
    active, inactive = choose_accounts(settings, caller.account_id, organisation.kept, records)
    refuse_without_role(settings, caller.account_id, active)
    accounts = _open_accounts(run, active, home)
    records += [record for account in accounts for record in account.records]
    records += _not_attempted(run, known, accounts, inactive, home)
    listed = [str(row["Id"]) for row in organisation.kept.get("organizations_account", ())]
    records += [run.ended(row) for row in vanished(known, settings, listed, accounts)]
    cells = [Cell(each.account_id, region) for each in accounts for region in each.regions]
    records += _read_cells(run, cells, Cell(caller.account_id, home))
    if not any(record.pages for record in records):
        raise RunCutShort(
            "nothing could be read",
            where=str(run.writer.folder),
            next_step="See its journal.jsonl for the reason per account; check the role and its policy.",
        )
    if run.reader.foreign_endpoints:
        run.writer.update(is_aws=False, endpoint=sorted(run.reader.foreign_endpoints)[0])
    return run.writer.finish(records)


def _not_attempted(run: Run, known: Known, accounts: list[Account], inactive: list[str], home: str) -> list[CellRecord]:
    """Ledger rows of the cells that cannot be tried, in every Region that any account has, or had itself.

    Without them the last good reading of such a cell would still count as its latest.
    """
    named = () if run.settings.regions == "enabled" else run.settings.regions
    found = {home, *map(str, named), *(region for each in accounts for region in each.regions)}
    records: list[CellRecord] = []

    def everywhere(account_id: str) -> list[str]:
        return sorted(found if named else found | known.regions(account_id))

    for account_id in inactive:
        why = "Organizations lists the account as not active"
        records += run.unasked(Cell(account_id, home), Scope.ACCOUNT, "suspended", why)
        for region in everywhere(account_id):
            records += run.unasked(Cell(account_id, region), Scope.CELL, "suspended", why)
    for account in accounts:
        for region in everywhere(account.account_id):
            cell = Cell(account.account_id, region)
            if account.failed is not None:
                records += run.unread(cell, Scope.CELL, account.failed)
            elif not account.knows_regions and region not in account.regions:
                why = "needs ec2_region, which could not be read"
                records += run.unasked(cell, Scope.CELL, "skipped", why)
    return records


def _start(
    settings: Settings,
    folder: Path,
    reader: Reader,
    progress: Progress,
    clock: Callable[[], float],
    *,
    resume: str | None,
    base: str | None,
    is_full: bool,
) -> Run:
    caller = reader.caller()
    manifest = Manifest(
        snapshot_id="",
        taken_at=caller.answered_at,
        endpoint=caller.endpoint,
        is_aws=caller.is_aws,
        caller=CallerRecord(account_id=caller.account_id, arn=caller.arn),
        base_snapshot=base,
        settings=settings.public() | {"full": is_full},
        exclusions=settings.exclusions,
        dropped_fields=tuple(f"{source.name}: {drop.path}" for source in SOURCES for drop in source.drop),
    )
    finished: dict[tuple[str, str, str], CellRecord] = {}
    if resume is None:
        holding = open_base(folder, base)
        writer = SnapshotWriter.create(folder, manifest)
    else:
        writer, finished = _reopened(folder / resume, manifest)
        try:
            holding = open_base(folder, writer.manifest.base_snapshot)
        except SnapshotInvalid:
            writer.close()
            raise
        is_full = bool(writer.manifest.settings.get("full"))
    reader.budget.recall(holding.rates())
    return Run(settings, reader, writer, progress, holding, finished, clock, skips_absent=not is_full)


def _reopened(folder: Path, now: Manifest) -> tuple[SnapshotWriter, dict[tuple[str, str, str], CellRecord]]:
    if folder.parent.resolve() != folder.resolve().parent or not folder.is_dir():
        unfinished = sorted(each.parent.name for each in folder.parent.glob("*/journal.jsonl"))
        known = f"there are {', '.join(unfinished[-3:])}" if unfinished else "there is none"
        raise SnapshotInvalid(
            "no snapshot of that id", where=str(folder.name), next_step=f"Name a folder of {folder.parent}; {known}."
        )
    writer, ended = SnapshotWriter.reopen(folder)
    fault = _otherness(writer.manifest, now)
    if fault:
        writer.close()
        raise SnapshotInvalid(
            f"this snapshot was begun {fault}",
            where=str(writer.folder),
            next_step="Resume with the same credentials, endpoint and settings, or take a new snapshot.",
        )
    return writer, {(each.account_id, each.region, each.source): each for each in ended}


def _otherness(begun: Manifest, now: Manifest) -> str:
    """What the run that began a snapshot has that this one lacks: it would leave out what was read, or mix it."""
    if begun.caller.principal != now.caller.principal or begun.endpoint != now.endpoint:
        return f"as {begun.caller.arn} on {begun.endpoint}"
    for name in ("accounts", "organizational_units", "except_accounts", "regions", "home_region", "role", "roles"):
        if begun.settings.get(name) != now.settings.get(name):
            return f"with other {name}: {begun.settings.get(name)}"
    return ""


def _note_organisation(run: Run, records: list[CellRecord]) -> None:
    record = next(each for each in records if each.source == "organizations_organization")
    if record.file is None:
        return
    file = run.writer.cell_file(record.account_id, record.region, record.source)
    organisation = next(file.whole_pages()).response["Organization"]
    run.writer.update(organization_id=organisation["Id"])


def _read_cells(run: Run, cells: list[Cell], own: Cell) -> list[CellRecord]:
    """Every cell, then once per Region what is the same in all accounts, then what asks about all of them."""
    regions = sorted({cell.region for cell in cells})
    each, per_region, estate = (
        len(wanted_in(scope, run.settings)) for scope in (Scope.CELL, Scope.REGION, Scope.ESTATE)
    )
    run.progress.total(len(cells) * each + len(regions) * per_region + estate)
    with _threads(run) as pool:
        read = list(pool.map(lambda cell: _read_cell(run, cell), cells))
        shared = list(pool.map(lambda region: _read_shared(run, _with_nodes(read, region), cells, region), regions))
    asked = run.scope(Scope.ESTATE, own, _estate_rows(read)).records
    return [*(record for done in read for record in done.records), *(r for found in shared for r in found), *asked]


def _read_cell(run: Run, cell: Cell) -> CellRun:
    """One cell; of its rows only what is asked about for the whole estate is held any longer."""
    done = run.scope(Scope.CELL, cell)
    wanted = {name for source in sources_in(Scope.ESTATE) for name in source.needs}
    done.kept = {name: _unnamed(name, rows) for name, rows in done.kept.items() if name in wanted}
    return done


def _unnamed(name: str, rows: Iterable[Row]) -> list[Row]:
    """Each row once that differs from the others by more than its name: as many as there are types, not nodes."""
    names = {*source_of(name).key}
    plain = ({key: value for key, value in row.items() if key not in names} for row in rows)
    return list({orjson.dumps(row, option=orjson.OPT_SORT_KEYS): row for row in plain}.values())


def _with_nodes(read: list[CellRun], region: str) -> list[Cell]:
    """The cells of a Region in which nodes may be: only for them is it worth asking what concerns nodes."""
    absent = {done.cell for done in read if any(record.state in {"absent", "closed"} for record in done.records)}
    return [done.cell for done in read if done.cell.region == region and done.cell not in absent]


def _estate_rows(read: Iterable[CellRun]) -> dict[str, list[Row]]:
    """What the sources of the whole estate need: rows of all cells with their Region, each different one once."""
    found: dict[str, dict[bytes, Row]] = {}
    for done in read:
        for name in done.kept:
            rows = [{**row, "_region": done.cell.region} for row in done.kept[name]]
            found.setdefault(name, {}).update({orjson.dumps(row, option=orjson.OPT_SORT_KEYS): row for row in rows})
    return {name: list(rows.values()) for name, rows in found.items()}


@contextmanager
def _threads(run: Run) -> Iterator[ThreadPoolExecutor]:
    """Threads for cells; when the block fails or is interrupted they end at their next call, not at their last."""
    pool = ThreadPoolExecutor(run.settings.threads)
    try:
        yield pool
    except BaseException:
        run.reader.budget.close()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _read_shared(run: Run, holding: list[Cell], cells: list[Cell], region: str) -> list[CellRecord]:
    """Sources of a Region from the first account that may read them all."""
    if not holding:
        cell = next(cell for cell in cells if cell.region == region)
        return run.unasked(cell, Scope.REGION, "absent", "no account holds a node in this Region")
    records: list[CellRecord] = []
    for cell in holding[:_SHARED_TRIES]:
        latest = run.scope(Scope.REGION, cell).records
        records += latest
        if all(record.state in ANSWERED for record in latest):
            break
    return records


def _open_accounts(run: Run, account_ids: list[str], home: str) -> list[Account]:
    with _threads(run) as pool:
        return list(pool.map(lambda account_id: open_account(run, account_id, home), account_ids))

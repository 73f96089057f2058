"""Extraction: which accounts and Regions, then every source of every cell, page by page to disk.

A failure ends one listing, never the run: it becomes a state in the coverage ledger. What was read stays
read: pages are on disk as they come, finished cells are journalled, and a killed run is resumed at the
page it had reached.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from patchlib.aws import Reader
from patchlib.errors import CallFailed, RunCutShort, SettingInvalid, SnapshotInvalid
from patchlib.reading import blank_record, read_source, remembered_rows
from patchlib.settings import Settings
from patchlib.snapshot import CallerRecord, CellRecord, CellState, Manifest, SnapshotWriter
from patchlib.sources import SOURCES, Cell, Context, Scope, Source, sources_in
from patchlib.sources.organizations import is_active

__all__ = ["ENABLED", "Progress", "extract"]

# OptInStatus of a Region that the account may use (EC2 API reference, DescribeRegions).
ENABLED = {"opted-in", "opt-in-not-required"}

# Accounts asked for what is the same in all of them, before it counts as unreadable.
_SHARED_TRIES = 3

Kept = dict[str, list[Mapping[str, Any]]]


class Progress(Protocol):
    """What is told while work goes on."""

    def total(self, listings: int) -> None:
        """How many listings there are to read, known once the accounts are."""

    def done(self, record: CellRecord) -> None:
        """One listing has ended."""


@dataclass
class _Run:
    """One extraction under way: the reader, the snapshot, and what an earlier run had finished."""

    settings: Settings
    reader: Reader
    writer: SnapshotWriter
    progress: Progress
    finished: dict[tuple[str, str, str], CellRecord]
    clock: Callable[[], float]

    def read(self, source: Source, cell: Cell, kept: Kept) -> CellRecord:
        """Read one source of one cell, or take it from the run that is being resumed."""
        file = self.writer.cell_file(cell.account_id, cell.region, source.name)
        earlier = self.finished.get((cell.account_id, cell.region, source.name))
        if earlier is not None and earlier.state in {"ok", "empty"}:
            kept[source.name] = remembered_rows(source, cell, file)
            return self._ended(earlier, journal=False)
        lacking = [name for name in source.needs if name not in kept]
        if lacking:
            why = f"needs {', '.join(lacking)}, which could not be read"
            return self._ended(blank_record(source, cell, "skipped", message=why))
        taken_at = self.writer.manifest.taken_at
        since = taken_at - timedelta(days=source.lookback_days)
        context = Context(cell, kept, taken_at, since)
        record, rows = read_source(self.reader, source, context, file, self.clock)
        if rows is not None:
            kept[source.name] = rows
        return self._ended(record)

    def scope(self, scope: Scope, cell: Cell) -> tuple[list[CellRecord], Kept]:
        """All sources of a scope in one cell, in catalogue order."""
        kept: Kept = {}
        return [self.read(source, cell, kept) for source in sources_in(scope)], kept

    def unread(self, cell: Cell, scope: Scope, failed: CallFailed) -> list[CellRecord]:
        """Ledger rows of a cell that its credentials do not reach."""
        return [self._ended(blank_record(source, cell, "error", failed)) for source in sources_in(scope)]

    def unasked(self, cell: Cell, scope: Scope, state: CellState, why: str) -> list[CellRecord]:
        """Ledger rows of a cell of which nothing is asked: what an earlier run read of it is no longer the latest."""
        return [self._ended(blank_record(source, cell, state, message=why)) for source in sources_in(scope)]

    def _ended(self, record: CellRecord, *, journal: bool = True) -> CellRecord:
        if journal:
            self.writer.record(record)
        self.progress.done(record)
        return record


@dataclass(frozen=True)
class _Account:
    """One account: the Regions to read in it, or why it cannot be read."""

    account_id: str
    regions: tuple[str, ...]
    records: tuple[CellRecord, ...]
    failed: CallFailed | None = None
    knows_regions: bool = True


def extract(
    settings: Settings,
    folder: Path,
    *,
    reader: Reader,
    progress: Progress,
    resume: str | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Path:
    """Read everything the settings name into one snapshot under `folder`.

    Returns the snapshot's path. Raises RunCutShort when it is interrupted or nothing could be read, and what
    Reader.caller raises when there is nobody to ask as. resume: the id of a snapshot that was cut short.
    """
    run = _start(settings, folder, reader, progress, resume, clock)
    try:
        return _extract(run)
    except KeyboardInterrupt as interrupted:
        raise RunCutShort(
            "interrupted; what was read is kept",
            where=str(run.writer.folder),
            next_step=f"Go on with `patchlib extract --resume {run.writer.folder.name}` and the same options.",
        ) from interrupted
    finally:
        run.writer.close()


def _extract(run: _Run) -> Path:
    settings, caller, home = run.settings, run.reader.caller(), run.reader.home_region
    records, kept = run.scope(Scope.ORGANIZATION, Cell(caller.account_id, home))
    _note_organisation(run, records)
    active, inactive = _accounts(settings, caller.account_id, kept)
    _refuse_without_role(settings, caller.account_id, active)
    accounts = _open_accounts(run, active, home)
    records += [record for account in accounts for record in account.records]
    records += _not_attempted(run, accounts, inactive, home)
    cells = [Cell(each.account_id, region) for each in accounts for region in each.regions]
    records += _read_cells(run, cells)
    if not any(record.pages for record in records):
        raise RunCutShort(
            "nothing could be read",
            where=str(run.writer.folder),
            next_step="See its journal.jsonl for the reason per account; check the role and its policy.",
        )
    if run.reader.foreign_endpoints:
        run.writer.update(is_aws=False, endpoint=sorted(run.reader.foreign_endpoints)[0])
    return run.writer.finish(records)


def _not_attempted(run: _Run, accounts: list[_Account], inactive: list[str], home: str) -> list[CellRecord]:
    """Ledger rows of the cells that cannot be tried, in every Region that any account has.

    Without them the last good reading of such a cell would still count as its latest.
    """
    named = () if run.settings.regions == "enabled" else run.settings.regions
    everywhere = sorted({home, *map(str, named), *(region for each in accounts for region in each.regions)})
    records: list[CellRecord] = []
    for account_id in inactive:
        why = "Organizations lists the account as not active"
        records += run.unasked(Cell(account_id, home), Scope.ACCOUNT, "suspended", why)
        for region in everywhere:
            records += run.unasked(Cell(account_id, region), Scope.CELL, "suspended", why)
    for account in accounts:
        for region in everywhere:
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
    resume: str | None,
    clock: Callable[[], float],
) -> _Run:
    caller = reader.caller()
    manifest = Manifest(
        snapshot_id="",
        taken_at=caller.answered_at,
        endpoint=caller.endpoint,
        is_aws=caller.is_aws,
        caller=CallerRecord(account_id=caller.account_id, arn=caller.arn),
        settings=settings.public(),
        exclusions=settings.exclusions,
        dropped_fields=tuple(f"{source.name}: {drop.path}" for source in SOURCES for drop in source.drop),
    )
    if resume is None:
        return _Run(settings, reader, SnapshotWriter.create(folder, manifest), progress, {}, clock)
    writer, ended = SnapshotWriter.reopen(folder / resume)
    fault = _otherness(writer.manifest, manifest)
    if fault:
        writer.close()
        raise SnapshotInvalid(
            f"this snapshot was begun {fault}",
            where=str(writer.folder),
            next_step="Resume with the same credentials, endpoint and settings, or take a new snapshot.",
        )
    finished = {(each.account_id, each.region, each.source): each for each in ended}
    return _Run(settings, reader, writer, progress, finished, clock)


def _otherness(begun: Manifest, now: Manifest) -> str:
    """What the run that began a snapshot has that this one lacks: it would leave out what was read, or mix it."""
    if begun.caller != now.caller or begun.endpoint != now.endpoint:
        return f"as {begun.caller.arn} on {begun.endpoint}"
    for name in ("accounts", "regions", "home_region", "role"):
        if begun.settings.get(name) != now.settings.get(name):
            return f"with other {name}: {begun.settings.get(name)}"
    return ""


def _note_organisation(run: _Run, records: list[CellRecord]) -> None:
    record = next(each for each in records if each.source == "organizations_organization")
    if record.file is None:
        return
    file = run.writer.cell_file(record.account_id, record.region, record.source)
    organisation = file.whole_pages()[0].response["Organization"]
    run.writer.update(organization_id=organisation["Id"])


def _read_cells(run: _Run, cells: list[Cell]) -> list[CellRecord]:
    """Every cell, and once per Region what is the same in all accounts."""
    readers: dict[str, list[Cell]] = {}
    for cell in cells:
        readers.setdefault(cell.region, []).append(cell)
    run.progress.total(len(cells) * len(sources_in(Scope.CELL)) + len(readers) * len(sources_in(Scope.REGION)))
    with _threads(run) as pool:
        shared = [pool.submit(_read_shared, run, candidates) for candidates in readers.values()]
        found = [record for done, _ in pool.map(lambda cell: run.scope(Scope.CELL, cell), cells) for record in done]
        return found + [record for future in shared for record in future.result()]


@contextmanager
def _threads(run: _Run) -> Iterator[ThreadPoolExecutor]:
    """Threads for cells; when the block fails or is interrupted they end at their next call, not at their last."""
    pool = ThreadPoolExecutor(run.settings.threads)
    try:
        yield pool
    except BaseException:
        run.reader.budget.close()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _read_shared(run: _Run, candidates: list[Cell]) -> list[CellRecord]:
    """Sources of a Region from the first account that may read them all."""
    records: list[CellRecord] = []
    for cell in candidates[:_SHARED_TRIES]:
        latest, _ = run.scope(Scope.REGION, cell)
        records += latest
        if all(record.state in {"ok", "empty"} for record in latest):
            break
    return records


def _accounts(settings: Settings, own: str, kept: Kept) -> tuple[list[str], list[str]]:
    """Account ids to read, and those that Organizations lists as not active."""
    listed = {str(row["Id"]): is_active(row) for row in kept.get("organizations_account", ())}
    if settings.accounts == "caller":
        return [own], []
    if settings.accounts != "organization":
        wanted = [str(account) for account in settings.accounts]
    elif listed:
        wanted = list(listed)
    else:
        raise SettingInvalid(
            'accounts = "organization", but the caller cannot list the organisation\'s accounts',
            where=own,
            next_step="Run as the management account or a delegated administrator, or list the account ids.",
        )
    active = [account for account in wanted if listed.get(account, True)]
    return active, [account for account in wanted if account not in active]


def _refuse_without_role(settings: Settings, own: str, accounts: list[str]) -> None:
    foreign = [account for account in accounts if account != own]
    if foreign and settings.role is None:
        # The caller's own credentials would show the caller's own nodes under another account's id.
        raise SettingInvalid(
            "accounts names others than the caller's own, and no role to read them",
            where=f"account {foreign[0]}",
            next_step="Set role to the name of the reader role.",
        )


def _open_accounts(run: _Run, account_ids: list[str], home: str) -> list[_Account]:
    with _threads(run) as pool:
        return list(pool.map(lambda account_id: _open_account(run, account_id, home), account_ids))


def _open_account(run: _Run, account_id: str, home: str) -> _Account:
    """Who we are in an account and which Regions it has enabled."""
    cell = Cell(account_id, home)
    records, kept = run.scope(Scope.ACCOUNT, cell)
    identity = records[0]
    if identity.state not in {"ok", "empty"}:
        state = identity.state if identity.state in {"denied", "disabled", "throttled"} else "error"
        failed = CallFailed(state, identity.error_code or state, identity.error_message or "", where=account_id)
        return _Account(account_id, (), tuple(records), failed)
    if run.settings.regions != "enabled":
        return _Account(account_id, tuple(str(region) for region in run.settings.regions), tuple(records))
    enabled = [str(row["RegionName"]) for row in kept.get("ec2_region", ()) if row.get("OptInStatus") in ENABLED]
    # Without DescribeRegions only the home Region is certain; the ledger says of the others that they were not read.
    return _Account(account_id, tuple(sorted(enabled)) or (home,), tuple(records), knows_regions=bool(enabled))

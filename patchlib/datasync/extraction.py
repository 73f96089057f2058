"""Reading objects into a snapshot: changed ones only, page by page to disk, one ledger row per cell and source.

One object is one page. What a killed run has on disk is kept as long as the object has not changed since; the rest
is read again from the listing, so that a resumed run ends as one that was never cut short.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from patchlib.cells import Progress
from patchlib.datasync.content import read_rows
from patchlib.datasync.objects import Objects
from patchlib.datasync.planning import Plan, Task, cells_of, held_by, make_plan
from patchlib.datasync.reports import read_report
from patchlib.datasync.tally import Tally, blank, listing_record
from patchlib.errors import (
    CallFailed,
    CredentialsExpired,
    LayoutUnknown,
    ObjectDamaged,
    PatchlibError,
    RunCutShort,
    SnapshotInvalid,
)
from patchlib.harvest import Streak
from patchlib.manifest import CellRecord, Manifest, open_snapshot
from patchlib.objects import DAMAGES
from patchlib.snapshot import SnapshotWriter
from patchlib.sources import Cell, Source
from patchlib.sources.data_sync import LAYOUTS, SYNC_SOURCES, Layout
from patchlib.sources.report_file import REPORT_SOURCES

__all__ = ["extract_objects"]

# Objects asked for before the first of them is written: a bound on what is held in memory.
_AHEAD = 64


@dataclass
class _Run:
    """One extraction under way."""

    objects: Objects
    writer: SnapshotWriter
    base: Manifest | None
    progress: Progress
    pool: ThreadPoolExecutor
    clock: Callable[[], float]
    believed: set[str] = field(default_factory=set)
    misfits: dict[str, LayoutUnknown] = field(default_factory=dict)

    def ended(self, record: CellRecord) -> CellRecord:
        """Journal a ledger row and tell of it."""
        self.writer.record(record)
        self.progress.done(record)
        return record


def extract_objects(
    objects: Objects,
    folder: Path,
    manifest: Manifest,
    *,
    progress: Progress,
    threads: int = 8,
    base: str | None = None,
    before: str | None = None,
    resume: str | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Path:
    """Read the objects of one place into one snapshot under `folder`, those that have changed since the last one.

    manifest: who asks, when and of whom; what is read is filled in. base: the id of an earlier snapshot of the same
    place, whose objects are read again only where they have changed. before: the id of the latest one, also where all
    is read again: what it held and is there no more is said. resume: the id of a snapshot that was cut short.
    Returns the snapshot's path. Raises SettingInvalid for a place that holds nothing of a known layout; LayoutUnknown
    for a key that is not understood, before anything is written, and for a kind of object of which not one is laid out
    as expected; ObjectDamaged for a report that is no text, or where all is unreadable; RunCutShort when it is
    interrupted or S3 refuses the listing or all of its objects; SnapshotInvalid for resuming something else.
    """
    known = {"inputs": (objects.record,), "dropped_fields": _dropped(), "base_snapshot": base}
    manifest = manifest.model_copy(update=known)
    writer = _reopened(folder / resume, manifest) if resume else None
    try:
        base = writer.manifest.base_snapshot if writer else base
        held = held_by(folder / base) if base else {}
        earlier = before or base
        plan = make_plan(objects, held, cells_of(folder / earlier) if earlier else frozenset())
        writer = writer or SnapshotWriter.create(folder, manifest)
        with _threads(threads) as pool:
            reported = open_snapshot(folder / earlier) if earlier else None
            return _read(_Run(objects, writer, reported, progress, pool, clock), plan)
    except (KeyboardInterrupt, CredentialsExpired) as cut:
        if writer is None:
            raise
        what, first = (
            ("interrupted", "Go on") if isinstance(cut, KeyboardInterrupt) else (cut.what, "Sign in again, then go on")
        )
        raise RunCutShort(
            f"{what}; what was read is kept",
            where=str(writer.folder),
            next_step=f"{first} with the same command and `--resume {writer.folder.name}`.",
        ) from cut
    finally:
        if writer is not None:
            writer.close()


def _dropped() -> tuple[str, ...]:
    return tuple(f"{layout.source.name}: all members but its columns" for layout in LAYOUTS)


def _reopened(path: Path, manifest: Manifest) -> SnapshotWriter:
    writer, _ = SnapshotWriter.reopen(path)
    begun = writer.manifest
    asked, asks = (begun.inputs, begun.endpoint), (manifest.inputs, manifest.endpoint)
    if asked != asks or begun.caller.principal != manifest.caller.principal:
        writer.close()
        raise SnapshotInvalid(
            f"this snapshot was begun as {begun.caller.arn} on {begun.inputs or 'accounts'}",
            where=str(path),
            next_step="Resume with the same place, owner and credentials, or take a new snapshot.",
        )
    return writer


@contextmanager
def _threads(count: int) -> Iterator[ThreadPoolExecutor]:
    pool = ThreadPoolExecutor(count)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _read(run: _Run, plan: Plan) -> Path:
    taken_at = run.writer.manifest.taken_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    run.progress.total((len(plan.cells) + len(plan.gone)) * len(SYNC_SOURCES) + len(plan.reports))
    records: list[CellRecord] = []
    calls = plan.list_calls
    for cell, tasks in sorted(plan.cells.items()):
        records.append(run.ended(listing_record(run.writer, cell, tasks, taken_at, calls)))
        calls = 0
        records += [
            run.ended(_read_kind(run, cell, layout, [task for task in tasks if task.layout is layout]))
            for layout in LAYOUTS
        ]
    records += _read_reports(run, plan.reports)
    for cell in sorted(plan.gone):
        note = "no object is left of what an earlier snapshot held"
        records += [run.ended(blank(source, cell, "empty", note)) for source in SYNC_SOURCES]
    for source, misfit in run.misfits.items():
        if source not in run.believed:
            raise misfit
    lost = next((record for record in records if record.error_code), None)
    if lost and not any(record.read_items or record.kept_items for record in records):
        place = run.objects.record.address
        raise _unreadable(run, "not one object could be read", lost.error_code, lost.error_message, place)
    if run.objects.foreign_endpoints:
        run.writer.update(is_aws=False, endpoint=sorted(run.objects.foreign_endpoints)[0])
    return run.writer.finish(records)


def _unreadable(run: _Run, what: str, code: str | None, message: str | None, where: str) -> PatchlibError:
    """What S3 refuses is AWS's answer; a file, or an object that came and is not whole, is data."""
    is_data = run.objects.record.bucket is None or code in DAMAGES
    first = "Mend or replace it, then go on" if is_data else "Go on"
    step = f"{first} with the same command and `--resume {run.writer.folder.name}`."
    return (ObjectDamaged if is_data else RunCutShort)(f"{what}: {code}: {message}", where=where, next_step=step)


def _read_kind(run: _Run, cell: Cell, layout: Layout, tasks: Sequence[Task]) -> CellRecord:
    """The objects of one kind in one cell."""
    start, source = run.clock(), layout.source
    tally = Tally(source, cell, run.writer.cell_file(cell.account_id, cell.region, source.name))
    tally.kept_items = [task.place.item for task in tasks if task.reading == "kept"]
    wanted = [task for task in tasks if task.reading == "read"]
    on_disk = tally.recall({task.place.item: task.found.etag for task in wanted})
    if tally.kept_items or on_disk:
        run.believed.add(source.name)
    streak = Streak()
    for task, text in _texts(run, [task for task in wanted if task.place.item not in on_disk]):
        tally.calls += 1
        if isinstance(text, CallFailed):
            tally.miss(text)
            if streak.ends(text):
                break
            continue
        streak.count = 0
        try:
            rows = read_rows(
                layout, text, key=task.found.key, item=task.place.item, resource_type=task.place.resource_type
            )
        except LayoutUnknown as misfit:
            run.misfits.setdefault(source.name, misfit)
            tally.miss(CallFailed("error", "LayoutUnknown", str(misfit), where=task.found.key))
            continue
        run.believed.add(source.name)
        tally.take(run.objects.record, task, task.place.item, rows.rows, rows.not_kept)
    return tally.record(run.clock() - start)


def _texts(run: _Run, tasks: Sequence[Task]) -> Iterator[tuple[Task, str | CallFailed]]:
    """Each object's content in order, fetched some ahead."""

    def fetched(task: Task) -> str | CallFailed:
        try:
            return run.objects.text(task.found.key)
        except CallFailed as failed:
            return failed

    for start in range(0, len(tasks), _AHEAD):
        block = tasks[start : start + _AHEAD]
        yield from zip(block, run.pool.map(fetched, block), strict=True)


def _read_reports(run: _Run, tasks: Sequence[Task]) -> list[CellRecord]:
    """The newest report of each folder, whose rows may belong to many cells. Few, so they are read whole each time."""
    tallies: dict[tuple[str, Cell], Tally] = {}

    def tally_of(source: Source, cell: Cell) -> Tally:
        if (source.name, cell) not in tallies:
            made = Tally(source, cell, run.writer.cell_file(cell.account_id, cell.region, source.name))
            made.recall({})
            tallies[source.name, cell] = made
        return tallies[source.name, cell]

    read = {task.place.item for task in tasks if task.reading == "read"}
    for task, text in _texts(run, [task for task in tasks if task.reading == "read"]):
        if isinstance(text, CallFailed):
            raise _unreadable(run, "a report cannot be read", text.code, text.message, task.found.key) from text
        for part in read_report(task.place, text, key=task.found.key):
            tally_of(part.source, part.cell).take(run.objects.record, task, task.place.item, part.rows, ())
    for source, cell, items in _reported_before(run.base):
        # Where the report before had rows and the new one has none, none is what it says now.
        if tally := tally_of(source, cell) if items & read else None:
            tally.read_items |= dict.fromkeys(sorted(items & read))
    return [run.ended(tally.record(0.0)) for tally in tallies.values()]


def _reported_before(base: Manifest | None) -> Iterator[tuple[Source, Cell, set[str]]]:
    by_name: Mapping[str, Source] = {source.name: source for source in REPORT_SOURCES}
    for record in base.cells if base else ():
        if record.source in by_name:
            yield by_name[record.source], Cell(record.account_id, record.region), set(record.read_items or ())

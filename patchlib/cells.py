"""One cell of a run: every source of a scope in order, each ended by a ledger row.

What lists nodes is read first. Where that shows that a cell holds none, what tells of nodes only is not asked;
where an organisation's policy refuses all of it, the cell is closed and nothing more is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol

from patchlib.aws import Reader
from patchlib.base import Base
from patchlib.errors import CallFailed, SnapshotInvalid
from patchlib.harvest import blank_record, recounted, remembered_rows
from patchlib.reading import read_source, reread
from patchlib.settings import Settings
from patchlib.snapshot import ANSWERED, CellFile, CellRecord, CellState, SnapshotWriter
from patchlib.sources import NODE_LISTINGS, Cell, Context, Request, Scope, Source, accumulates, wanted_in
from patchlib.sources import source as source_of
from patchlib.sources.declaration import Row
from patchlib.sources.declaration import rows as rows_of

__all__ = ["CellRun", "Kept", "Progress", "Run"]

Kept = dict[str, list[Row]]

_CLOSED = "an organisation's policy denies every listing of nodes here"
_ABSENT = f"no node here: {', '.join(NODE_LISTINGS)} are empty"


class Progress(Protocol):
    """What is told while work goes on."""

    def total(self, listings: int) -> None:
        """How many listings there are to read, known once the accounts are."""

    def done(self, record: CellRecord) -> None:
        """One listing has ended."""


@dataclass
class Run:
    """One extraction under way: the reader, the snapshot, its base, and what an earlier run had finished.

    skips_absent: cells without nodes are not asked what tells of nodes only.
    """

    settings: Settings
    reader: Reader
    writer: SnapshotWriter
    progress: Progress
    base: Base
    finished: dict[tuple[str, str, str], CellRecord]
    clock: Callable[[], float]
    skips_absent: bool = True

    def scope(self, scope: Scope, cell: Cell, estate: Mapping[str, list[Row]] | None = None) -> CellRun:
        """All sources of a scope in one cell, in catalogue order. estate: rows of all cells, for Scope.ESTATE."""
        done = CellRun(self, cell, dict(estate or {}))
        try:
            for source in wanted_in(scope, self.settings):
                done.read(source)
        finally:
            self.reader.release(cell.account_id, cell.region)
        return done

    def unread(self, cell: Cell, scope: Scope, failed: CallFailed) -> list[CellRecord]:
        """Ledger rows of a cell that its credentials do not reach."""
        return [self.ended(blank_record(source, cell, "error", failed)) for source in wanted_in(scope, self.settings)]

    def unasked(self, cell: Cell, scope: Scope, state: CellState, why: str) -> list[CellRecord]:
        """Ledger rows of a cell of which nothing is asked: what an earlier run read of it is no longer the latest."""
        return [
            self.ended(blank_record(source, cell, state, message=why)) for source in wanted_in(scope, self.settings)
        ]

    def ended(self, record: CellRecord, *, journal: bool = True) -> CellRecord:
        """Journal a ledger row and say that it is there."""
        if journal:
            self.writer.record(record)
        self.progress.done(record)
        return record


class CellRun:
    """The sources of one cell as they are read: their ledger rows, and the rows that later ones need."""

    def __init__(self, run: Run, cell: Cell, kept: Kept) -> None:
        self.cell, self.kept = cell, kept
        self._run = run
        self._records: dict[str, CellRecord] = {}
        # Sources asked in this run, and by source why its part of the base is not believed.
        self._asked: set[str] = set()
        self._doubts: dict[str, str] = {}

    @property
    def records(self) -> list[CellRecord]:
        """The ledger rows so far."""
        return list(self._records.values())

    def read(self, source: Source) -> None:
        """Read one source, take it from the run that is being resumed, or say why it is not asked."""
        run, cell = self._run, self.cell
        earlier = run.finished.get((cell.account_id, cell.region, source.name))
        # Where what it needs was read again it may have more to ask; its own pages on disk still count.
        is_read = earlier is not None and earlier.state in {"ok", "empty"} and self._asked.isdisjoint(source.needs)
        unasked = None if is_read else self._unasked(source)
        if earlier is not None and is_read:
            named = cell.account_id, cell.region, source.name
            earlier = self._as_it_lies(earlier, source)
            pages = chain(run.writer.kept_file(*named).pages(), run.writer.cell_file(*named).pages())
            self.kept[source.name] = remembered_rows(source, pages)
            self._records[source.name] = run.ended(earlier, journal=False)
        elif unasked is not None:
            self._records[source.name] = run.ended(unasked)
        else:
            self._ask(source)
        if source.name in NODE_LISTINGS:
            self._close()

    def _as_it_lies(self, earlier: CellRecord, source: Source) -> CellRecord:
        """The ledger row of a finished source, counted anew where a kill came between its last page and its row."""
        file = self._run.writer.cell_file(self.cell.account_id, self.cell.region, source.name)
        checksum = file.checksum()
        if checksum is None or checksum[1] == earlier.sha256:
            return earlier
        earlier = recounted(earlier, source, file)
        self._run.writer.record(earlier)
        return earlier

    def _context(self, source: Source) -> Context:
        taken_at = self._run.writer.manifest.taken_at
        days = int(getattr(self._run.settings, source.setting)) if source.setting else 0
        return Context(self.cell, self.kept, taken_at, self._run.base.since(source, self.cell, taken_at), days=days)

    def _unasked(self, source: Source) -> CellRecord | None:
        """Why a source is not asked, as its ledger row; None when it is."""
        run, cell = self._run, self.cell
        why = self._off(source)
        if why:
            self.kept[source.name] = []
            return blank_record(source, cell, "disabled", message=why)
        young = run.base.fresh(source, cell, run.writer.manifest.taken_at)
        if young is not None:
            why = f"answered at {young.observed_at}, and changes slowly"
            there = Cell(young.account_id, young.region)
            stands: dict[str, Any] = {"observed_at": young.observed_at}
            if source.unit == "item":
                stands["kept_items"] = tuple(sorted({*(young.read_items or ()), *(young.kept_items or ())}))
            return blank_record(source, there, "kept", message=why).model_copy(update=stands)
        if self._are_all("closed"):
            return blank_record(source, cell, "closed", message=_CLOSED)
        if source.scope is Scope.CELL and source.on_nodes and self._holds_no_node(source):
            self.kept[source.name] = []
            return blank_record(source, cell, "absent", message=_ABSENT)
        lacking = [name for name in source.needs if name not in self.kept]
        if lacking:
            return blank_record(source, cell, "skipped", message=f"needs {', '.join(lacking)}, which could not be read")
        return None

    def _off(self, source: Source) -> str:
        """Why its service is switched off here; "" where it is on, or where nobody could tell."""
        told = [self._records[name].state for name in source.needs if name in self._records]
        if source.off is None or not {"ok", "empty", "disabled"}.issuperset(told):
            return ""
        if any(name not in self.kept for name in source.needs):
            return ""  # the whole Region is off, which its own row says
        return source.off(self._context(source))

    def _are_all(self, state: CellState) -> bool:
        found = [self._records[name].state for name in NODE_LISTINGS if name in self._records]
        return len(found) == len(NODE_LISTINGS) and set(found) == {state}

    def _holds_no_node(self, source: Source) -> bool:
        run = self._run
        return run.skips_absent and self._are_all("empty") and run.base.is_known_empty(source, self.cell)

    def _close(self) -> None:
        """Where an organisation's policy denies all listings of nodes, the Region is closed to the account."""
        if self._are_all("denied_by_organization"):
            for name in NODE_LISTINGS:
                self._put(self._records[name].model_copy(update={"state": "closed"}))

    def _put(self, record: CellRecord) -> None:
        self._run.writer.record(record)
        self._records[record.source] = record

    def _ask(self, source: Source) -> None:
        run, cell = self._run, self.cell
        self._asked.add(source.name)
        context = self._context(source)
        file = run.writer.cell_file(cell.account_id, cell.region, source.name)
        unchanged, kept = self._held(source, context)
        record, rows = read_source(
            run.reader, source, context, file, run.clock, unchanged=unchanged, again=self._again(source)
        )
        if rows is not None:
            self.kept[source.name] = [*kept, *rows]
        record = self._within_needs(source, record)
        learned = self._watermark(source, record, file) | self._rate(source) | self._kept_checksum(source)
        doubt = {"note": self._doubts[source.name]} if source.name in self._doubts else {}
        self._records[source.name] = run.ended(record.model_copy(update=learned | doubt))

    def _held(self, source: Source, context: Context) -> tuple[frozenset[str], list[Row]]:
        """Items that need not be asked, and what later sources need of them, which then lies in this snapshot too."""
        base = self._run.base
        try:
            unchanged = base.unchanged(source, context)
            if not source.remember:
                return unchanged, []
            taken_over = self._kept_file(source)
            taken_over.keep(base.kept_pages(source, self.cell, unchanged))
        except SnapshotInvalid as damaged:
            self._doubts[source.name] = f"asked in full: {damaged.what}"
            self._kept_file(source).keep(())
            return frozenset(), []
        return unchanged, remembered_rows(source, taken_over.pages())

    def _kept_file(self, source: Source) -> CellFile:
        return self._run.writer.kept_file(self.cell.account_id, self.cell.region, source.name)

    def _kept_checksum(self, source: Source) -> dict[str, Any]:
        file = self._kept_file(source)
        checksum = file.checksum()
        return {"kept_file": file.relative, "kept_sha256": checksum[1]} if checksum else {}

    def _within_needs(self, source: Source, record: CellRecord) -> CellRecord:
        """What follows a listing that misses some items is not whole either: what it does not show need not be gone."""
        missing = [each for each in source.needs if each in self._records and self._records[each].state == "partial"]
        if not missing or record.state not in ANSWERED or accumulates(source):
            return record
        why = f"needs {', '.join(missing)}, of which a part could not be read"
        return record.model_copy(update={"state": "partial", "error_message": why})

    def _rate(self, source: Source) -> dict[str, Any]:
        """What the budget has learned of the source's operation here, for the next run."""
        budget = self._run.reader.budget
        key = (self.cell.account_id, source.endpoint_region or self.cell.region, source.service, source.operation)
        return {"rate": budget.rate(*key), "throttles": budget.throttles(*key)}

    def _watermark(self, source: Source, record: CellRecord, file: CellFile) -> dict[str, Any]:
        """How far a watermark has come, and since when something is under way.

        Up to this run's instant; where it was not whole, where the base had it, with what was under way then.
        """
        if source.unit != "watermark":
            return {}
        before = self._run.base.record(source, self.cell)
        pages = file.pages() if source.lasting else ()
        began = (
            source.lasting.since(row for page in pages for row in rows_of(source, page.response))
            if source.lasting
            else None
        )
        if record.state in {"ok", "empty"}:
            return {"complete_to": self._run.writer.manifest.taken_at.isoformat(), "open_since": began}
        known = [each for each in (began, before.open_since if before else None) if each]
        return {"complete_to": before.complete_to if before else None, "open_since": min(known, default=None)}

    def _again(self, source: Source) -> Callable[[Request], list[Row]] | None:
        """Asks for describing rows once more, and writes them beside the first ones, where the later count."""
        if source.detail is None or source.detail.again is None:
            return None
        of = source_of(source.detail.of)
        run, cell = self._run, self.cell

        def ask(request: Request) -> list[Row]:
            file = run.writer.cell_file(cell.account_id, cell.region, of.name)
            rows = reread(run.reader, of, cell, request, file)
            self._put(recounted(self._records[of.name], of, file))
            return rows

        return ask

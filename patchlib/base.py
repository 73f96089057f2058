"""The base of an incremental run: what an earlier snapshot holds, so that it need not be asked again.

Only what the base has read completely is left out. What later sources need of the details that it kept itself lies
in it too, so that one snapshot is read and never a chain of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from patchlib.errors import SnapshotInvalid
from patchlib.harvest import remembered_rows
from patchlib.snapshot import ANSWERED, CellFile, CellRecord, Manifest, Page, open_snapshot
from patchlib.sources import Cell, Context, Scope, Source, is_source, source

__all__ = ["Base", "open_base"]


@dataclass(frozen=True)
class Base:
    """A finished snapshot to build on; `folder` None is none at all, which holds nothing."""

    folder: Path | None = None
    manifest: Manifest | None = None

    @property
    def snapshot_id(self) -> str | None:
        """The id that the manifest of the new snapshot names."""
        return self.manifest.snapshot_id if self.manifest else None

    @cached_property
    def _records(self) -> dict[tuple[str, str, str], CellRecord]:
        cells = self.manifest.cells if self.manifest else ()
        return {(each.account_id, each.region, each.source): each for each in cells}

    def record(self, of: Source, cell: Cell) -> CellRecord | None:
        """The base's ledger row of a source in a cell."""
        return self._records.get((cell.account_id, cell.region, of.name))

    def rates(self) -> dict[tuple[str, str, str, str], float]:
        """Rates learned by account, Region, service and operation [calls/s]."""
        return {
            (
                each.account_id,
                source(each.source).endpoint_region or each.region,
                each.service,
                each.operation,
            ): each.rate
            for each in self._records.values()
            if each.rate is not None and is_source(each.source)
        }

    def is_known_empty(self, of: Source, cell: Cell) -> bool:
        """Whether no row of the source can be held for the cell: its last answer was empty, or this is a first run."""
        record = self.record(of, cell)
        return self.manifest is None if record is None else record.state in {"empty", "absent"}

    def fresh(self, of: Source, cell: Cell, taken_at: datetime) -> CellRecord | None:
        """The base's row when its answer is whole and younger than the source's refresh time.

        Of what is the same in all accounts, any account's answer in the Region will do.
        """
        if not of.refresh_hours:
            return None
        own = self.record(of, cell)
        shared = (each for each in self._records.values() if each.source == of.name and each.region == cell.region)
        answers = shared if of.scope is Scope.REGION else (own,)
        return next((each for each in answers if each is not None and _is_young(each, of, taken_at)), None)

    def since(self, of: Source, cell: Cell, taken_at: datetime) -> datetime:
        """From when on a watermark's listing is wanted [UTC]: where the base ends, or where what was open then began.

        For what was open never before what a first run asks for.
        """
        first = taken_at - timedelta(days=of.lookback_days)
        record = self.record(of, cell)
        if record is None or record.complete_to is None:
            return first
        ends = _instant(record.complete_to) - timedelta(hours=of.overlap_hours)
        if record.open_since is None:
            return ends
        # A listing may leave out what began in the very second that it is asked by.
        return min(ends, max(first, _instant(record.open_since) - timedelta(seconds=1)))

    def _pages(self, relative: str, sha256: str | None) -> Iterator[Page]:
        """The pages of one of the base's files. Raises SnapshotInvalid when it is not what the manifest says."""
        path = (self.folder or Path()) / relative
        file = CellFile(path) if path.is_file() else None
        checksum = file.checksum() if file else None
        if file is None or checksum is None or checksum[1] != sha256:
            raise SnapshotInvalid(
                "a page file of the base is missing or was changed",
                where=str(path),
                next_step="Copy it again, or take a whole snapshot with `patchlib extract --full`.",
            )
        return file.pages()

    def kept_pages(self, of: Source, cell: Cell, items: frozenset[str]) -> Iterator[Page]:
        """The pages of items that are not asked again: what the base read of them, or had kept itself.

        Raises SnapshotInvalid when the base does not hold them.
        """
        record = self.record(of, cell)
        if record is None:
            return
        own, kept = items & {*(record.read_items or ())}, items & {*(record.kept_items or ())}
        if kept and record.kept_file is None:
            raise SnapshotInvalid(
                "the base does not hold what it kept of an earlier one",
                where=f"{self.snapshot_id} {of.name}",
                next_step="Take a whole snapshot with `patchlib extract --full`.",
            )
        for wanted, relative, sha256 in (
            (own, record.file, record.sha256),
            (kept, record.kept_file, record.kept_sha256),
        ):
            if wanted and relative is not None:
                yield from (page for page in self._pages(relative, sha256) if page.item in wanted)

    def unchanged(self, of: Source, context: Context) -> frozenset[str]:
        """Items whose detail is held, and whose describing row is what it was when it was read.

        Raises SnapshotInvalid when the base's pages are not what they were.
        """
        detail, record = of.detail, self.record(of, context.cell)
        if detail is None or record is None or self.folder is None:
            return frozenset()
        describing = source(detail.of)
        before = self.record(describing, context.cell)
        if before is None or before.file is None:
            return frozenset()
        held = {*(record.read_items or ()), *(record.kept_items or ())}
        # The needs of the describing source are not read for this: its rows are taken as they lie in the file.
        described = remembered_rows(describing, self._pages(before.file, before.sha256))
        then = {str(row.get(detail.item)): tuple(row.get(name) for name in detail.unchanged) for row in described}
        return frozenset(
            item
            for row in context.rows(detail.of)
            if (item := str(row.get(detail.item))) in held
            and then.get(item) == tuple(row.get(name) for name in detail.unchanged)
        )


def open_base(folder: Path, snapshot_id: str | None) -> Base:
    """The base of that id; an empty one for None. Raises SnapshotInvalid when it is missing or damaged."""
    if snapshot_id is None:
        return Base()
    return Base(folder / snapshot_id, open_snapshot(folder / snapshot_id))


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _is_young(record: CellRecord, of: Source, taken_at: datetime) -> bool:
    if record.state not in ANSWERED or record.observed_at is None:
        return False
    return taken_at - _instant(record.observed_at) < timedelta(hours=of.refresh_hours)

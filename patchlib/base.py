"""The base of an incremental run: what an earlier snapshot holds, so that it need not be asked again.

Only what the base has read completely is left out. A base may itself build on an older one: what it kept, its own
base held under the same describing row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from patchlib.harvest import remembered_rows
from patchlib.snapshot import ANSWERED, CellFile, CellRecord, Manifest, open_snapshot
from patchlib.sources import Cell, Context, Scope, Source, is_source, source
from patchlib.sources.declaration import Row

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
        """From when on a watermark's listing is wanted [UTC]."""
        record = self.record(of, cell)
        if record is None or record.complete_to is None:
            return taken_at - timedelta(days=of.lookback_days)
        return _instant(record.complete_to) - timedelta(hours=of.overlap_hours)

    @cached_property
    def _parent(self) -> Base:
        """The snapshot that this one builds on."""
        if self.folder is None or self.manifest is None:
            return Base()
        return open_base(self.folder.parent, self.manifest.base_snapshot)

    def kept_rows(self, of: Source, context: Context, items: frozenset[str]) -> list[Row]:
        """What later sources need of items that are not asked again, from the snapshot of the chain that read each.

        Raises SnapshotInvalid when a snapshot of the chain is missing.
        """
        record = self.record(of, context.cell)
        if not items or record is None or self.folder is None:
            return []
        own = items & {*(record.read_items or ())}
        rows = remembered_rows(of, context, CellFile(self.folder / record.file), own) if record.file else []
        return rows + self._parent.kept_rows(of, context, items - own)

    def unchanged(self, of: Source, context: Context) -> frozenset[str]:
        """Items whose detail is held, and whose describing row is what it was when it was read."""
        detail, record = of.detail, self.record(of, context.cell)
        if detail is None or record is None or self.folder is None:
            return frozenset()
        describing = source(detail.of)
        before = self.record(describing, context.cell)
        if before is None or before.file is None:
            return frozenset()
        held = {*(record.read_items or ()), *(record.kept_items or ())}
        # The needs of the describing source are not read for this: its rows are taken as they lie in the file.
        rows = remembered_rows(describing, context, CellFile(self.folder / before.file))
        then = {str(row.get(detail.item)): tuple(row.get(name) for name in detail.unchanged) for row in rows}
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

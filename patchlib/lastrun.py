"""What the last run says of the next one: how often each listing was asked, how fast, and what need not be asked again.

A run builds on the last snapshot where that still lies on disk; then what it left unasked because an older one
held it is looked up there, as far back as the chain goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from math import ceil
from pathlib import Path
from typing import Literal

from patchlib.base import Base, open_base
from patchlib.snapshot import ANSWERED, CellRecord, Manifest
from patchlib.sources import NODE_LISTINGS, Cell, Scope, Source, is_source
from patchlib.sources import source as source_of

__all__ = ["Expected", "LastRun", "open_last_run"]

Reason = Literal["", "young", "absent", "unchanged"]
# States in which what a source holds was asked for, to the end or not.
_ASKED = {"ok", "empty", "partial"}


@dataclass(frozen=True)
class Expected:
    """What a listing is expected to cost the next run.

    calls: None when unknown. saved, why: calls not made, and what makes them needless.
    """

    calls: int | None
    is_floor: bool = False
    saved: int = 0
    why: Reason = ""


@dataclass(frozen=True)
class LastRun:
    """The last run and those it builds on, newest first; empty when there is none.

    can_build: the next run will build on it, since its pages are there; otherwise everything is asked.
    """

    chain: tuple[Base, ...] = ()
    can_build: bool = False

    @cached_property
    def newest(self) -> Base:
        """The last run itself; one that holds nothing where there is none."""
        return self.chain[0] if self.chain else Base()

    @cached_property
    def rates(self) -> dict[tuple[str, str, str, str], float]:
        """Learned rates by account, Region, service and operation [calls/s]."""
        return self.newest.rates()

    @cached_property
    def regions(self) -> dict[str, tuple[str, ...]]:
        """By account, the Regions that the last run read or tried cell by cell."""
        found: dict[str, set[str]] = {}
        for each in self._records:
            if is_source(each.source) and source_of(each.source).scope is Scope.CELL:
                found.setdefault(each.account_id, set()).add(each.region)
        return {account_id: tuple(sorted(regions)) for account_id, regions in found.items()}

    @cached_property
    def changed_shares(self) -> dict[str, float]:
        """By source, the share of items that the last incremental run read anew; without one, none is known."""
        if self.newest.manifest is None or self.newest.manifest.base_snapshot is None:
            return {}
        read: dict[str, list[int]] = {}
        for each in self._records:
            if each.read_items is not None:
                counts = read.setdefault(each.source, [0, 0])
                counts[0] += len(each.read_items)
                counts[1] += len(each.kept_items or ())
        return {name: new / (new + kept) for name, (new, kept) in read.items() if new + kept}

    @property
    def _records(self) -> tuple[CellRecord, ...]:
        return self.newest.manifest.cells if self.newest.manifest else ()

    def record(self, source: Source, cell: Cell) -> CellRecord | None:
        """The last run's ledger row; of what is the same in all accounts, the Region's, of whichever was asked."""
        return _record(self.newest, source, cell)

    def asked(self, source: Source, cell: Cell) -> CellRecord | None:
        """The latest ledger row of the chain under which the source was asked for."""
        found = (_record(base, source, cell) for base in self.chain)
        return next((each for each in found if each and each.state in _ASKED and each.calls), None)

    def seconds_per_call(self, source: Source, cell: Cell) -> float:
        """What a call took when it was last made, waiting included [s]; 0 when unknown."""
        record = self.asked(source, cell)
        return record.seconds / record.calls if record else 0.0

    def expected(self, source: Source, cell: Cell, now: datetime, *, is_full: bool) -> Expected | None:
        """The calls that the next run makes of a source in a cell; None where the last one says nothing of it.

        now: the endpoint's time [UTC]. is_full: it asks everything, as without a last run.
        """
        record, asked = self.record(source, cell), self.asked(source, cell)
        builds = self.can_build and not is_full
        if record is None:
            return None
        if builds and self.newest.fresh(source, cell, now):
            return Expected(0, saved=asked.calls if asked else 1, why="young")
        if not is_full and self._is_absent(source, cell):
            return Expected(0, saved=0 if source.needs else 1, why="absent")
        if record.state in {"kept", "absent"} and asked is None:
            return None
        if source.unit == "item" and source.detail is not None:
            return self._of_items(source, cell, builds=builds)
        if source.unit == "watermark" and asked is not None:
            return _since_last(source, asked, self.newest, now, builds=builds)
        return Expected((asked if asked and record.state in {"kept", "absent"} else record).calls)

    def _is_absent(self, source: Source, cell: Cell) -> bool:
        """Whether the cell will be left alone if it holds as little as last time."""
        if source.scope is Scope.REGION:
            record = self.record(source, cell)
            return record is not None and record.state == "absent"
        if source.scope is not Scope.CELL or not source.on_nodes or source.name in NODE_LISTINGS:
            return False
        listings = [source_of(name) for name in NODE_LISTINGS if is_source(name)]
        records = [self.record(listing, cell) for listing in listings]
        is_empty = all(each is not None and each.state == "empty" for each in records)
        holds_nothing = not self.can_build or self.newest.is_known_empty(source, cell)
        return len(listings) == len(NODE_LISTINGS) and is_empty and holds_nothing

    def _of_items(self, source: Source, cell: Cell, *, builds: bool) -> Expected:
        record = self.record(source, cell)
        if record is None or record.read_items is None:
            # The store does not say how many items a run left out: what it asked is the least that all cost.
            return Expected(record.calls if record else None, is_floor=True)
        items = len(record.read_items) + len(record.kept_items or ())
        if items == 0:
            return Expected(record.calls)
        calls, read = self._cost_of_items(source, cell)
        if read == 0:
            return Expected(None)
        whole = round(items * calls / read)
        # After a day every node has been scanned anew, so all of it is asked where no run has shown another share.
        share = self.changed_shares.get(source.name, 1.0) if builds else 1.0
        planned = round(whole * share)
        return Expected(planned, saved=whole - planned, why="unchanged" if whole > planned else "")

    def _cost_of_items(self, source: Source, cell: Cell) -> tuple[int, int]:
        """Calls, and the items they were for, of the latest run that asked for any here."""
        for base in self.chain:
            record = _record(base, source, cell)
            if record is not None and record.read_items:
                return record.calls, len(record.read_items)
        return 0, 0


def open_last_run(folder: Path, snapshot_id: str | None, ledger: Manifest | None = None) -> LastRun:
    """The run that the next one builds on, with those before it as far as they are there.

    snapshot_id: None when the next run builds on none; then `ledger`, what the store remembers, tells of calls and
    rates alone. Raises SnapshotInvalid when a manifest is damaged.
    """
    if snapshot_id is None:
        return LastRun((Base(manifest=ledger),) if ledger else ())
    chain = [open_base(folder, snapshot_id)]
    while (before := chain[-1].manifest) and before.base_snapshot and _is_there(folder, before.base_snapshot):
        chain.append(open_base(folder, before.base_snapshot))
    return LastRun(tuple(chain), can_build=True)


def _is_there(folder: Path, snapshot_id: str) -> bool:
    return (folder / snapshot_id / "manifest.json").exists()


def _record(base: Base, source: Source, cell: Cell) -> CellRecord | None:
    own = base.record(source, cell)
    if own is not None or source.scope is not Scope.REGION or base.manifest is None:
        return own
    tried = [each for each in base.manifest.cells if each.source == source.name and each.region == cell.region]
    return next((each for each in tried if each.state in ANSWERED), tried[0] if tried else None)


def _since_last(source: Source, asked: CellRecord, last: Base, now: datetime, *, builds: bool) -> Expected:
    """Calls of a listing by watermark: its rows grow with the time that it covers, its requests do not."""
    manifest = last.manifest
    looked_back_only_so_far = manifest is not None and manifest.base_snapshot is not None
    if looked_back_only_so_far or not builds or manifest is None or source.page_size is None:
        # With a base on either side the next run covers about what the last one did, or more.
        return Expected(asked.calls, is_floor=looked_back_only_so_far and not builds)
    first = timedelta(days=source.lookback_days)
    wanted = now - manifest.taken_at + timedelta(hours=source.overlap_hours)
    # Every request brings a last page that is not full, so there were at least this many.
    requests = max(1, asked.calls - asked.items // source.page_size)
    rows = ceil(asked.items * min(1.0, wanted / first))
    return Expected(min(asked.calls, requests + rows // source.page_size))

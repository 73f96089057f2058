"""What one kind of object has yielded in one cell: its pages, its counts, its ledger row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from patchlib.datasync.planning import Task
from patchlib.errors import CallFailed
from patchlib.harvest import gravest, refusal_of
from patchlib.manifest import CellRecord, CellState, InputRecord
from patchlib.snapshot import CellFile, Page, SnapshotWriter
from patchlib.sources import Cell, Source
from patchlib.sources.data_sync import LISTING, UNVERIFIED

__all__ = ["Tally", "blank", "listing_record"]

# How one object may be refused, in the ledger's words.
_REFUSED: tuple[CellState, ...] = ("denied", "denied_by_organization", "disabled", "throttled")
# Rows of the listing on one page: what one call of S3 lists.
_LISTED = 1000


def blank(source: Source, cell: Cell, state: CellState, note: str | None) -> CellRecord:
    """A ledger row of which no page came."""
    return CellRecord(
        account_id=cell.account_id,
        region=cell.region,
        source=source.name,
        service=source.service,
        operation=source.operation,
        state=state,
        read_items=() if source.unit == "item" else None,
        kept_items=() if source.unit == "item" else None,
        note=note,
    )


@dataclass
class Tally:
    """One kind of object in one cell, as far as it is read."""

    source: Source
    cell: Cell
    file: CellFile
    pages: int = 0
    items: int = 0
    calls: int = 0
    observed_at: str | None = None
    read_items: dict[str, None] = field(default_factory=dict)
    kept_items: list[str] = field(default_factory=list)
    missed: CallFailed | None = None

    def miss(self, failed: CallFailed) -> None:
        """An object was not read; whoever refused one is named before what merely failed."""
        self.missed = gravest(self.missed, failed)

    def recall(self, etags: Mapping[str, str]) -> set[str]:
        """Count the pages on disk whose item still has its ETag, and forget the others; returns their items."""
        pages = list(self.file.whole_pages())
        still = [page for page in pages if etags.get(page.item or "") == page.response["ETag"]]
        if len(still) < len(pages):
            self.file.keep(still)
        for page in still:
            self._count(page)
        return {page.item or "" for page in still}

    def take(
        self, place: InputRecord, task: Task, item: str, rows: Sequence[Mapping[str, Any]], not_kept: Sequence[str]
    ) -> None:
        """Write one object as one page, and count it."""
        page = Page(
            account_id=self.cell.account_id,
            region=self.cell.region,
            source=self.source.name,
            operation=self.source.operation,
            page=self.pages,
            item=item,
            request={"Bucket": place.bucket, "Key": task.found.key},
            response={
                "ETag": task.found.etag,
                "LastModified": task.found.modified_at,
                "Rows": [dict(row) for row in rows],
                "NotKept": list(not_kept),
            },
        )
        self.file.append(page)
        self._count(page)

    def _count(self, page: Page) -> None:
        self.pages += 1
        self.items += len(page.response["Rows"])
        self.observed_at = max(self.observed_at or "", page.response["LastModified"])
        self.read_items[page.item or ""] = None

    def state(self) -> CellState:
        """The ledger's word for how it went."""
        if self.missed is None:
            return "ok" if self.items else "kept" if self.kept_items else "empty"
        if self.read_items or self.kept_items:
            return "partial"
        return next((state for state in _REFUSED if state == self.missed.state), "error")

    def record(self, seconds: float) -> CellRecord:
        """The ledger row; its note says that the layout is not verified."""
        checksum, state = self.file.checksum(), self.state()
        return blank(self.source, self.cell, state, UNVERIFIED).model_copy(
            update={
                "pages": self.pages,
                "items": self.items,
                "calls": self.calls,
                "seconds": round(seconds, 3),
                "error_code": self.missed.code if self.missed else None,
                "error_message": self.missed.message if self.missed else None,
                "refusal": refusal_of(state, self.missed),
                "observed_at": self.observed_at,
                "file": self.file.relative if checksum else None,
                "bytes": checksum[0] if checksum else 0,
                "sha256": checksum[1] if checksum else None,
                "read_items": tuple(self.read_items),
                "kept_items": tuple(self.kept_items),
            }
        )


def listing_record(writer: SnapshotWriter, cell: Cell, tasks: Sequence[Task], taken_at: str, calls: int) -> CellRecord:
    """Write the listing of one cell, and its ledger row, whose note names what was not read."""
    file = writer.cell_file(cell.account_id, cell.region, LISTING.name)
    file.keep([])  # of a run that is resumed: this listing is the newer one
    rows = [
        {
            "Key": task.found.key,
            "ETag": task.found.etag,
            "LastModified": task.found.modified_at,
            "Size": task.found.size,
            "Type": task.place.kind,
            "Item": task.place.item,
            "Reading": task.reading,
        }
        for task in tasks
    ]
    for number, start in enumerate(range(0, len(rows), _LISTED)):
        file.append(
            Page(
                account_id=cell.account_id,
                region=cell.region,
                source=LISTING.name,
                operation=LISTING.operation,
                page=number,
                item=None,
                request={"Bucket": writer.manifest.inputs[0].bucket, "Prefix": writer.manifest.inputs[0].prefix},
                response={"Contents": rows[start : start + _LISTED]},
            )
        )
    size, digest = file.checksum() or (0, None)
    return blank(LISTING, cell, "ok", _left_out(tasks)).model_copy(
        update={
            "pages": -(-len(rows) // _LISTED),
            "items": len(rows),
            "calls": calls,
            "observed_at": taken_at,
            "file": file.relative,
            "bytes": size,
            "sha256": digest,
        }
    )


def _left_out(tasks: Sequence[Task]) -> str | None:
    """What of a cell's objects was not read, by kind; None when everything was."""
    unread = Counter(task.place.kind for task in tasks if task.reading == "unread")
    older = sum(task.reading == "superseded" for task in tasks)
    said = [f"{kind} ({count} objects)" for kind, count in sorted(unread.items())]
    texts = [f"no reader for {', '.join(said)}"] if said else []
    texts += [f"{older} older objects of the same nodes"] if older else []
    return f"not read: {'; '.join(texts)}" if texts else None

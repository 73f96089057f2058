"""What one source has yielded in one cell: counts, the rows that later sources need, and its ledger row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from patchlib.aws import Answer
from patchlib.errors import CallFailed
from patchlib.snapshot import CellFile, CellRecord, CellState, Page
from patchlib.sources import Cell, Context, Request, Source
from patchlib.sources.declaration import Row, rows, scrub

__all__ = ["Harvest", "Streak", "blank_record", "gravest", "page_of", "recounted", "refusal_of", "remembered_rows"]

# What somebody has to lift before it can be read.
_REFUSALS: frozenset[CellState] = frozenset(
    {"denied", "denied_by_organization", "role_missing", "not_subscribed", "disabled"}
)
_STATES: frozenset[CellState] = _REFUSALS | {"throttled"}


# Items refused or failed one after the other before the operation itself counts as such: the rest is not asked in vain.
_FAILURES = 3


@dataclass
class Streak:
    """Items that were refused or failed one after the other. count: how many; set it to 0 where one is read."""

    count: int = 0

    def ends(self, failed: CallFailed) -> bool:
        """Whether a failure is of the whole operation, and not the item's own."""
        is_own = failed.state == "error" or failed.state.startswith("denied")
        self.count = self.count + 1 if is_own else 0
        # What is not there was looked for, so the operation works; what is throttled or not enabled is so for all.
        return failed.state != "gone" and not 0 < self.count < _FAILURES


@dataclass
class _Recall:
    """The rows of a source that later ones need: of each the members that they read."""

    source: Source
    rows: list[Row] = field(default_factory=list)
    _places: dict[bytes, int] = field(default_factory=dict)

    def note(self, request: Mapping[str, Any], found: Iterable[Any]) -> None:
        """Remember the rows of one page."""
        source = self.source
        if not source.remember:
            return
        asked = {
            name: request.get(member) for name, member in source.request_columns.items() if name in source.remember
        }
        for row in found:
            # A listing of plain values names things only: what is remembered of each is the value.
            named = row if isinstance(row, Mapping) else {"Value": row}
            self._remember({name: named[name] for name in source.remember if name in named} | asked, request, named)

    def _remember(self, kept: Row, request: Mapping[str, Any], row: Row) -> None:
        """A row that comes again, because the listing moved between two pages, stands once, as it came last."""
        named = [row.get(name, request.get(self.source.request_columns.get(name, ""))) for name in self.source.key]
        place = len(self.rows)
        if named and None not in named:
            place = self._places.setdefault(orjson.dumps(named, default=str), place)
        if place < len(self.rows):
            self.rows[place] = kept
        else:
            self.rows.append(kept)


@dataclass
class Harvest:
    """What one source has yielded so far in one cell."""

    source: Source
    context: Context
    file: CellFile
    kept_items: set[str] = field(default_factory=set)
    described: dict[str, Row] = field(default_factory=dict)
    pages: int = 0
    items: int = 0
    calls: int = 0
    retries: int = 0
    observed_at: str | None = None
    read_items: list[str] = field(default_factory=list)
    missed: CallFailed | None = None
    token_lost: bool = False

    def __post_init__(self) -> None:
        """The latest describing row of each item, and nothing remembered yet."""
        self.recall = _Recall(self.source)
        detail = self.source.detail
        if detail is not None and detail.agrees is not None:
            self.described = {str(row.get(detail.item)): row for row in self.context.remembered.get(detail.of, ())}

    @property
    def cell(self) -> Cell:
        """Where it is read."""
        return self.context.cell

    @property
    def remembered(self) -> list[Row]:
        """The rows so far that later sources need."""
        return self.recall.rows

    def count(self, request: Mapping[str, Any], found: list[Any]) -> None:
        """Count one page, and remember of its rows what later sources need."""
        self.pages += 1
        self.items += len(found)
        self.recall.note(request, found)

    def take(self, request: Request, attempt: int, asked: Mapping[str, Any], answer: Answer) -> list[Any]:
        """Write one page, without its secrets, and count it; returns its rows."""
        response = scrub(self.source, answer.response)
        page = page_of(self.source, self.cell, self.pages, request, asked, response)
        self.file.append(page.model_copy(update={"attempt": attempt}) if attempt else page)
        self.retries += answer.retries
        self.observed_at = max(self.observed_at or "", answer.answered_at) or None
        found = rows(self.source, response)
        self.count(asked, found)
        return found

    def miss(self, failed: CallFailed) -> None:
        """An item was not read. Of several the ledger names one: whoever refused one, before what merely failed."""
        self.missed = gravest(self.missed, failed)

    def state(self, failed: CallFailed | None) -> CellState:
        """The ledger's word for how it went."""
        if failed is None and self.missed is None:
            return "ok" if self.items else "kept" if self.kept_items else "empty"
        if self.read_items or self.kept_items or (self.pages and self.source.unit != "item"):
            return "partial"
        return _ledger_state(gravest(self.missed, failed))

    def record(self, seconds: float, failed: CallFailed | None) -> CellRecord:
        """The ledger row."""
        fault = gravest(self.missed, failed)
        per_item, state = self.source.unit == "item", self.state(failed)
        return blank_record(self.source, self.cell, state).model_copy(
            update={
                "pages": self.pages,
                "items": self.items,
                "calls": self.calls,
                "retries": self.retries,
                "seconds": round(seconds, 3),
                "error_code": fault.code if fault else None,
                "error_message": fault.message if fault else None,
                "refusal": refusal_of(state, fault),
                "observed_at": self.observed_at,
                "read_items": tuple(self.read_items) if per_item else None,
                "kept_items": tuple(sorted(self.kept_items)) if per_item else None,
            }
            | _checksum(self.file)
        )


def gravest(earlier: CallFailed | None, later: CallFailed | None) -> CallFailed | None:
    """Of two failures the one that somebody has to lift, else the later."""
    is_lifted = earlier is not None and earlier.state in _REFUSALS and (later is None or later.state not in _REFUSALS)
    return earlier if is_lifted else later or earlier


def refusal_of(state: CellState, fault: CallFailed | None) -> CellState | None:
    """Who refused the rest of what came in part: `partial` alone would lose it."""
    return next((each for each in _REFUSALS if state == "partial" and fault and fault.state == each), None)


def _checksum(file: CellFile) -> dict[str, Any]:
    checksum = file.checksum()
    size, digest = checksum or (0, None)
    return {"file": file.relative if checksum else None, "bytes": size, "sha256": digest}


def page_of(
    source: Source, cell: Cell, number: int, request: Request, asked: Mapping[str, Any], response: dict[str, Any]
) -> Page:
    """One page of a source, without its secrets, numbered within its file."""
    return Page(
        account_id=cell.account_id,
        region=cell.region,
        source=source.name,
        operation=source.operation,
        page=number,
        item=request.item if source.unit == "item" else None,
        request=dict(asked),
        response=response,
    )


def _ledger_state(failed: CallFailed | None) -> CellState:
    return next((state for state in _STATES if failed and failed.state == state), "error")


def blank_record(
    source: Source, cell: Cell, state: CellState, failed: CallFailed | None = None, message: str | None = None
) -> CellRecord:
    """A ledger row for a source of which nothing was received."""
    return CellRecord(
        account_id=cell.account_id,
        region=cell.region,
        source=source.name,
        service=source.service,
        operation=source.operation,
        state=_ledger_state(failed) if failed else state,
        error_code=failed.code if failed else None,
        error_message=failed.message if failed else message,
        read_items=() if source.unit == "item" else None,
        kept_items=() if source.unit == "item" else None,
    )


def remembered_rows(source: Source, pages: Iterable[Page]) -> list[Row]:
    """The rows that later sources need, from pages that are on disk."""
    recall = _Recall(source)
    for page in pages:
        recall.note(page.request, rows(source, page.response))
    return recall.rows


def recounted(record: CellRecord, source: Source, file: CellFile) -> CellRecord:
    """The ledger row of a source to whose file pages were appended."""
    counts = [len(rows(source, page.response)) for page in file.whole_pages()]
    more = len(counts) - record.pages
    return record.model_copy(
        update={"pages": len(counts), "items": sum(counts), "calls": record.calls + more} | _checksum(file)
    )

"""Reading one source in one cell: every listing, page by page to disk, ended by one ledger row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from patchlib import shapes
from patchlib.aws import Answer, Reader
from patchlib.errors import CallFailed
from patchlib.snapshot import CellFile, CellRecord, CellState, Page
from patchlib.sources import Cell, Context, Request, Source
from patchlib.sources.declaration import rows, scrub

__all__ = ["blank_record", "read_source", "remembered_rows"]

# How services refuse a token that they no longer know, such as one from an earlier run. The rest of the request was
# good enough for its first page, so a parameter that is invalid on a later one can only be the token.
_LOST_TOKEN = {
    "ExpiredNextToken",
    "InvalidInputException",  # Organizations
    "InvalidNextToken",
    "InvalidNextTokenException",
    "InvalidPaginationToken",
    "InvalidPaginationTokenException",
    "InvalidParameterValue",  # EC2
    "ValidationException",
}


@dataclass
class _Reading:
    """What one source has yielded so far in one cell."""

    source: Source
    cell: Cell
    file: CellFile
    pages: int = 0
    items: int = 0
    calls: int = 0
    retries: int = 0
    observed_at: str | None = None
    remembered: list[Mapping[str, Any]] = field(default_factory=list)
    read_items: list[str] = field(default_factory=list)
    missed: CallFailed | None = None
    token_lost: bool = False

    def count(self, response: Mapping[str, Any]) -> None:
        found = rows(self.source, response)
        self.pages += 1
        self.items += len(found)
        if self.source.remember:
            self.remembered += [{name: row[name] for name in self.source.remember if name in row} for row in found]

    def take(self, request: Request, asked: Mapping[str, Any], answer: Answer) -> None:
        """Write one page, without its secrets, and count it."""
        response = scrub(self.source, answer.response)
        self.file.append(
            Page(
                account_id=self.cell.account_id,
                region=self.cell.region,
                source=self.source.name,
                operation=self.source.operation,
                page=self.pages,
                item=request.item,
                request=dict(asked),
                response=response,
            )
        )
        self.retries += answer.retries
        self.observed_at = max(self.observed_at or "", answer.answered_at) or None
        self.count(response)

    def state(self, failed: CallFailed | None) -> CellState:
        """The ledger's word for how it went."""
        if failed is None and self.missed is None:
            return "ok" if self.items else "empty"
        if self.read_items or (self.pages and self.source.unit == "cell"):
            return "partial"
        return _ledger_state(failed or self.missed)

    def record(self, seconds: float, failed: CallFailed | None) -> CellRecord:
        """The ledger row."""
        checksum, fault = self.file.checksum(), failed or self.missed
        return blank_record(self.source, self.cell, self.state(failed)).model_copy(
            update={
                "pages": self.pages,
                "items": self.items,
                "calls": self.calls,
                "retries": self.retries,
                "seconds": round(seconds, 3),
                "error_code": fault.code if fault else None,
                "error_message": fault.message if fault else None,
                "observed_at": self.observed_at,
                "file": self.file.relative if checksum else None,
                "bytes": checksum[0] if checksum else 0,
                "sha256": checksum[1] if checksum else None,
                "read_items": tuple(self.read_items) if self.source.unit == "item" else None,
            }
        )


def _ledger_state(failed: CallFailed | None) -> CellState:
    known: dict[str, CellState] = {"denied": "denied", "disabled": "disabled", "throttled": "throttled"}
    return known.get(failed.state, "error") if failed else "error"


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
    )


def read_source(
    reader: Reader, source: Source, context: Context, file: CellFile, clock: Callable[[], float]
) -> tuple[CellRecord, list[Mapping[str, Any]] | None]:
    """Read a source to its end, whatever happens.

    file may hold whole pages of a killed run: they are counted and not asked again. clock: seconds.
    Returns the ledger row, and the rows that later sources need, or None when the listing is not whole.
    """
    start = clock()
    reading = _Reading(source, context.cell, file)
    failed = _attempt(reader, reading, context, _pages_on_disk(source, file))
    if reading.token_lost:
        # The listing that was cut starts again from its first page; the others stay.
        file.keep(
            [page for pages in _pages_on_disk(source, file).values() if _is_whole(source, pages) for page in pages]
        )
        reading = _Reading(source, context.cell, file, calls=reading.calls, retries=reading.retries)
        failed = _attempt(reader, reading, context, _pages_on_disk(source, file))
    return reading.record(clock() - start, failed), None if failed else reading.remembered


def remembered_rows(source: Source, cell: Cell, file: CellFile) -> list[Mapping[str, Any]]:
    """The rows that later sources need, from a finished file."""
    reading = _Reading(source, cell, file)
    for page in file.whole_pages():
        reading.count(page.response)
    return reading.remembered


def _attempt(
    reader: Reader, reading: _Reading, context: Context, on_disk: Mapping[bytes, Sequence[Page]]
) -> CallFailed | None:
    for request in reading.source.requests(replace(context, own=reading.remembered)):
        already = on_disk.get(_identity(reading.source, request.params), ())
        try:
            _list(reader, reading, request, already)
        except CallFailed as failed:
            reading.retries += failed.retries
            if reading.token_lost or request.item is None or failed.state not in {"gone", "error"}:
                return failed
            # One item's failure (it may be gone between list and detail) must not hide the others.
            reading.missed = failed
            continue
        if request.item is not None:
            reading.read_items.append(request.item)
    return None


def _list(reader: Reader, reading: _Reading, request: Request, already: Sequence[Page]) -> None:
    """All pages of one request, going on after those already on disk."""
    source, cell = reading.source, reading.cell
    region = source.endpoint_region or cell.region
    paging = shapes.paginator(source.service, source.operation) or {}
    token_in, token_out = paging.get("input_token"), paging.get("output_token")
    params = dict(request.params)
    if source.page_size:
        params[paging["limit_key"]] = source.page_size
    for page in already:
        reading.count(page.response)
    token = already[-1].response.get(token_out) if already and token_out else None
    while token or not already:
        asked = params | ({token_in: token} if token_in and token else {})
        reading.calls += 1
        try:
            answer = reader.call(
                cell.account_id, source.endpoint_region or cell.region, source.service, source.operation, asked
            )
        except CallFailed as failed:
            reading.token_lost = bool(token) and failed.code in _LOST_TOKEN
            raise
        reading.take(request, asked, answer)
        token = answer.response.get(token_out) if token_out else None
        if not token:
            return


def _pages_on_disk(source: Source, file: CellFile) -> dict[bytes, list[Page]]:
    found: dict[bytes, list[Page]] = {}
    for page in file.whole_pages():
        found.setdefault(_identity(source, page.request), []).append(page)
    return found


def _is_whole(source: Source, pages: Sequence[Page]) -> bool:
    paging = shapes.paginator(source.service, source.operation) or {}
    return not pages[-1].response.get(paging.get("output_token", ""))


def _identity(source: Source, params: Mapping[str, Any]) -> bytes:
    """What makes a request the same listing: its parameters without page size and token."""
    paging = shapes.paginator(source.service, source.operation) or {}
    leave_out = {paging.get("input_token"), paging.get("limit_key")}
    own = {key: value for key, value in params.items() if key not in leave_out}
    return orjson.dumps(own, option=orjson.OPT_SORT_KEYS)

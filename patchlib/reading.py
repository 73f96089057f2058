"""Reading one source in one cell: every listing, page by page to disk, ended by one ledger row.

An item whose describing row is unchanged since the base snapshot is not asked; one whose detail does not agree
with its row is asked once more, row and detail, and then left as it was held before. Memory holds one item's
rows, whatever the listing's length.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import orjson

from patchlib import shapes
from patchlib.aws import Answer, Reader
from patchlib.errors import CallFailed
from patchlib.harvest import Harvest, Streak, page_of
from patchlib.snapshot import ANSWERED, CellFile, CellRecord
from patchlib.sources import Cell, Context, Request, Source
from patchlib.sources.declaration import Row, rows, scrub

__all__ = ["Reread", "read_source", "reread"]

# Asks for the describing row of an item again, and gives what came.
Reread = Callable[[Request], list[Row]]

# How services refuse a token that they no longer know, such as one from an earlier run. The rest of the request was
# good enough for its first page, so a parameter that is invalid on a later one can only be the token.
_LOST_TOKEN = {
    "ExpiredNextToken",
    "ExpiredNextTokenException",
    "InvalidInputException",  # Organizations
    "InvalidNextToken",
    "InvalidNextTokenException",
    "InvalidPaginationToken",
    "InvalidPaginationTokenException",
    "InvalidParameterValue",  # EC2
    "ValidationException",
}


@dataclass
class _Held:
    """A listing of which pages are on disk: its latest attempt, where that goes on, and its rows until it is settled.

    is_begun: pages of it are on disk. is_settled: whole, and in agreement with its describing row: nobody will
    look at its rows again.
    """

    attempt: int
    is_begun: bool = False
    token: str | None = None
    rows: list[Row] = field(default_factory=list)
    is_settled: bool = False


def read_source(
    reader: Reader,
    source: Source,
    context: Context,
    file: CellFile,
    clock: Callable[[], float],
    *,
    unchanged: frozenset[str] = frozenset(),
    again: Reread | None = None,
) -> tuple[CellRecord, list[Row] | None]:
    """Read a source to its end, whatever happens.

    file may hold whole pages of a killed run: they are counted and not asked again. clock: seconds.
    unchanged: items whose detail the base snapshot holds and whose describing row is the same: not asked.
    again: asks for a describing row once more, when a detail does not agree with it.
    Returns the ledger row, and the rows that later sources need, or None when the listing was cut short or gave
    none of its items.
    """
    start = clock()
    reading = Harvest(source, context, file)
    held = _take_stock(reading)
    failed = _attempt(reader, reading, held, unchanged, again)
    if reading.token_lost:
        # The listing that was cut starts again from its first page; the others stay. What came since is on disk too.
        held = _take_stock(Harvest(source, context, file))
        file.keep(page for page in file.whole_pages() if not held[_identity(source, page.request)].token)
        reading = Harvest(source, context, file, calls=reading.calls, retries=reading.retries)
        failed = _attempt(reader, reading, _take_stock(reading), unchanged, again)
    record = reading.record(clock() - start, failed)
    is_usable = failed is None and (record.state == "partial" or record.state in ANSWERED)
    return record, reading.remembered if is_usable else None


def reread(reader: Reader, source: Source, cell: Cell, request: Request, file: CellFile) -> list[Row]:
    """Ask for some rows of a source again and append what comes to its file, where the later answer counts."""
    number = sum(1 for _ in file.whole_pages())
    answer = reader.call(cell.account_id, cell.region, source.service, source.operation, request.params)
    response = scrub(source, answer.response)
    file.append(page_of(source, cell, number, request, request.params, response))
    return rows(source, response)


def _take_stock(reading: Harvest) -> dict[bytes, _Held]:
    """Count the pages on disk, and note where each listing stands; pages of one listing lie together."""
    source = reading.source
    held: dict[bytes, _Held] = {}
    for identity, pages in groupby(reading.file.whole_pages(), lambda page: _identity(source, page.request)):
        listing, item = _Held(-1), None
        for page in pages:
            if page.attempt != listing.attempt:
                listing = _Held(page.attempt, is_begun=True)
            item, found = page.item, rows(source, page.response)
            reading.count(page.request, found)
            listing.rows += found
            listing.token = _token(source, page.response)
        if listing.token is None and _agrees(reading, item, listing.rows):
            listing = _Held(listing.attempt, is_begun=True, is_settled=True)
        held[identity] = listing
    return held


def _attempt(
    reader: Reader,
    reading: Harvest,
    held: Mapping[bytes, _Held],
    unchanged: frozenset[str],
    again: Reread | None,
) -> CallFailed | None:
    source = reading.source
    doubtful: list[tuple[Request, int]] = []
    streak = Streak()
    for request in source.requests(replace(reading.context, own=reading.remembered)):
        if request.item in unchanged:
            reading.kept_items.add(str(request.item))
            continue
        listing = held.get(_identity(source, request.params), _Held(0))
        try:
            is_right = listing.is_settled or _agrees(reading, request.item, _list(reader, reading, request, listing))
        except CallFailed as failed:
            reading.retries += failed.retries
            ends = streak.ends(failed)
            if reading.token_lost or request.item is None:
                return failed
            if failed.state == "gone" and source.unit != "item":
                continue  # it has no rows: a listing that is replaced whole, or only adds, lacks nothing without it
            # A listing that is replaced whole needs all of its items, so the rest would be asked in vain.
            if source.unit == "cell" or ends:
                return failed
            # One item's failure (gone between list and detail, an object of its own policy) must not hide the others.
            reading.miss(failed)
            continue
        streak.count = 0
        if not is_right:
            doubtful.append((request, listing.attempt + 1))
        elif request.item is not None:
            reading.read_items.append(request.item)
    return _settle(reader, reading, doubtful, again)


def _settle(
    reader: Reader, reading: Harvest, doubtful: list[tuple[Request, int]], again: Reread | None
) -> CallFailed | None:
    """Ask once more for items whose detail and describing row disagree: they may have changed in between."""
    detail = reading.source.detail
    for request, attempt in doubtful:
        item = str(request.item)
        try:
            if again and detail and detail.again:
                reading.described |= {str(row.get(detail.item)): row for row in again(detail.again(item))}
            found = _list(reader, reading, request, _Held(attempt))
        except CallFailed as failed:
            reading.retries += failed.retries
            if failed.state not in {"gone", "error"}:
                return failed
            reading.miss(failed)
            continue
        if _agrees(reading, item, found):
            reading.read_items.append(item)
        else:
            why = f"{item}: its detail and its summary differ in their counts, also when asked again"
            reading.miss(CallFailed("error", "CountsDisagree", why, where=item))
    return None


def _agrees(reading: Harvest, item: str | None, found: list[Row]) -> bool:
    """Whether a detail agrees with its describing row; it does where nothing is compared.

    A row that came on two pages because the listing moved counts once, so either count may fit.
    """
    detail, row = reading.source.detail, reading.described.get(str(item))
    if detail is None or detail.agrees is None or row is None:
        return True
    once = {orjson.dumps(each, option=orjson.OPT_SORT_KEYS, default=str): each for each in found}
    return detail.agrees(row, found) or detail.agrees(row, list(once.values()))


def _list(reader: Reader, reading: Harvest, request: Request, held: _Held) -> list[Row]:
    """All pages of one request, going on after those already on disk; its rows, where they will be compared."""
    source, cell = reading.source, reading.cell
    region = source.endpoint_region or cell.region
    paging = shapes.paginator(source.service, source.operation) or {}
    token_in = paging.get("input_token")
    params = dict(request.params)
    if source.page_size:
        params[paging["limit_key"]] = source.page_size
    found, token, is_begun = held.rows, held.token, held.is_begun
    while token or not is_begun:
        is_begun = True
        asked = params | ({token_in: token} if token_in and token else {})
        reading.calls += 1
        try:
            answer = reader.call(cell.account_id, region, source.service, source.operation, asked)
        except CallFailed as failed:
            reading.token_lost = bool(token) and failed.code in _LOST_TOKEN
            if token or failed.code not in source.none_codes:
                raise
            answer = Answer({}, "", failed.retries)  # "there is none" came with no instant of its own
        page = reading.take(request, held.attempt, asked, answer)
        if reading.described:
            found = [*found, *page]
        token = _token(source, answer.response)
    return found


def _token(source: Source, response: Mapping[str, Any]) -> Any:
    """The token of the next page; nothing at the end."""
    paging = shapes.paginator(source.service, source.operation) or {}
    return response.get(paging.get("output_token", ""))


def _identity(source: Source, params: Mapping[str, Any]) -> bytes:
    """What makes a request the same listing: its parameters without page size and token."""
    paging = shapes.paginator(source.service, source.operation) or {}
    leave_out = {paging.get("input_token"), paging.get("limit_key")}
    own = {key: value for key, value in params.items() if key not in leave_out}
    return orjson.dumps(own, option=orjson.OPT_SORT_KEYS)

"""Who and where, asked as cheaply as it goes: accounts, Regions, and on request how many nodes each cell holds.

Without the probe it is three calls, one more per 20 accounts, and two more per unit that the settings name or that
lies below one; no listing of any fleet is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from patchlib import shapes
from patchlib.accounts import ENABLED, choose_accounts, no_such_unit, set_alone
from patchlib.aws import Reader
from patchlib.callcost import Counts, Size
from patchlib.cells import Kept
from patchlib.errors import CallFailed
from patchlib.lastrun import LastRun
from patchlib.settings import Settings
from patchlib.sources import NODE_LISTINGS, Cell, Context, Request, Scope, Source, is_source
from patchlib.sources import source as source_of
from patchlib.sources.declaration import Row, rows

__all__ = ["Census", "take_census"]

# Organizations API Reference, ListOrganizationalUnitsForParent, Errors, read 2026-11-25.
_NO_PARENT = "ParentNotFoundException"


@dataclass(frozen=True)
class Census:
    """What a plan is made of.

    accounts: ids to read, the caller's own as `own`. regions: by account. counts: rows by source of the cells that
    were probed. shared: the same of what is read once per organisation, account, Region or estate, where it is known.
    calls: what asking cost [requests]. notes: what had to be assumed.
    """

    own: str
    home_region: str
    accounts: tuple[str, ...]
    regions: Mapping[str, tuple[str, ...]]
    counts: Mapping[Cell, Counts] = field(default_factory=dict)
    shared: Mapping[Scope, Counts] = field(default_factory=dict)
    calls: int = 0
    notes: tuple[str, ...] = ()

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every account and Region, in the order in which a run reads them."""
        return tuple(Cell(account_id, region) for account_id in self.accounts for region in self.regions[account_id])


def take_census(settings: Settings, reader: Reader, last: LastRun, *, probe: bool = False) -> Census:
    """Ask who and where; with `probe` also what lists nodes, in every cell of which the last run says nothing.

    Raises CallFailed where the accounts or units that the settings need cannot be listed, SettingInvalid where a unit
    or an account that they name does not exist, and what Reader.caller raises.
    """
    asking = _Asking(reader)
    caller, home = reader.caller(), reader.home_region
    accounts, notes = _accounts(settings, asking), []
    # Without the list only the home Region is certain, as in extraction.
    named = settings.regions if settings.regions != "enabled" else asking.regions(caller.account_id, home) or (home,)
    everywhere = tuple(sorted(map(str, named)))
    # An account that the last run could not enter has rows for every Region of the others.
    regions = {account_id: _regions(settings, last, account_id, everywhere) for account_id in accounts}
    if settings.regions == "enabled" and set(accounts) - {caller.account_id} - last.regions.keys():
        notes.append("accounts that were not read yet are taken to have the caller's Regions enabled")
    census = Census(caller.account_id, home, accounts, regions)
    if probe:
        census, more = _probed(settings, asking, census, last)
        notes += more
    return replace(census, calls=asking.calls, notes=tuple(notes))


class _Asking:
    """Listings read to their end, without a snapshot; counts its calls. Its methods may be called by threads."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._asked: list[str] = []

    @property
    def calls(self) -> int:
        """Requests so far, with the one for the caller's identity."""
        return 1 + len(self._asked)

    def listing(self, source: Source, cell: Cell, only: Request | None = None) -> Iterator[Mapping[str, Any]]:
        """All rows of a source that needs no other, or of one request to it. Raises CallFailed."""
        at = self.reader.caller().answered_at
        paging = shapes.paginator(source.service, source.operation) or {}
        for request in (only,) if only else source.requests(Context(cell, {}, at, at)):
            size = {paging["limit_key"]: source.page_size} if source.page_size else {}
            token = None
            while True:
                asked = {**request.params, **size, **({paging["input_token"]: token} if token else {})}
                region = source.endpoint_region or cell.region
                self._asked.append(source.name)
                page = self.reader.call(cell.account_id, region, source.service, source.operation, asked).response
                yield from rows(source, page)
                token = page.get(paging.get("output_token", ""))
                if not token:
                    break

    def regions(self, account_id: str, home: str) -> tuple[str, ...]:
        """The Regions that an account may use; none where they cannot be listed."""
        try:
            listed = list(self.listing(source_of("ec2_region"), Cell(account_id, home)))
        except CallFailed:
            return ()
        return tuple(sorted(str(row["RegionName"]) for row in listed if row.get("OptInStatus") in ENABLED))


def _accounts(settings: Settings, asking: _Asking) -> tuple[str, ...]:
    """The accounts that a run would read."""
    own = asking.reader.caller().account_id
    cell = Cell(own, asking.reader.home_region)
    kept: Kept = {}
    if settings.accounts == "organization":
        kept["organizations_account"] = list(asking.listing(source_of("organizations_account"), cell))
        kept |= _below(settings.organizational_units, asking, cell)
    elif set_alone(settings, own):
        # A run lists the organisation wherever it can; here only where there is something to confirm.
        with suppress(CallFailed):
            kept["organizations_account"] = list(asking.listing(source_of("organizations_account"), cell))
    return tuple(choose_accounts(settings, own, kept)[0])


def _below(units: Sequence[str], asking: _Asking, cell: Cell) -> Kept:
    """The units below some, and the accounts in all of them, as a run remembers them; nothing of the tree beside."""
    unit_source, place_source = source_of("organizations_unit"), source_of("organizations_unit_account")
    parents: dict[str, str] = dict.fromkeys(map(str, units), "")
    places: list[Row] = []
    asked: set[str] = set()
    while left := [unit for unit in parents if unit not in asked]:
        for unit in left:
            asked.add(unit)
            request = Request({"ParentId": unit})
            try:
                parents |= {str(row["Id"]): unit for row in asking.listing(unit_source, cell, request)}
                places += [{**row, "parent_id": unit} for row in asking.listing(place_source, cell, request)]
            except CallFailed as failed:
                if failed.code == _NO_PARENT:
                    raise no_such_unit(unit) from failed
                raise
    tree: list[Row] = [{"Id": unit, "parent_id": parent} for unit, parent in parents.items()]
    return {"organizations_unit": tree, "organizations_unit_account": places}


def _regions(settings: Settings, last: LastRun, account_id: str, everywhere: tuple[str, ...]) -> tuple[str, ...]:
    if settings.regions != "enabled":
        return everywhere
    return last.regions.get(account_id, everywhere)


def _probed(settings: Settings, asking: _Asking, census: Census, last: LastRun) -> tuple[Census, list[str]]:
    """The census with the Regions of each new account and the nodes of each new cell."""
    new = [account_id for account_id in census.accounts if account_id not in last.regions]
    with ThreadPoolExecutor(settings.threads) as pool:
        regions = dict(census.regions)
        if settings.regions == "enabled":
            others = [account_id for account_id in new if account_id != census.own]
            listed = pool.map(lambda each: asking.regions(each, census.home_region), others)
            regions |= {account_id: found for account_id, found in zip(others, listed, strict=True) if found}
        everywhere = replace(census, regions=regions).cells
        cells = [cell for cell in everywhere if cell.region not in last.regions.get(cell.account_id, ())]
        counts = dict(zip(cells, pool.map(lambda cell: _nodes(asking, cell), cells), strict=True))
    listings = sum(is_source(name) for name in NODE_LISTINGS)
    closed = sum(len(each) < listings for each in counts.values())
    notes = [f"{closed} cells did not let all their nodes be counted; what is not is unknown"] if closed else []
    return replace(census, regions=regions, counts=counts), notes


def _nodes(asking: _Asking, cell: Cell) -> dict[str, Size]:
    """How many rows each listing of nodes has; without those that were refused."""
    found: dict[str, Size] = {}
    for name in filter(is_source, NODE_LISTINGS):
        try:
            listed = list(asking.listing(source_of(name), cell))
        except CallFailed:
            continue  # what is refused stays unknown, which the plan says
        found[name] = Size(len(listed), like=tuple(_plain_values(source_of(name), listed)))
    asking.reader.release(cell.account_id, cell.region)
    return found


def _plain_values(source: Source, listed: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The texts that later listings ask by: as many images are in use as there are different ones, not as nodes."""
    for member in source.remember:
        values = tuple(row.get(member) for row in listed)
        if values and all(isinstance(value, str) for value in values):
            yield member, tuple(map(str, values))

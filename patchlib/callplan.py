"""The call plan: what an extraction will ask, how long that takes, what it costs and what it leaves out.

Calls come from the last run where it says something, else from how many nodes a probe has counted; what neither
tells is unknown, and shown as that. Nothing is asked here.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from math import ceil

from patchlib.callcost import Cost, calls_for, cost_of, holds_no_node
from patchlib.census import Census
from patchlib.lastrun import Expected, LastRun
from patchlib.settings import RateBounds, Settings
from patchlib.sources import NODE_LISTINGS, SOURCES, Cell, Scope, Source, sources_in, wanted_in

__all__ = ["CallPlan", "PlannedCell", "PlannedListing", "PlannedSource", "call_plan", "makespan"]

# The order in which a run reads its scopes; the cells of one scope side by side, those of the next after them.
_PHASES = (Scope.ORGANIZATION, Scope.ACCOUNT, Scope.CELL, Scope.REGION, Scope.ESTATE)


@dataclass(frozen=True)
class PlannedListing:
    """One source in one cell.

    least: the fewest calls it can be; None where that depends on another listing. last: of the last run; None without.
    planned: None when unknown; at least so many where `is_floor`. saved: calls not made, because what is held is
    `young`, the cell is `absent` (holds no node) or details are `unchanged`.
    rate: calls a second, learned by the last run or else where the budget starts. seconds: planned calls at that
    rate, or at the pace of the last run where that was slower [s]. best_seconds: at the budget's ceiling [s].
    """

    cell: Cell
    source: Source
    least: int | None
    last: int | None
    planned: int | None
    is_floor: bool
    saved: int
    why_saved: str
    rate: float
    is_learned: bool
    seconds: float
    best_seconds: float


@dataclass(frozen=True)
class PlannedSource:
    """One source's share of a run.

    cells: listings. unknown_cells: those of which nothing is known. planned_calls: of the others; at least so many
    where is_floor or unknown_cells say so. least_calls, last_calls: None when unknown in any cell.
    busiest_minutes: of the cell in which it takes longest [min]; None when unknown in every cell.
    """

    system: str
    source: str
    operation: str
    cells: int
    unknown_cells: int
    least_calls: int | None
    last_calls: int | None
    planned_calls: int | None
    is_floor: bool
    saved_calls: int
    busiest_minutes: float | None
    grows_with: str


@dataclass(frozen=True)
class PlannedCell:
    """One account in one Region, its sources one after the other.

    planned_calls: of the sources that are known. minutes: what they take [min]. longest_source: the one that takes
    most of it, and how long that is [min].
    """

    account_id: str
    region: str
    planned_calls: int
    unknown_sources: int
    saved_calls: int
    minutes: float
    longest_source: str
    longest_source_minutes: float


@dataclass(frozen=True)
class CallPlan:
    """All listings of a run. threads: cells read side by side. roles: accounts that are entered through a role."""

    census: Census
    listings: tuple[PlannedListing, ...]
    threads: int
    roles: int

    @property
    def calls(self) -> int:
        """Planned calls, without what is unknown."""
        return sum(each.planned or 0 for each in self.listings)

    @property
    def last_calls(self) -> int | None:
        """Calls of the last run in the cells of this one; None when there was none."""
        known = [each.last for each in self.listings if each.last is not None]
        return sum(known) if known else None

    @property
    def unknown_sources(self) -> int:
        """Sources of which the calls are unknown in some cell, or known only as at least so many."""
        return len({each.source.name for each in self.listings if each.planned is None or each.is_floor})

    @property
    def learned_calls(self) -> int:
        """Planned calls whose rate the last run has learned."""
        return sum(each.planned or 0 for each in self.listings if each.is_learned)

    def saved(self, why: str) -> int:
        """Calls not made for one reason: `young`, `absent` or `unchanged`."""
        return sum(each.saved for each in self.listings if each.why_saved == why)

    def minutes(self, *, at_best: bool = False) -> float:
        """From first to last call [min]: cells side by side, scope after scope. at_best: at the budget's ceiling."""
        phases: dict[Scope, dict[Cell, float]] = {scope: {} for scope in _PHASES}
        for each in self.listings:
            taken = phases[each.source.scope]
            taken[each.cell] = taken.get(each.cell, 0.0) + (each.best_seconds if at_best else each.seconds)
        return sum(makespan(taken.values(), self.threads) for taken in phases.values()) / 60

    def by_source(self) -> tuple[PlannedSource, ...]:
        """One row a source, in the catalogue's order."""
        grouped: dict[str, list[PlannedListing]] = {}
        for each in self.listings:
            grouped.setdefault(each.source.name, []).append(each)
        return tuple(_planned_source(source, grouped[source.name]) for source in SOURCES if source.name in grouped)

    def by_cell(self) -> tuple[PlannedCell, ...]:
        """One row a cell, the one that takes longest first."""
        grouped: dict[Cell, list[PlannedListing]] = {}
        for each in self.listings:
            grouped.setdefault(each.cell, []).append(each)
        found = (_planned_cell(cell, listings) for cell, listings in grouped.items())
        return tuple(sorted(found, key=lambda each: (-each.minutes, -each.planned_calls, each.account_id, each.region)))


def call_plan(settings: Settings, census: Census, last: LastRun, *, now: datetime, is_full: bool = False) -> CallPlan:
    """What a run over the census will ask.

    now: the endpoint's time [UTC]. is_full: the run asks everything, whatever the last one holds.
    """
    asking = _Asking(settings, last, now, is_full)
    listings = [
        _listing(asking, source, cell, costs.get(source.name, Cost(None)))
        for scope in _PHASES
        for cell in _cells(census, scope)
        for costs in (_costs(census, scope, cell),)
        for source in wanted_in(scope, settings)
    ]
    roles = sum(account_id != census.own for account_id in census.accounts)
    return CallPlan(census, tuple(listings), settings.threads, roles)


def makespan(seconds: Iterable[float], threads: int) -> float:
    """When the last of some pieces of work ends, if each is begun in turn by the first thread that is free [s]."""
    free = [0.0] * threads
    for each in seconds:
        heapq.heapreplace(free, free[0] + each)
    return max(free)


def _cells(census: Census, scope: Scope) -> Sequence[Cell]:
    own = Cell(census.own, census.home_region)
    if scope in {Scope.ORGANIZATION, Scope.ESTATE}:
        return (own,)
    if scope is Scope.ACCOUNT:
        return tuple(Cell(account_id, census.home_region) for account_id in census.accounts)
    if scope is Scope.CELL:
        return census.cells
    # What is the same in all accounts is asked in the first that lists the Region.
    return tuple({cell.region: cell for cell in reversed(census.cells)}.values())[::-1]


@dataclass(frozen=True)
class _Asking:
    """What is the same for every listing of a run."""

    settings: Settings
    last: LastRun
    now: datetime
    is_full: bool

    @cached_property
    def _bounds(self) -> Callable[[str, str], RateBounds]:
        # A large estate has hundreds of thousands of listings of some eighty operations.
        return cache(self.settings.rates.bounds)

    def rate(self, source: Source, cell: Cell) -> tuple[float, bool, float]:
        """Calls a second, whether that was learned, and the budget's ceiling [calls/s]."""
        bounds = self._bounds(source.service, source.operation)
        if not self.last.rates:
            return bounds.start, False, bounds.ceiling
        key = (cell.account_id, source.endpoint_region or cell.region, source.service, source.operation)
        learned = self.last.rates.get(key)
        rate = bounds.start if learned is None else min(bounds.ceiling, max(bounds.floor, learned))
        return rate, learned is not None, bounds.ceiling


def _listing(asking: _Asking, source: Source, cell: Cell, cost: Cost) -> PlannedListing:
    last = asking.last
    record = last.record(source, cell)
    if record is not None and source.scope is Scope.REGION:
        cell = Cell(record.account_id, cell.region)
    expected = last.expected(source, cell, asking.now, is_full=asking.is_full) or _expected(cost)
    rate, is_learned, ceiling = asking.rate(source, cell)
    calls = expected.calls or 0
    return PlannedListing(
        cell=cell,
        source=source,
        least=_least(source, expected, last, cell, is_full=asking.is_full),
        last=record.calls if record else None,
        planned=expected.calls,
        is_floor=expected.is_floor,
        saved=expected.saved,
        why_saved=expected.why,
        rate=rate,
        is_learned=is_learned,
        seconds=calls * max(1 / rate, last.seconds_per_call(source, cell)),
        best_seconds=calls / ceiling,
    )


def _costs(census: Census, scope: Scope, cell: Cell) -> Mapping[str, Cost]:
    """By source, what can be said without a last run: by counted rows, else only of what needs no other listing."""
    if scope is Scope.REGION and _is_known_empty(census, cell.region):
        return {source.name: Cost(0, absent_calls=1) for source in sources_in(scope)}
    counts = census.counts.get(cell) if scope is Scope.CELL else census.shared.get(scope)
    if counts is not None:
        return calls_for(counts, scope)
    return {source.name: cost_of(source, {}) for source in sources_in(scope) if _is_asked_anywhere(source)}


def _is_asked_anywhere(source: Source) -> bool:
    """Whether a source is asked whatever other listings show."""
    if source.scope is Scope.CELL and source.on_nodes:
        return source.name in NODE_LISTINGS
    return not source.needs and source.scope is not Scope.REGION


def _is_known_empty(census: Census, region: str) -> bool:
    """Whether every cell of a Region has been counted, and none holds a node."""
    cells = [cell for cell in census.cells if cell.region == region]
    return all(cell in census.counts and holds_no_node(census.counts[cell]) for cell in cells)


def _expected(cost: Cost) -> Expected:
    saved = cost.kept_calls or cost.absent_calls
    why = "unchanged" if cost.kept_calls else "absent" if cost.absent_calls else ""
    return Expected(cost.calls, cost.is_floor, saved, why)  # type: ignore[arg-type]


def _least(source: Source, expected: Expected, last: LastRun, cell: Cell, *, is_full: bool) -> int | None:
    """The fewest calls the API allows for as many rows as last time: full pages, and no detail that still stands."""
    asked = last.asked(source, cell)
    if expected.calls is None or asked is None:
        return expected.calls
    if source.detail is not None and last.can_build and not is_full:
        return 0
    full_pages = ceil(asked.items / source.page_size) if source.page_size else expected.calls
    return min(expected.calls, max(full_pages, 0 if source.needs else 1))


def _sum(values: Iterable[int | None]) -> int | None:
    """A total; None where a part is unknown."""
    found = list(values)
    return None if None in found else sum(each or 0 for each in found)


def _planned_source(source: Source, listings: Sequence[PlannedListing]) -> PlannedSource:
    known = [each for each in listings if each.planned is not None]
    unknown = len(listings) - len(known)
    return PlannedSource(
        system=source.system,
        source=source.name,
        operation=f"{source.service}:{source.operation}",
        cells=len(listings),
        unknown_cells=unknown,
        least_calls=_sum(each.least for each in listings),
        last_calls=_sum(each.last for each in listings),
        planned_calls=sum(each.planned or 0 for each in known) if known else None,
        is_floor=unknown > 0 or any(each.is_floor for each in known),
        saved_calls=sum(each.saved for each in listings),
        busiest_minutes=round(max(each.seconds for each in known) / 60, 3) if known else None,
        grows_with=source.least or _growth(source),
    )


def _growth(source: Source) -> str:
    page = f"1 per {source.page_size} rows" if source.page_size else "1 per request"
    return f"{page}, for each of {', '.join(source.needs)}" if source.needs else page


def _planned_cell(cell: Cell, listings: Sequence[PlannedListing]) -> PlannedCell:
    longest = max(listings, key=lambda each: each.seconds)
    return PlannedCell(
        account_id=cell.account_id,
        region=cell.region,
        planned_calls=sum(each.planned or 0 for each in listings),
        unknown_sources=sum(each.planned is None for each in listings),
        saved_calls=sum(each.saved for each in listings),
        minutes=sum(each.seconds for each in listings) / 60,
        longest_source=longest.source.name,
        longest_source_minutes=longest.seconds / 60,
    )

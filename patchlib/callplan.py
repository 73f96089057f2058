"""The call plan: what an extraction will ask at least, and how long its budget makes that take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from patchlib.accounts import ENABLED
from patchlib.aws import Reader
from patchlib.errors import CallFailed
from patchlib.settings import Settings
from patchlib.sources import SOURCES, Scope, Source
from patchlib.sources.organizations import is_active

__all__ = ["PlannedCalls", "call_plan"]


@dataclass(frozen=True)
class PlannedCalls:
    """One source's share of a run.

    cells: listings. least_calls: the fewest the API allows; None where it depends on what another source lists.
    last_calls: what the last run needed; None without one. busiest_minutes: what the cell with most calls of the
    last run takes at the settings' rate, else a cell with one call [min]; None when neither is known.
    """

    source: str
    operation: str
    cells: int
    least_calls: int | None
    last_calls: int | None
    busiest_minutes: float | None
    grows_with: str


def call_plan(
    settings: Settings, reader: Reader, last: Mapping[str, tuple[int, int]] | None = None
) -> tuple[PlannedCalls, ...]:
    """The calls of every source, after asking only who and where (at most a call per 20 accounts).

    last: by source, the calls of the last run and those of its busiest cell.
    """
    accounts = _accounts(settings, reader)
    regions = _regions(settings, reader)
    cells = {
        Scope.ORGANIZATION: 1,
        Scope.ACCOUNT: accounts,
        Scope.REGION: regions,
        Scope.CELL: accounts * regions,
        Scope.ESTATE: 1,
    }
    return tuple(_planned(source, cells[source.scope], settings, (last or {}).get(source.name)) for source in SOURCES)


def _planned(source: Source, cells: int, settings: Settings, last: tuple[int, int] | None) -> PlannedCalls:
    least = None if source.needs else cells
    busiest = last[1] if last else 1 if least else None
    rate = settings.rates.of(source.service, source.operation)
    return PlannedCalls(
        source=source.name,
        operation=f"{source.service}:{source.operation}",
        cells=cells,
        least_calls=least,
        last_calls=last[0] if last else None,
        busiest_minutes=None if busiest is None else round(busiest / rate / 60, 3),
        grows_with=_growth(source),
    )


def _growth(source: Source) -> str:
    page = f"1 per {source.page_size} rows" if source.page_size else "1 per request"
    return f"{page}, for each of {', '.join(source.needs)}" if source.needs else page


def _accounts(settings: Settings, reader: Reader) -> int:
    own, home = reader.caller().account_id, reader.home_region
    if settings.accounts == "caller":
        return 1
    if settings.accounts != "organization":
        return len(settings.accounts)
    count: int = 0
    token: str | None = None
    while True:
        asked = {"MaxResults": 20} | ({"NextToken": token} if token else {})
        page = reader.call(own, home, "organizations", "ListAccounts", asked).response
        count += sum(is_active(account) for account in page["Accounts"])
        token = page.get("NextToken")
        if not token:
            return count


def _regions(settings: Settings, reader: Reader) -> int:
    if settings.regions != "enabled":
        return len(settings.regions)
    own, home = reader.caller().account_id, reader.home_region
    try:
        page = reader.call(own, home, "ec2", "DescribeRegions", {"AllRegions": True}).response
    except CallFailed:
        return 1  # as extraction does: without the list only the home Region is certain
    return sum(region.get("OptInStatus") in ENABLED for region in page["Regions"])

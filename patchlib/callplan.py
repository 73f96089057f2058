"""The call plan: what an extraction will ask at least, and how long its budget makes that take."""

from __future__ import annotations

from dataclasses import dataclass

from patchlib.aws import Reader
from patchlib.errors import CallFailed
from patchlib.extract import ENABLED
from patchlib.settings import Settings
from patchlib.sources import SOURCES, Scope, Source
from patchlib.sources.organizations import is_active

__all__ = ["PlannedCalls", "call_plan"]


@dataclass(frozen=True)
class PlannedCalls:
    """One source's share of a run.

    cells: listings. calls: the fewest the API allows before anything is known of the contents.
    grows_with: what adds calls. seconds: at the settings' rate, in the busiest cell [s].
    """

    source: str
    operation: str
    cells: int
    calls: int
    grows_with: str
    seconds: float


def call_plan(settings: Settings, reader: Reader) -> tuple[PlannedCalls, ...]:
    """The fewest calls of every source, after asking only who and where (at most a call per 20 accounts)."""
    accounts = _accounts(settings, reader)
    regions = _regions(settings, reader)
    cells = {
        Scope.ORGANIZATION: 1,
        Scope.ACCOUNT: accounts,
        Scope.REGION: regions,
        Scope.CELL: accounts * regions,
    }
    return tuple(_planned(source, cells[source.scope], settings) for source in SOURCES)


def _planned(source: Source, cells: int, settings: Settings) -> PlannedCalls:
    calls = 0 if source.needs else cells
    rate = settings.rates.of(source.service, source.operation)
    return PlannedCalls(
        source=source.name,
        operation=f"{source.service}:{source.operation}",
        cells=cells,
        calls=calls,
        grows_with=_growth(source),
        seconds=round((1 if calls else 0) / rate, 2),
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

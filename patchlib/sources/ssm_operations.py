"""AWS Systems Manager: Change Calendar, OpsCenter, and where inventory is copied to."""

from __future__ import annotations

from collections.abc import Iterator

from patchlib.sources.declaration import Context, Drop, Request, Scope, Source

__all__ = ["SOURCES"]

# "Only one Owner can be specified in a request" (API reference, DocumentKeyValuesFilter): own calendars, and
# those that another account shares.
_OWNERS = ("Self", "Private")
# Statuses of an OpsItem that somebody has still to deal with (user guide, "Managing OpsItems": the third is Resolved).
_UNRESOLVED = ["Open", "InProgress"]


def _calendars(_context: Context) -> Iterator[Request]:
    for owner in _OWNERS:
        kind = {"Key": "DocumentType", "Values": ["ChangeCalendar"]}
        yield Request({"Filters": [kind, {"Key": "Owner", "Values": [owner]}]})


def _names(context: Context) -> list[str]:
    return sorted({row["Name"] for row in context.rows("ssm_change_calendar")})


def _states(context: Context) -> Iterator[Request]:
    # Of several calendars in one request the answer is one state for all of them (API reference, GetCalendarState).
    for name in _names(context):
        yield Request({"CalendarNames": [name]}, item=name)


def _contents(context: Context) -> Iterator[Request]:
    for name in _names(context):
        yield Request({"Name": name}, item=name)


def _ops_items(context: Context) -> Iterator[Request]:
    since = context.since.strftime("%Y-%m-%dT%H:%M:%SZ")
    yield Request({"OpsItemFilters": [{"Key": "LastModifiedTime", "Values": [since], "Operator": "GreaterThan"}]})
    # What nobody has touched for months is what matters most, and lies before any watermark.
    yield Request({"OpsItemFilters": [{"Key": "Status", "Values": _UNRESOLVED, "Operator": "Equal"}]})


def _syncs(_context: Context) -> Iterator[Request]:
    yield Request({"SyncType": "SyncToDestination"})


SOURCES = (
    Source(
        name="ssm_change_calendar",
        service="ssm",
        operation="ListDocuments",
        scope=Scope.CELL,
        items="DocumentIdentifiers[]",
        page_size=50,
        about="change calendars, own and shared with the account",
        system="Change Calendar",
        key=("Name",),
        requests=_calendars,
        remember=("Name",),
        least="two listings a cell: an owner is one value, and without one AWS's own documents come too",
    ),
    Source(
        name="ssm_calendar_state",
        service="ssm",
        operation="GetCalendarState",
        scope=Scope.CELL,
        items="",
        about="whether a change calendar is open, and until when",
        system="Change Calendar",
        key=("calendar_names",),
        unit="item",
        request_columns={"calendar_names": "CalendarNames"},
        needs=("ssm_change_calendar",),
        requests=_states,
        least="one call per calendar: of several in one call it says only whether all are open",
    ),
    Source(
        name="ssm_calendar_document",
        service="ssm",
        operation="GetDocument",
        scope=Scope.CELL,
        items="",
        about="the closed and open periods of a change calendar, as iCalendar text",
        system="Change Calendar",
        key=("calendar_name",),
        # A calendar that another account shares may be closed to the reader by its owner.
        unit="item",
        request_columns={"calendar_name": "Name"},
        needs=("ssm_change_calendar",),
        requests=_contents,
        # Attachments come with presigned addresses: who holds one can read the object.
        drop=(Drop("AttachmentsContent[].Url"),),
        harmless={"Content": "names and dates of freezes: what a calendar is read for, and no other document is read"},
        least="one call per calendar",
        # Calendars are documents like any other by their ARN.
        iam_resources=("arn:*:ssm:*:*:document/*",),
        returns_content=True,
    ),
    Source(
        name="ssm_ops_item",
        service="ssm",
        operation="DescribeOpsItems",
        scope=Scope.CELL,
        items="OpsItemSummaries[]",
        page_size=50,
        about="operational issues in OpsCenter: who left what open since when",
        system="OpsCenter",
        key=("OpsItemId",),
        unit="watermark",
        requests=_ops_items,
        drop=(Drop("OpsItemSummaries[].OperationalData"),),
        least="two listings: what changed since the last run, and what is not resolved, however old",
    ),
    Source(
        name="ssm_resource_data_sync",
        service="ssm",
        operation="ListResourceDataSync",
        scope=Scope.CELL,
        items="ResourceDataSyncItems[]",
        page_size=50,
        about="which buckets inventory and compliance are copied to, and whether that works",
        system="Resource Data Sync",
        key=("SyncName",),
        requests=_syncs,
    ),
)

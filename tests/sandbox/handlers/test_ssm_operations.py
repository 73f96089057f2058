"""Promises of change calendars, OpsItems and data syncs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from patchlib.sandbox.endpoint import Call, ServiceError
from patchlib.sandbox.organisation import Organisation
from tests.sandbox.handlers.conftest import DEVELOPMENT, PRODUCTION, SHARED, Ask

PRODUCTION_B = "210400173974"


def calendars(ask: Ask, owner: str, **cell: Any) -> list[str]:
    filters = [{"Key": "DocumentType", "Values": ["ChangeCalendar"]}, {"Key": "Owner", "Values": [owner]}]
    return [row["Name"] for row in ask("ssm", "ListDocuments", Filters=filters, **cell)["DocumentIdentifiers"]]


def test_one_calendar_is_closed_now(ask: Ask) -> None:
    """The audit freeze blocks changes until 2026-11-07, midnight in Berlin."""
    assert calendars(ask, "Self", account_id=SHARED) == ["audit-freeze"]
    state = ask("ssm", "GetCalendarState", account_id=SHARED, CalendarNames=["audit-freeze"])
    assert state["State"] == "CLOSED"
    assert state["NextTransitionTime"] == "2026-11-06T23:00:00Z"


def test_a_calendar_can_be_shared(ask: Ask) -> None:
    """One production account owns the year-end freeze, the other sees it by its ARN; it is open in November."""
    assert calendars(ask, "Self") == ["year-end-freeze"]
    assert calendars(ask, "Self", account_id=PRODUCTION_B) == []
    (arn,) = calendars(ask, "Private", account_id=PRODUCTION_B)
    assert arn == f"arn:aws:ssm:eu-central-1:{PRODUCTION}:document/year-end-freeze"
    state = ask("ssm", "GetCalendarState", account_id=PRODUCTION_B, CalendarNames=[arn])
    assert (state["State"], state["NextTransitionTime"]) == ("OPEN", "2026-12-13T17:00:00Z")


def test_the_text_is_a_calendar(ask: Ask) -> None:
    """Unfolded, it holds one event per closed period, in local time with its zone."""
    text = ask("ssm", "GetDocument", Name="year-end-freeze")["Content"]
    lines = text.replace("\r\n ", "").split("\r\n")
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == 2
    assert "X-CALENDAR-TYPE:DEFAULT_OPEN" in lines
    assert "SUMMARY:Year-end trading\\, no change without the approval of the change board" in lines
    assert "DTSTART;TZID=Europe/Berlin:20241213T180000" in lines


@pytest.mark.parametrize(
    ("operation", "params"), [("GetDocument", {"Name": "x"}), ("GetCalendarState", {"CalendarNames": ["x"]})]
)
def test_an_unknown_calendar_is_refused(ask: Ask, operation: str, params: dict[str, Any]) -> None:
    """With the service's own error."""
    with pytest.raises(ServiceError, match="InvalidDocument"):
        ask("ssm", operation, **params)


def ops_items(organisation: Organisation, **params: Any) -> list[dict[str, Any]]:
    handler = organisation.handlers["ssm", "DescribeOpsItems"]
    call = Call("ssm", "DescribeOpsItems", PRODUCTION, "eu-central-1", params, organisation.as_of)
    found: list[dict[str, Any]] = handler(call)["OpsItemSummaries"]
    return found


def _filter(key: str, *values: str) -> dict[str, Any]:
    return {"OpsItemFilters": [{"Key": key, "Values": list(values), "Operator": "Equal"}]}


def test_an_item_has_been_open_for_months(organisation: Organisation) -> None:
    """Nobody has touched it since the summer, so a listing by last change does not show it."""
    since = (organisation.as_of - timedelta(days=30)).isoformat()
    old = [
        row
        for row in ops_items(organisation, **_filter("Status", "Open", "InProgress"))
        if organisation.as_of - row["CreatedTime"] > timedelta(days=90)
    ]
    assert [row["Title"] for row in old] == ["Security agent missing on warehouse-floor nodes"]
    recent = ops_items(organisation, **_filter("LastModifiedTime", since))
    assert recent
    assert old[0] not in recent


def test_items_keep_their_past() -> None:
    """A later look shows the same items, some of them resolved since."""
    earlier, later = (Organisation(nodes=60, as_of=datetime(2026, 10, day, 6, tzinfo=UTC)) for day in (1, 20))
    before = {row["OpsItemId"]: row for row in ops_items(earlier)}
    after = {row["OpsItemId"]: row for row in ops_items(later)}
    kept = before.keys() & after.keys()
    assert kept
    assert all(before[key]["CreatedTime"] == after[key]["CreatedTime"] for key in kept)
    assert {key for key in kept if before[key]["Status"] == "Open"} >= {
        key for key in kept if after[key]["Status"] == "Open"
    }


def test_one_sync_fails_and_one_is_missing(ask: Ask) -> None:
    """All copies go to one bucket; the shared services' in the other Region has not arrived since September."""
    (row,) = ask("ssm", "ListResourceDataSync", SyncType="SyncToDestination")["ResourceDataSyncItems"]
    assert (row["S3Destination"]["BucketName"], row["LastStatus"]) == ("alderbrook-ssm-data-sync", "Successful")
    (broken,) = ask("ssm", "ListResourceDataSync", account_id=SHARED, region="us-east-1")["ResourceDataSyncItems"]
    assert broken["LastStatus"] == "Failed"
    assert broken["LastSuccessfulSyncTime"] < broken["LastSyncTime"]
    assert not ask("ssm", "ListResourceDataSync", account_id=DEVELOPMENT, region="us-east-1")["ResourceDataSyncItems"]

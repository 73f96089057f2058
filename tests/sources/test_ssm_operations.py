"""Which listings of calendars, OpsItems and data syncs follow from which rows, and what must not be kept."""

from datetime import timedelta

from patchlib.sources import source
from patchlib.sources.declaration import scrub
from tests import estate
from tests.sources.asking import context


def test_calendars_are_listed_by_owner() -> None:
    """Own ones and those another account shares, and no other kind of document."""
    filters = [request.params["Filters"] for request in source("ssm_change_calendar").requests(context())]
    assert [{each["Key"]: each["Values"] for each in asked} for asked in filters] == [
        {"DocumentType": ["ChangeCalendar"], "Owner": ["Self"]},
        {"DocumentType": ["ChangeCalendar"], "Owner": ["Private"]},
    ]


def test_every_calendar_is_asked_once() -> None:
    """State and text of each calendar, also of one that two listings name."""
    rows = context(ssm_change_calendar=[{"Name": "b"}, {"Name": "a"}, {"Name": "b"}])
    states = [request.params for request in source("ssm_calendar_state").requests(rows)]
    assert states == [{"CalendarNames": ["a"]}, {"CalendarNames": ["b"]}]
    assert [request.params for request in source("ssm_calendar_document").requests(rows)] == [
        {"Name": "a"},
        {"Name": "b"},
    ]


def test_open_items_are_listed_however_old() -> None:
    """What changed since the watermark, and besides what is not resolved: nobody may have touched it for months."""
    changed, unresolved = source("ssm_ops_item").requests(context())
    (since,) = changed.params["OpsItemFilters"]
    assert since["Key"] == "LastModifiedTime"
    assert since["Operator"] == "GreaterThan"
    assert since["Values"] == [f"{estate.AS_OF - timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}"]
    assert unresolved.params["OpsItemFilters"] == [
        {"Key": "Status", "Values": ["Open", "InProgress"], "Operator": "Equal"}
    ]


def test_secrets_of_items_and_documents_are_dropped() -> None:
    """Operational data of OpsItems and presigned addresses of attachments do not reach the disk."""
    item = {"OpsItemSummaries": [{"OpsItemId": "oi-1", "OperationalData": {"key": {"Value": "canary"}}}]}
    assert scrub(source("ssm_ops_item"), item) == {"OpsItemSummaries": [{"OpsItemId": "oi-1"}]}
    document = {"Content": "BEGIN:VCALENDAR", "AttachmentsContent": [{"Name": "a", "Url": "canary"}]}
    assert scrub(source("ssm_calendar_document"), document) == {
        "Content": "BEGIN:VCALENDAR",
        "AttachmentsContent": [{"Name": "a"}],
    }


def test_only_syncs_to_a_bucket_are_listed() -> None:
    """Syncs from other accounts bring data here; where evidence goes is in the others."""
    (request,) = source("ssm_resource_data_sync").requests(context())
    assert request.params == {"SyncType": "SyncToDestination"}

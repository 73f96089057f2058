"""AWS Systems Manager: Change Calendar, OpsCenter, and where inventory is copied to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from patchlib.sandbox.endpoint import Call, Handler, ServiceError
from patchlib.sandbox.handlers.listing import after, described, equals, listed
from patchlib.sandbox.world.calendars import DAY, instant, to_datetime
from patchlib.sandbox.world.directory import HOME_REGION
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.freezes import Freeze, visible

__all__ = ["DATA_SYNC_BUCKET", "handlers"]

DATA_SYNC_BUCKET = "alderbrook-ssm-data-sync"
_SECURITY = "210400173928"
# OpsItems are shown for this long after they were resolved; open ones without end.
_SHOWN = 90 * DAY


def handlers(estate: Estate) -> dict[str, Handler]:
    """The operations of Systems Manager of this module over one estate."""
    return {
        "ListDocuments": listed(
            "ssm_change_calendar",
            estate,
            _documents,
            filters={"DocumentType": equals("DocumentType"), "Owner": equals("_ownership")},
        ),
        "GetCalendarState": lambda call: _state(estate, call),
        "GetDocument": described("ssm_calendar_document", estate, _contents, by={"Name": "Name"}, missing=_no_document),
        "DescribeOpsItems": listed(
            "ssm_ops_item",
            estate,
            _ops_items,
            filters={"LastModifiedTime": after("LastModifiedTime"), "Status": equals("Status")},
        ),
        "ListResourceDataSync": listed("ssm_resource_data_sync", estate, _syncs, by={"SyncType": "_sync_type"}),
    }


def _no_document(call: Call) -> ServiceError:
    return ServiceError("InvalidDocument", f"Document with name {call.params['Name']} does not exist.")


def _known_as(freeze: Freeze, account_id: str) -> str:
    """Own documents go by their name, those of others by their ARN."""
    return freeze.name if account_id == freeze.owner_id else freeze.arn


def _documents(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for freeze in visible(account_id, region, estate.as_of):
        yield {
            "Name": _known_as(freeze, account_id),
            "CreatedDate": to_datetime(instant(freeze.created_at)),
            "Owner": freeze.owner_id,
            "PlatformTypes": [],
            "DocumentVersion": "1",
            "DocumentType": "ChangeCalendar",
            "DocumentFormat": "TEXT",
            "Tags": [],
            "_ownership": "Self" if account_id == freeze.owner_id else "Private",
        }


def _contents(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for freeze in visible(account_id, region, estate.as_of):
        yield {
            "Name": _known_as(freeze, account_id),
            "CreatedDate": to_datetime(instant(freeze.created_at)),
            "DocumentVersion": "1",
            "Status": "Active",
            "Content": freeze.text,
            "DocumentType": "ChangeCalendar",
            "DocumentFormat": "TEXT",
        }


def _state(estate: Estate, call: Call) -> dict[str, Any]:
    if "AtTime" in call.params:
        raise ServiceError("ValidationException", "The sandbox tells the state of calendars at its present only.")
    here = {_known_as(each, call.account_id): each for each in visible(call.account_id, call.region, estate.as_of)}
    missing = next((name for name in call.params["CalendarNames"] if name not in here), None)
    if missing is not None:
        raise ServiceError("InvalidDocument", f"Calendar {missing} does not exist.")
    states = [here[name].state(estate.as_of) for name in call.params["CalendarNames"]]
    found = {
        "State": "OPEN" if all(state == "OPEN" for state, _ in states) else "CLOSED",
        "AtTime": f"{to_datetime(estate.as_of):%Y-%m-%dT%H:%M:%SZ}",
    }
    following = min((at for _, at in states if at is not None), default=None)
    return (
        found if following is None else found | {"NextTransitionTime": f"{to_datetime(following):%Y-%m-%dT%H:%M:%SZ}"}
    )


@dataclass(frozen=True)
class _Kind:
    """A kind of OpsItem: how it is worded, and the share of weeks in which a cell has one."""

    title: str
    source: str
    category: str
    severity: str
    priority: int
    share: float


_KINDS = (
    _Kind("SSM Maintenance Window execution failed", "SSM", "Availability", "3", 3, 0.25),
    _Kind("SSM Maintenance Window execution timed out", "SSM", "Availability", "3", 3, 0.08),
    _Kind("EC2 Auto Scaling instance launch failed", "EC2", "Availability", "2", 2, 0.10),
)
_FIRST_WEEK = instant("2026-01-05")
# Left open since the summer, by the team that then lost its owner.
_FORGOTTEN = {
    ("210400173933", HOME_REGION): ("Security agent missing on warehouse-floor nodes", "2026-07-28T07:15:40Z"),
    ("210400173974", "us-east-1"): ("Patch policy cannot read its baseline overrides", "2026-08-01T02:04:11Z"),
}


def _ops_items(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    draws, place = estate.draws, (account_id, region)
    if place in _FORGOTTEN:
        title, text = _FORGOTTEN[place]
        created = instant(text)
        if created <= estate.as_of:
            kind = _Kind(title, "Change Manager" if "agent" in title else "SSM", "Security", "2", 2, 1.0)
            yield _ops_item(estate, place, kind, created, None)
    if not estate.by_cell.get(place):
        return
    for week in range(_FIRST_WEEK, estate.as_of, 7 * DAY):
        for kind in _KINDS:
            created = week + draws.between(0, 7 * DAY - 1, "ops item at", *place, kind.title, week)
            if created > estate.as_of or draws.uniform("ops item", *place, kind.title, week) >= kind.share:
                continue
            resolved = created + draws.between(1, 21 * 24, "ops item for", *place, kind.title, week) * 3600
            if resolved + _SHOWN > estate.as_of:
                yield _ops_item(estate, place, kind, created, resolved if resolved <= estate.as_of else None)


def _ops_item(
    estate: Estate, place: tuple[str, str], kind: _Kind, created: int, resolved: int | None
) -> dict[str, Any]:
    account_id = place[0]
    creator = f"arn:aws:sts::{account_id}:assumed-role/OpsItem-CWE-Role/{estate.draws.hexadecimal(32, 'cwe', *place)}"
    return {
        "CreatedBy": creator,
        "CreatedTime": to_datetime(created),
        "LastModifiedBy": creator,
        "LastModifiedTime": to_datetime(created if resolved is None else resolved),
        "Priority": kind.priority,
        "Source": kind.source,
        "Status": "Open" if resolved is None else "Resolved",
        "OpsItemId": "oi-" + estate.draws.hexadecimal(12, "ops item id", *place, kind.title, created),
        "Title": kind.title,
        "OperationalData": {
            "/aws/dedup": {"Value": f'{{"dedupString":"{kind.title}"}}', "Type": "SearchableString"},
        },
        "Category": kind.category,
        "Severity": kind.severity,
        "OpsItemType": "/aws/issue",
    }


# Where the copy of the inventory does not arrive, and since when.
_BROKEN_SYNCS = {("210400173962", "us-east-1"): "2026-09-14T03:20:00Z"}
_WITHOUT_SYNC = ("210400173947", "us-east-1")


def _syncs(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    place = (account_id, region)
    if place == _WITHOUT_SYNC or not estate.by_cell.get(place):
        return
    created = instant("2023-05-09T10:11:12Z")
    last = estate.as_of - estate.draws.between(60, 1800, "sync", *place, estate.as_of)
    broken = _BROKEN_SYNCS.get(place)
    works = broken is None or instant(broken) > estate.as_of
    yield {
        "SyncName": "fleet-inventory",
        "SyncType": "SyncToDestination",
        "S3Destination": {
            "BucketName": DATA_SYNC_BUCKET,
            "SyncFormat": "JsonSerDe",
            "Region": HOME_REGION,
            "AWSKMSKeyARN": f"arn:aws:kms:{HOME_REGION}:{_SECURITY}:key/{estate.draws.uuid('key', DATA_SYNC_BUCKET)}",
        },
        "LastSyncTime": to_datetime(last),
        "LastSuccessfulSyncTime": to_datetime(last if works else instant(str(broken))),
        "SyncLastModifiedTime": to_datetime(created),
        "LastStatus": "Successful" if works else "Failed",
        "SyncCreatedTime": to_datetime(created),
        "LastSyncStatusMessage": "The sync was successfully completed"
        if works
        else "The sync failed: access to the KMS key was denied",
        "_sync_type": "SyncToDestination",
    }

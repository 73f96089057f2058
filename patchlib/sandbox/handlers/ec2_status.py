"""Amazon EC2: events that AWS has scheduled for instances."""

from __future__ import annotations

from collections.abc import Iterator

from patchlib.sandbox.endpoint import Handler
from patchlib.sandbox.handlers.listing import Row, listed
from patchlib.sandbox.world.calendars import DAY, HOUR, to_datetime
from patchlib.sandbox.world.estate import Estate

__all__ = ["handlers"]

# Of running instances, how many have an event ahead, and of these how many stand on a host that is retired.
_SHARE, _RETIRED_SHARE = 0.03, 0.25
# AWS tells a reboot days ahead and a retirement weeks ahead; the sandbox's lie within these [d].
_REBOOT_DAYS, _RETIREMENT_DAYS = 10, 14
_WINDOW_HOURS = 2


def handlers(estate: Estate) -> dict[str, Handler]:
    """Instance status over one estate."""
    return {
        "DescribeInstanceStatus": listed(
            "ec2_instance_status",
            estate,
            _statuses,
            filters={"event.code": _has_event},
            by={"InstanceIds": "InstanceId"},
        )
    }


def _has_event(row: Row, codes: list[str]) -> bool:
    return any(event["Code"] in codes for event in row["Events"])


def _statuses(estate: Estate, account_id: str, region: str) -> Iterator[Row]:
    """Instances that run: without IncludeAllInstances the service lists no others."""
    for node in estate.by_cell.get((account_id, region), ()):
        if node.kind != "ec2" or node.stopped_at <= estate.as_of or node.terminated_at <= estate.as_of:
            continue
        well = {"Status": "ok", "Details": [{"Name": "reachability", "Status": "passed"}]}
        yield {
            "InstanceId": node.node_id,
            "AvailabilityZone": node.zone,
            "InstanceState": {"Code": 16, "Name": "running"},
            "InstanceStatus": well,
            "SystemStatus": well,
            "Events": _events(estate, node.node_id),
        }


def _events(estate: Estate, node_id: str) -> list[Row]:
    draw = estate.draws.uniform("scheduled event", node_id)
    if draw >= _SHARE:
        return []
    is_retired = draw < _SHARE * _RETIRED_SHARE
    ahead = estate.draws.uniform("event instant", node_id) * (_RETIREMENT_DAYS if is_retired else _REBOOT_DAYS)
    starts = estate.as_of + round(ahead * DAY / HOUR) * HOUR
    event: Row = {
        "InstanceEventId": f"instance-event-0{estate.draws.hexadecimal(16, 'event id', node_id)}",
        "Code": "instance-retirement" if is_retired else "system-reboot",
        "Description": "The instance is running on degraded hardware" if is_retired else "scheduled reboot",
        "NotBefore": to_datetime(starts),
    }
    return [event if is_retired else {**event, "NotAfter": to_datetime(starts + _WINDOW_HOURS * HOUR)}]

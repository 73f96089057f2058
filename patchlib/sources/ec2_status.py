"""Amazon EC2: what AWS itself has scheduled for instances, a reboot of their host among it."""

from __future__ import annotations

from collections.abc import Iterator

from patchlib.sources.declaration import Context, Request, Scope, Source

__all__ = ["SOURCES"]

# The codes of scheduled events (API reference, DescribeInstanceStatus, filter event.code; read 2026-11-25).
_CODES = ["instance-reboot", "system-reboot", "system-maintenance", "instance-retirement", "instance-stop"]


def _with_events(_context: Context) -> Iterator[Request]:
    # By event, the answer holds the few instances that have one; without, a row for every instance that runs.
    yield Request({"Filters": [{"Name": "event.code", "Values": _CODES}]})


SOURCES = (
    Source(
        name="ec2_instance_status",
        service="ec2",
        operation="DescribeInstanceStatus",
        scope=Scope.CELL,
        items="InstanceStatuses[]",
        page_size=1000,
        about="instances that AWS will reboot, stop or retire: a change that no patch plan should meet unawares",
        system="EC2 instances",
        key=("InstanceId",),
        requests=_with_events,
        least="one listing of the instances that have an event, not of all that run",
    ),
)

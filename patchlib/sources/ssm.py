"""AWS Systems Manager: managed nodes and what patching last said of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from patchlib.sources.declaration import Context, Detail, Drop, Request, Row, Scope, Source, blocks

__all__ = ["SOURCES", "agrees"]

# The model allows 100, the service refuses 51 and more for these two ("must have value less than or equal
# to 50"): turbot/steampipe-plugin-aws table_aws_ssm_managed_instance_patch_state, flanksource/config-db 35.
PATCH_PAGE = 50
# DescribeInstancePatchStates takes at most 50 instance ids (API reference, parameter InstanceIds).
STATE_BLOCK = 50

# Which count of a patch state counts which rows of the detail. NotApplicable is left out: "This number may be
# truncated if the list of patch names is very large" (API reference, InstancePatchState, read 2026-11-25).
_COUNTED = {
    "Installed": "InstalledCount",
    "InstalledOther": "InstalledOtherCount",
    "InstalledPendingReboot": "InstalledPendingRebootCount",
    "InstalledRejected": "InstalledRejectedCount",
    "Missing": "MissingCount",
    "Failed": "FailedCount",
    "AvailableSecurityUpdate": "AvailableSecurityUpdateCount",
}
# What changes with every scan or installation of a node, and with nothing else.
_SCAN = (
    "OperationEndTime",
    "SnapshotId",
    *_COUNTED.values(),
    "NotApplicableCount",
    "UnreportedNotApplicableCount",
    "CriticalNonCompliantCount",
    "SecurityNonCompliantCount",
    "OtherNonCompliantCount",
)


def agrees(state: Row, patches: Sequence[Row]) -> bool:
    """Whether a node's patch state counts the patches that its detail lists, state by state.

    state: a row of DescribeInstancePatchStates; a count it does not give is not compared. patches: all rows of
    DescribeInstancePatches of the node. False where a scan came between the two answers, or a page is missing.
    """
    # The model spells states INSTALLED_OTHER, the service InstalledOther.
    listed = Counter(str(row.get("State", "")).replace("_", "").lower() for row in patches)
    counts = {name: state.get(member) for name, member in _COUNTED.items()}
    return all(listed[name.lower()] == count for name, count in counts.items() if count is not None)


def _patch_states(context: Context) -> Iterator[Request]:
    for block in blocks([row["InstanceId"] for row in context.rows("ssm_managed_node")], STATE_BLOCK):
        yield Request({"InstanceIds": block})


def _patches(context: Context) -> Iterator[Request]:
    # A node without a patch state has never been scanned, so it has no patches to list.
    for row in context.rows("ssm_patch_state"):
        yield Request({"InstanceId": row["InstanceId"]}, item=row["InstanceId"])


def _state_again(instance_id: str) -> Request:
    return Request({"InstanceIds": [instance_id]})


SOURCES = (
    Source(
        name="ssm_available_patch",
        service="ssm",
        operation="DescribeAvailablePatches",
        scope=Scope.REGION,
        items="Patches[]",
        page_size=100,
        refresh_hours=20.0,
        about="patches with their release dates; Windows, Amazon Linux 1 and 2 only",
        system="Patch Manager",
        key=("Id",),
    ),
    Source(
        name="ssm_managed_node",
        service="ssm",
        operation="DescribeInstanceInformation",
        scope=Scope.CELL,
        items="InstanceInformationList[]",
        page_size=50,
        about="nodes that Systems Manager manages, hybrid ones included",
        system="Managed nodes",
        key=("InstanceId",),
        remember=("InstanceId",),
        is_heavy=True,
    ),
    Source(
        name="ssm_patch_state",
        service="ssm",
        operation="DescribeInstancePatchStates",
        scope=Scope.CELL,
        items="InstancePatchStates[]",
        page_size=PATCH_PAGE,
        about="the last scan or install of each node: when, by which baseline, how many patches per state",
        system="Patch Manager",
        key=("InstanceId",),
        needs=("ssm_managed_node",),
        requests=_patch_states,
        drop=(Drop("InstancePatchStates[].OwnerInformation"),),
        remember=("InstanceId", "BaselineId", *_SCAN),
        least="1 per 50 nodes: the operation takes 50 ids at once",
    ),
    Source(
        name="ssm_patch",
        service="ssm",
        operation="DescribeInstancePatches",
        scope=Scope.CELL,
        items="Patches[]",
        page_size=PATCH_PAGE,
        unit="item",
        about="every patch of every scanned node with its state",
        system="Patch Manager",
        key=("instance_id", "Title", "KBId", "Classification", "Severity", "State"),
        request_columns={"instance_id": "InstanceId"},
        needs=("ssm_patch_state",),
        requests=_patches,
        detail=Detail(of="ssm_patch_state", item="InstanceId", unchanged=_SCAN, agrees=agrees, again=_state_again),
        least="1 per 50 patches of every node that was scanned since the last run",
        is_heavy=True,
    ),
)

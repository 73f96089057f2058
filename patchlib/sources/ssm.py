"""AWS Systems Manager: managed nodes, Patch Manager and maintenance windows."""

from __future__ import annotations

from collections.abc import Iterator

from patchlib.sources.declaration import Context, Drop, Request, Scope, Source, blocks

__all__ = ["SOURCES"]

# The model allows 100, the service refuses 51 and more for these two ("must have value less than or equal
# to 50"): turbot/steampipe-plugin-aws table_aws_ssm_managed_instance_patch_state, flanksource/config-db 35.
PATCH_PAGE = 50
# DescribeInstancePatchStates takes at most 50 instance ids (API reference, parameter InstanceIds).
STATE_BLOCK = 50

# Parameters of the AWS-RunPatchBaseline family that say how patching is done and hold no secret:
# https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-manager-aws-runpatchbaseline.html
PATCH_PARAMETERS = ("Operation", "RebootOption", "BaselineOverride", "InstallOverrideList", "SnapshotId")
_PATCH_DOCUMENT = ("TaskArn", "AWS-RunPatchBaseline")


def _patch_states(context: Context) -> Iterator[Request]:
    for block in blocks([row["InstanceId"] for row in context.rows("ssm_managed_node")], STATE_BLOCK):
        yield Request({"InstanceIds": block})


def _patches(context: Context) -> Iterator[Request]:
    # A node without a patch state has never been scanned, so it has no patches to list.
    for row in context.rows("ssm_patch_state"):
        yield Request({"InstanceId": row["InstanceId"]}, item=row["InstanceId"])


def _short(baseline_id: object) -> str:
    """The `pb-` id of a baseline: AWS-owned ones are named by ARN here and by their id there."""
    return str(baseline_id or "").rsplit("/", 1)[-1]


def _in_force(context: Context) -> set[str]:
    return {_short(row.get("BaselineId")) for row in context.rows("ssm_patch_state")}


def _baselines(context: Context) -> Iterator[Request]:
    grouped = {_short(row.get("BaselineIdentity", {}).get("BaselineId")) for row in context.rows("ssm_patch_group")}
    used = _in_force(context) | grouped
    for row in context.rows("ssm_patch_baseline"):
        # AWS-owned baselines (listed by ARN) are read only where they are in force: there is one per operating system.
        own = not row["BaselineId"].startswith("arn:") and not str(row.get("BaselineName", "")).startswith("AWS-")
        if own or _short(row["BaselineId"]) in used:
            yield Request({"BaselineId": row["BaselineId"]})


def _windows_baselines(context: Context) -> Iterator[Request]:
    # "Currently, DescribeEffectivePatchesForPatchBaseline applies only to Windows" (API reference).
    in_force = _in_force(context)
    for row in context.rows("ssm_patch_baseline"):
        if row.get("OperatingSystem") == "WINDOWS" and _short(row["BaselineId"]) in in_force:
            yield Request({"BaselineId": row["BaselineId"]})


def _per_window(context: Context) -> Iterator[Request]:
    for row in context.rows("ssm_maintenance_window"):
        yield Request({"WindowId": row["WindowId"]})


def _per_task(context: Context) -> Iterator[Request]:
    for row in context.rows("ssm_window_task"):
        yield Request({"WindowId": row["WindowId"], "WindowTaskId": row["WindowTaskId"]})


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
        remember=("InstanceId", "BaselineId"),
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
    ),
    Source(
        name="ssm_patch_baseline",
        service="ssm",
        operation="DescribePatchBaselines",
        scope=Scope.CELL,
        items="BaselineIdentities[]",
        page_size=100,
        about="patch baselines, AWS's and own, and which is the default",
        system="Patch baselines",
        key=("BaselineId",),
        remember=("BaselineId", "BaselineName", "OperatingSystem"),
    ),
    Source(
        name="ssm_patch_group",
        service="ssm",
        operation="DescribePatchGroups",
        scope=Scope.CELL,
        items="Mappings[]",
        page_size=100,
        about="which baseline serves which patch group",
        system="Patch baselines",
        key=("PatchGroup", "BaselineIdentity"),
        remember=("BaselineIdentity",),
    ),
    Source(
        name="ssm_patch_baseline_detail",
        service="ssm",
        operation="GetPatchBaseline",
        scope=Scope.CELL,
        items="",
        about="approval rules, delays, explicit approvals and rejections",
        system="Patch baselines",
        needs=("ssm_patch_baseline", "ssm_patch_state", "ssm_patch_group"),
        requests=_baselines,
        drop=(Drop("Sources[].Configuration"),),
    ),
    Source(
        name="ssm_effective_patch",
        service="ssm",
        operation="DescribeEffectivePatchesForPatchBaseline",
        scope=Scope.CELL,
        items="EffectivePatches[]",
        page_size=100,
        refresh_hours=20.0,
        about="what each Windows baseline in force approves, and from when",
        system="Patch baselines",
        key=("baseline_id", "Patch"),
        request_columns={"baseline_id": "BaselineId"},
        needs=("ssm_patch_baseline", "ssm_patch_state"),
        requests=_windows_baselines,
    ),
    Source(
        name="ssm_maintenance_window",
        service="ssm",
        operation="DescribeMaintenanceWindows",
        scope=Scope.CELL,
        items="WindowIdentities[]",
        page_size=100,
        about="maintenance windows: schedule, time zone, duration, cutoff",
        system="Maintenance windows",
        key=("WindowId",),
        remember=("WindowId",),
    ),
    Source(
        name="ssm_window_target",
        service="ssm",
        operation="DescribeMaintenanceWindowTargets",
        scope=Scope.CELL,
        items="Targets[]",
        page_size=100,
        about="which nodes a window reaches",
        system="Maintenance windows",
        key=("WindowId", "WindowTargetId"),
        needs=("ssm_maintenance_window",),
        requests=_per_window,
        drop=(Drop("Targets[].OwnerInformation"),),
    ),
    Source(
        name="ssm_window_task",
        service="ssm",
        operation="DescribeMaintenanceWindowTasks",
        scope=Scope.CELL,
        items="Tasks[]",
        page_size=100,
        about="what a window runs",
        system="Maintenance windows",
        key=("WindowId", "WindowTaskId"),
        needs=("ssm_maintenance_window",),
        requests=_per_window,
        remember=("WindowId", "WindowTaskId"),
        drop=(Drop("Tasks[].TaskParameters", PATCH_PARAMETERS, _PATCH_DOCUMENT),),
    ),
    Source(
        name="ssm_window_task_detail",
        service="ssm",
        operation="GetMaintenanceWindowTask",
        scope=Scope.CELL,
        items="",
        about="how a window's task patches: scan or install, reboot or not",
        system="Maintenance windows",
        needs=("ssm_window_task",),
        requests=_per_task,
        drop=(
            Drop("TaskParameters", PATCH_PARAMETERS, _PATCH_DOCUMENT),
            Drop("TaskInvocationParameters.RunCommand.Parameters", PATCH_PARAMETERS, _PATCH_DOCUMENT),
            Drop("TaskInvocationParameters.Automation.Parameters"),
            Drop("TaskInvocationParameters.StepFunctions.Input"),
            Drop("TaskInvocationParameters.Lambda.Payload"),
            Drop("TaskInvocationParameters.Lambda.ClientContext"),
        ),
    ),
)

"""AWS Systems Manager: maintenance windows, what they run and what became of it."""

from __future__ import annotations

from collections.abc import Iterator

from patchlib.sources.declaration import Context, Detail, Drop, Lasting, Request, Scope, Source

__all__ = ["PATCH_DOCUMENTS", "PATCH_PARAMETERS", "SOURCES"]

# Parameters of the AWS-RunPatchBaseline family that say how patching is done and hold no secret:
# https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-manager-aws-runpatchbaseline.html
PATCH_PARAMETERS = ("Operation", "RebootOption", "BaselineOverride", "InstallOverrideList", "SnapshotId")
# Documents whose parameters those are, by how their names begin. AWS keeps names that begin with "aws" to itself
# (API reference, CreateDocument, Name; read 2026-11-25). The second stands for what Quick Setup may run for a patch
# policy: its associations are named AWS-QuickSetup-PatchPolicy-..., the document is not named in print.
PATCH_DOCUMENTS = ("AWS-RunPatchBaseline", "AWSQuickSetup-PatchPolicy")
_PATCHES = ("TaskArn", *PATCH_DOCUMENTS)
# Statuses after which nothing changes (API reference, MaintenanceWindowExecution; read 2026-11-25).
_ENDED = frozenset({"SUCCESS", "FAILED", "TIMED_OUT", "CANCELLED", "SKIPPED_OVERLAPPING"})


def _per_window(context: Context) -> Iterator[Request]:
    for row in context.rows("ssm_maintenance_window"):
        yield Request({"WindowId": row["WindowId"]}, item=row["WindowId"])


def _per_task(context: Context) -> Iterator[Request]:
    for row in context.rows("ssm_window_task"):
        asked = {"WindowId": row["WindowId"], "WindowTaskId": row["WindowTaskId"]}
        yield Request(asked, item=row["WindowTaskId"])


def _executions(context: Context) -> Iterator[Request]:
    # "Supported values are date/time strings in a valid ISO 8601 date/time format" (API reference, Filters).
    since = [{"Key": "ExecutedAfter", "Values": [f"{context.since:%Y-%m-%dT%H:%M:%SZ}"]}]
    for row in context.rows("ssm_maintenance_window"):
        yield Request({"WindowId": row["WindowId"], "Filters": since}, item=row["WindowId"])


def _execution_tasks(context: Context) -> Iterator[Request]:
    for row in context.rows("ssm_window_execution"):
        yield Request({"WindowExecutionId": row["WindowExecutionId"]}, item=row["WindowExecutionId"])


def _invocations(context: Context) -> Iterator[Request]:
    for row in context.rows("ssm_window_execution_task"):
        asked = {"WindowExecutionId": row["WindowExecutionId"], "TaskId": row["TaskExecutionId"]}
        yield Request(asked, item=row["TaskExecutionId"])


SOURCES = (
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
        unit="item",
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
        unit="item",
        needs=("ssm_maintenance_window",),
        requests=_per_window,
        remember=("WindowId", "WindowTaskId"),
        drop=(Drop("Tasks[].TaskParameters", PATCH_PARAMETERS, _PATCHES),),
    ),
    Source(
        name="ssm_window_task_detail",
        service="ssm",
        operation="GetMaintenanceWindowTask",
        scope=Scope.CELL,
        items="",
        about="how a window's task patches: scan or install, reboot or not",
        system="Maintenance windows",
        key=("WindowId", "WindowTaskId"),
        unit="item",
        needs=("ssm_window_task",),
        requests=_per_task,
        drop=(
            Drop("TaskParameters", PATCH_PARAMETERS, _PATCHES),
            Drop("TaskInvocationParameters.RunCommand.Parameters", PATCH_PARAMETERS, _PATCHES),
            Drop("TaskInvocationParameters.Automation.Parameters"),
            Drop("TaskInvocationParameters.StepFunctions.Input"),
            Drop("TaskInvocationParameters.Lambda.Payload"),
            Drop("TaskInvocationParameters.Lambda.ClientContext"),
        ),
    ),
    Source(
        name="ssm_window_execution",
        service="ssm",
        operation="DescribeMaintenanceWindowExecutions",
        scope=Scope.CELL,
        items="WindowExecutions[]",
        page_size=100,
        unit="watermark",
        about="when maintenance windows ran, and how that ended",
        system="Maintenance windows",
        lasting=Lasting("StartTime", "Status", _ENDED),
        key=("WindowId", "WindowExecutionId"),
        needs=("ssm_maintenance_window",),
        requests=_executions,
        remember=("WindowId", "WindowExecutionId", "Status", "EndTime"),
        least="1 per window and 100 executions since the last run: no listing covers all windows",
    ),
    Source(
        name="ssm_window_execution_task",
        service="ssm",
        operation="DescribeMaintenanceWindowExecutionTasks",
        scope=Scope.CELL,
        items="WindowExecutionTaskIdentities[]",
        page_size=100,
        unit="item",
        about="the tasks that an execution of a window ran",
        system="Maintenance windows",
        key=("WindowExecutionId", "TaskExecutionId"),
        needs=("ssm_window_execution",),
        requests=_execution_tasks,
        detail=Detail(of="ssm_window_execution", item="WindowExecutionId", unchanged=("Status", "EndTime")),
        remember=("WindowExecutionId", "TaskExecutionId", "Status", "EndTime"),
        least="1 per execution that is new or has ended since the last run",
    ),
    Source(
        name="ssm_window_invocation",
        service="ssm",
        operation="DescribeMaintenanceWindowExecutionTaskInvocations",
        scope=Scope.CELL,
        items="WindowExecutionTaskInvocationIdentities[]",
        page_size=100,
        unit="item",
        about="what a task of a window's execution started: the command or automation, and how it ended",
        system="Maintenance windows",
        key=("WindowExecutionId", "TaskExecutionId", "InvocationId"),
        needs=("ssm_window_execution_task",),
        requests=_invocations,
        detail=Detail(of="ssm_window_execution_task", item="TaskExecutionId", unchanged=("Status", "EndTime")),
        # Parameters is one text that holds the document's parameters among other things: nothing of it can be kept.
        drop=(
            Drop("WindowExecutionTaskInvocationIdentities[].Parameters"),
            Drop("WindowExecutionTaskInvocationIdentities[].OwnerInformation"),
        ),
        least="1 per task of an execution that is new or has ended since the last run",
    ),
)

"""Maintenance windows: what there is, whom it reaches, what it runs, and what became of that."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from patchlib.sandbox.endpoint import Call, Handler, ServiceError
from patchlib.sandbox.handlers.listing import after, before, equals, listed
from patchlib.sandbox.world.calendars import instant, to_datetime
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.runs import WindowRun
from patchlib.sandbox.world.windows import PATCH_DOCUMENT, Window

__all__ = ["handlers"]


def handlers(estate: Estate) -> dict[str, Handler]:
    """The maintenance window operations of Systems Manager over one estate."""
    return {
        "DescribeMaintenanceWindows": lambda call: _windows(estate, call),
        "GetMaintenanceWindow": lambda call: _window(estate, call),
        "DescribeMaintenanceWindowTargets": lambda call: _targets(estate, call),
        "DescribeMaintenanceWindowTasks": lambda call: _tasks(estate, call),
        "GetMaintenanceWindowTask": lambda call: _task_detail(estate, call),
        **_history(estate),
    }


def _history(estate: Estate) -> dict[str, Handler]:
    times = {"ExecutedAfter": after("StartTime"), "ExecutedBefore": before("StartTime")}
    status = {"STATUS": equals("Status")}
    executions = listed("ssm_window_execution", estate, _executions, by={"WindowId": "WindowId"}, filters=times)
    own = {"WindowExecutionId": "WindowExecutionId"}
    tasks = listed("ssm_window_execution_task", estate, _execution_tasks, by=own, filters=status)
    steps = own | {"TaskId": "TaskExecutionId"}
    invocations = listed("ssm_window_invocation", estate, _invocations, by=steps, filters=status)

    def of_window(call: Call) -> dict[str, Any]:
        _find(estate, call)
        return executions(call)

    def of_execution(handler: Handler) -> Handler:
        def checked(call: Call) -> dict[str, Any]:
            asked = call.params["WindowExecutionId"]
            if all(run.execution_id != asked for run in _runs(estate, call.account_id, call.region)):
                raise ServiceError("DoesNotExistException", f"Window execution {asked} does not exist.")
            return handler(call)

        return checked

    return {
        "DescribeMaintenanceWindowExecutions": of_window,
        "DescribeMaintenanceWindowExecutionTasks": of_execution(tasks),
        "DescribeMaintenanceWindowExecutionTaskInvocations": of_execution(invocations),
    }


def _runs(estate: Estate, account_id: str, region: str) -> tuple[WindowRun, ...]:
    return estate.window_runs.get((account_id, region), ())


def _outcome(run: WindowRun, delay: int) -> dict[str, Any]:
    found: dict[str, Any] = {"Status": run.status, "StartTime": to_datetime(run.opened_at + delay)}
    if run.ended_at is not None:
        found["EndTime"] = to_datetime(run.ended_at - delay)
    return found


def _executions(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    # Latest first, as the published examples of the operation are.
    for run in reversed(_runs(estate, account_id, region)):
        own = {"WindowId": run.window.window_id, "WindowExecutionId": run.execution_id} | _outcome(run, 0)
        is_failed = run.status == "FAILED"
        yield own | ({"StatusDetails": "One or more tasks in the orchestration failed."} if is_failed else {})


def _execution_tasks(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for run in _runs(estate, account_id, region):
        details = {} if run.action_id else {"StatusDetails": "The service role of the task cannot be assumed."}
        yield details | {
            "WindowExecutionId": run.execution_id,
            "TaskExecutionId": run.task_execution_id,
            "TaskArn": run.window.task_document,
            "TaskType": _task_type(run.window),
            **_outcome(run, 1),
        }


def _invocations(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for run in _runs(estate, account_id, region):
        if not run.action_id:
            continue
        yield {
            "WindowExecutionId": run.execution_id,
            "TaskExecutionId": run.task_execution_id,
            "InvocationId": run.invocation_id,
            "ExecutionId": run.action_id,
            "TaskType": _task_type(run.window),
            "Parameters": json.dumps({"documentName": run.window.task_document, "parameters": {}}),
            "WindowTargetId": run.window.target_id,
            **_outcome(run, 2),
        }


def _cell(estate: Estate, call: Call) -> tuple[Window, ...]:
    return estate.windows.get((call.account_id, call.region), ())


def _find(estate: Estate, call: Call) -> Window:
    asked = call.params["WindowId"]
    found = next((window for window in _cell(estate, call) if window.window_id == asked), None)
    if found is None:
        raise ServiceError("DoesNotExistException", f"Maintenance window {asked} does not exist.")
    return found


def _refuse_filters(call: Call) -> None:
    for item in call.params.get("Filters", []):
        raise ServiceError("ValidationException", f"The sandbox does not filter {call.operation} by {item['Key']}.")


def _identity(window: Window, as_of: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "WindowId": window.window_id,
        "Name": window.name,
        "Enabled": window.is_enabled,
        "Duration": window.duration_hours,
        "Cutoff": window.cutoff_hours,
        "Schedule": window.expression,
        "ScheduleTimezone": window.timezone,
    }
    if window.description:
        found["Description"] = window.description
    if window.schedule is not None and window.schedule.offset_days:
        found["ScheduleOffset"] = window.schedule.offset_days
    following = window.next_opening(as_of)
    if following is not None:
        found["NextExecutionTime"] = f"{to_datetime(following):%Y-%m-%dT%H:%M:%SZ}"
    return found


def _windows(estate: Estate, call: Call) -> dict[str, Any]:
    asked = {item["Key"]: item["Values"] for item in call.params.get("Filters", [])}
    for key in asked:
        if key not in ("Name", "Enabled"):
            raise ServiceError("ValidationException", f"The sandbox does not filter windows by {key}.")
    return {
        "WindowIdentities": [
            _identity(window, estate.as_of)
            for window in _cell(estate, call)
            if window.name in asked.get("Name", [window.name])
            and str(window.is_enabled).lower() in [v.lower() for v in asked.get("Enabled", ["true", "false"])]
        ]
    }


def _window(estate: Estate, call: Call) -> dict[str, Any]:
    window = _find(estate, call)
    created = to_datetime(instant(window.created_at))
    dates = {"AllowUnassociatedTargets": False, "CreatedDate": created, "ModifiedDate": created}
    return _identity(window, estate.as_of) | dates


def _targets(estate: Estate, call: Call) -> dict[str, Any]:
    _refuse_filters(call)
    window = _find(estate, call)
    target = {
        "WindowId": window.window_id,
        "WindowTargetId": window.target_id,
        "ResourceType": "INSTANCE",
        "Targets": [{"Key": window.target_key, "Values": [window.patch_group]}],
        "Name": f"{window.name}-nodes",
    }
    return {"Targets": [target]}


def _task_base(window: Window) -> dict[str, Any]:
    is_patching = window.task_document == PATCH_DOCUMENT
    service_role = "aws-service-role/ssm.amazonaws.com/AWSServiceRoleForAmazonSSM"
    return {
        "WindowId": window.window_id,
        "WindowTaskId": window.task_id,
        "TaskArn": window.task_document,
        "Targets": [{"Key": "WindowTargetIds", "Values": [window.target_id]}],
        # What a task registered with TaskInvocationParameters shows here: nothing (GetMaintenanceWindowTask has it).
        "TaskParameters": {},
        "Priority": 1,
        "ServiceRoleArn": f"arn:aws:iam::{window.account_id}:role/{service_role}",
        "MaxConcurrency": window.max_concurrency,
        "MaxErrors": window.max_errors,
        "Name": "patch" if is_patching else "restart",
        "CutoffBehavior": window.cutoff_behavior,
    }


def _task_type(window: Window) -> str:
    return "RUN_COMMAND" if window.task_document == PATCH_DOCUMENT else "AUTOMATION"


def _tasks(estate: Estate, call: Call) -> dict[str, Any]:
    _refuse_filters(call)
    window = _find(estate, call)
    return {"Tasks": [_task_base(window) | {"Type": _task_type(window)}]}


def _task_detail(estate: Estate, call: Call) -> dict[str, Any]:
    window = _find(estate, call)
    if window.task_id != call.params["WindowTaskId"]:
        raise ServiceError("DoesNotExistException", "The maintenance window task does not exist.")
    return _task_base(window) | {"TaskType": _task_type(window), "TaskInvocationParameters": _invocation(window)}


def _invocation(window: Window) -> dict[str, Any]:
    if window.task_document != PATCH_DOCUMENT:
        return {"Automation": {"DocumentVersion": "$DEFAULT", "Parameters": {"InstanceId": ["{{RESOURCE_ID}}"]}}}
    parameters = {
        "Operation": ["Scan" if window.operation == "Scan" else "Install"],
        "RebootOption": ["NoReboot" if window.operation == "Scan" else window.reboot_option],
        "SnapshotId": ["{{WINDOW_EXECUTION_ID}}"],
    }
    return {"RunCommand": {"DocumentVersion": "$DEFAULT", "Parameters": parameters, "TimeoutSeconds": 600}}

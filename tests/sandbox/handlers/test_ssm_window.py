"""Promises of the maintenance window handlers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from patchlib.sandbox.endpoint import ServiceError
from patchlib.sandbox.organisation import Organisation
from patchlib.schedule import occurrences, read_schedule
from tests.sandbox.handlers.conftest import DEVELOPMENT, PRODUCTION, SHARED, Ask


def windows(ask: Ask, account: str) -> dict[str, dict[str, Any]]:
    rows = ask("ssm", "DescribeMaintenanceWindows", account_id=account)["WindowIdentities"]
    return {row["Name"]: row for row in rows}


def test_schedule_and_next_execution_agree(ask: Ask) -> None:
    """The Saturday after Patch Tuesday: next on 2026-11-14 at 22:00 in Berlin."""
    row = windows(ask, PRODUCTION)["production-after-patch-tuesday"]
    assert (row["Schedule"], row["ScheduleOffset"]) == ("cron(0 22 ? * TUE#2 *)", 4)
    assert row["ScheduleTimezone"] == "Europe/Berlin"
    assert row["NextExecutionTime"] == "2026-11-14T21:00:00Z"
    assert datetime.fromisoformat(row["NextExecutionTime"]).weekday() == 5


def test_what_will_not_open_has_no_next_execution(ask: Ask) -> None:
    """Neither a disabled window nor a one-time window of the past has a next execution."""
    disabled = windows(ask, DEVELOPMENT)["development-legacy-weekly"]
    assert not disabled["Enabled"]
    assert "NextExecutionTime" not in disabled
    assert "NextExecutionTime" not in windows(ask, PRODUCTION)["emergency-2026-03"]


def test_every_next_execution_is_what_the_schedule_says(ask: Ask, organisation: Organisation) -> None:
    """The world's own calendar and the reading of the expressions that it tells come to the same, in every cell."""
    told = {}
    for account, region in organisation.estate.windows:
        rows = ask("ssm", "DescribeMaintenanceWindows", account_id=account, region=region)["WindowIdentities"]
        for row in (row for row in rows if row["Enabled"]):
            schedule = read_schedule(
                row["Schedule"], timezone=row["ScheduleTimezone"], offset_days=row.get("ScheduleOffset")
            )
            first = next(occurrences(schedule, organisation.as_of), None)
            assert row.get("NextExecutionTime") == (first and f"{first.at:%Y-%m-%dT%H:%M:%SZ}"), row
            told[row["Schedule"], row["ScheduleTimezone"]] = first
    assert len(told) > 5


def test_listing_and_detail_agree(ask: Ask) -> None:
    """GetMaintenanceWindow says what the listing says, and when it was made."""
    for row in windows(ask, SHARED).values():
        detail = ask("ssm", "GetMaintenanceWindow", account_id=SHARED, WindowId=row["WindowId"])
        assert row.items() <= detail.items()
        assert detail["CreatedDate"] <= detail["ModifiedDate"]


def test_parameters_are_in_the_detail_of_a_task(ask: Ask) -> None:
    """The listing of tasks shows no parameters; the task's detail says Install or Scan and how it restarts."""
    found = {}
    for name, row in windows(ask, SHARED).items():
        cell = {"account_id": SHARED, "WindowId": row["WindowId"]}
        (task,) = ask("ssm", "DescribeMaintenanceWindowTasks", **cell)["Tasks"]
        # But for the secret that the sandbox plants there.
        assert task["TaskParameters"].keys() <= {"Password"}
        detail = ask("ssm", "GetMaintenanceWindowTask", WindowTaskId=task["WindowTaskId"], **cell)
        found[name] = detail["TaskInvocationParameters"]
    parameters = found["shared-monthly"]["RunCommand"]["Parameters"]
    assert (parameters["Operation"], parameters["RebootOption"]) == (["Install"], ["NoReboot"])
    assert "Automation" in found["shared-restart"]


def test_targets_are_by_patch_group(ask: Ask) -> None:
    """A window reaches nodes by their Patch Group tag, and its task names that target."""
    row = windows(ask, PRODUCTION)["production-weekly"]
    (target,) = ask("ssm", "DescribeMaintenanceWindowTargets", WindowId=row["WindowId"])["Targets"]
    assert target["Targets"] == [{"Key": "tag:Patch Group", "Values": ["production-weekly"]}]
    (task,) = ask("ssm", "DescribeMaintenanceWindowTasks", WindowId=row["WindowId"])["Tasks"]
    assert task["Targets"][0]["Values"] == [target["WindowTargetId"]]


def test_filter_by_enabled(ask: Ask) -> None:
    """The Enabled filter narrows; an unknown key is refused."""
    answer = ask("ssm", "DescribeMaintenanceWindows", Filters=[{"Key": "Enabled", "Values": ["true"]}])
    assert all(row["Enabled"] for row in answer["WindowIdentities"])
    with pytest.raises(ServiceError, match="ValidationException"):
        ask("ssm", "DescribeMaintenanceWindows", Filters=[{"Key": "Owner", "Values": ["x"]}])


def test_a_foreign_window_does_not_exist(ask: Ask) -> None:
    """A window of another account does not exist here."""
    row = windows(ask, PRODUCTION)["production-weekly"]
    with pytest.raises(ServiceError, match="DoesNotExistException"):
        ask("ssm", "GetMaintenanceWindow", account_id=SHARED, WindowId=row["WindowId"])


def _executions(ask: Ask, account: str, name: str, **params: Any) -> list[dict[str, Any]]:
    asked = {"WindowId": windows(ask, account)[name]["WindowId"], **params}
    found: list[dict[str, Any]] = ask("ssm", "DescribeMaintenanceWindowExecutions", account_id=account, **asked)[
        "WindowExecutions"
    ]
    return found


def test_an_execution_leads_to_the_command_it_started(ask: Ask) -> None:
    """Execution, task, invocation, command: each within the one before, and the command is told the execution."""
    commands = {row["CommandId"]: row for row in ask("ssm", "ListCommands")["Commands"]}
    rows = _executions(ask, PRODUCTION, "production-weekly")
    assert [row["StartTime"].day for row in rows] == [1, 25, 18, 11, 4]
    for row in rows:
        run = {"WindowExecutionId": row["WindowExecutionId"]}
        (task,) = ask("ssm", "DescribeMaintenanceWindowExecutionTasks", **run)["WindowExecutionTaskIdentities"]
        step = run | {"TaskId": task["TaskExecutionId"]}
        found = ask("ssm", "DescribeMaintenanceWindowExecutionTaskInvocations", **step)
        (invocation,) = found["WindowExecutionTaskInvocationIdentities"]
        assert row["StartTime"] < task["StartTime"] < invocation["StartTime"] < invocation["EndTime"]
        assert invocation["EndTime"] < task["EndTime"] < row["EndTime"]
        assert commands[invocation["ExecutionId"]]["Parameters"]["SnapshotId"] == [row["WindowExecutionId"]]


def test_the_nightly_scan_fails_without_an_invocation(ask: Ask) -> None:
    """Its task cannot take its role: nothing was started, thirty nights in a row."""
    rows = _executions(ask, PRODUCTION, "nightly-scan")
    assert len(rows) == 30
    assert {row["Status"] for row in rows} == {"FAILED"}
    run = {"WindowExecutionId": rows[0]["WindowExecutionId"]}
    (task,) = ask("ssm", "DescribeMaintenanceWindowExecutionTasks", **run)["WindowExecutionTaskIdentities"]
    assert "service role" in task["StatusDetails"]
    step = run | {"TaskId": task["TaskExecutionId"]}
    found = ask("ssm", "DescribeMaintenanceWindowExecutionTaskInvocations", **step)
    assert found == {"WindowExecutionTaskInvocationIdentities": []}


def test_executions_are_filtered_by_their_start(ask: Ask) -> None:
    """After an instant, and before one."""
    since = [{"Key": "ExecutedAfter", "Values": ["2026-10-20T00:00:00Z"]}]
    assert len(_executions(ask, PRODUCTION, "production-weekly", Filters=since)) == 2
    until = [{"Key": "ExecutedBefore", "Values": ["2026-10-20T00:00:00Z"]}]
    assert len(_executions(ask, PRODUCTION, "production-weekly", Filters=until)) == 3


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("DescribeMaintenanceWindowExecutions", {"WindowId": "mw-0123456789abcdef0"}),
        ("DescribeMaintenanceWindowExecutionTasks", {"WindowExecutionId": "01234567-89ab-cdef-0123-456789abcdef"}),
        (
            "DescribeMaintenanceWindowExecutionTaskInvocations",
            {"WindowExecutionId": "01234567-89ab-cdef-0123-456789abcdef", "TaskId": "x"},
        ),
    ],
)
def test_an_unknown_execution_does_not_exist(ask: Ask, operation: str, params: dict[str, str]) -> None:
    """Neither a window nor an execution that is not there has a past."""
    with pytest.raises(ServiceError, match="DoesNotExistException"):
        ask("ssm", operation, **params)

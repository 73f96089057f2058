"""Promises of the maintenance window handlers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from patchlib.sandbox.endpoint import ServiceError
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
        assert task["TaskParameters"] == {}
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

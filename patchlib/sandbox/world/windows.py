"""Maintenance windows of a cell: when they open, whom they reach, what they run.

A patch group has one window that installs. Where the task says NoReboot, a second window restarts the
nodes once a month. Windows that are disabled, only scan, or opened once are there to be read, not to patch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

import numpy as np

from patchlib.sandbox.world.calendars import Instants, Schedule, occurrences
from patchlib.sandbox.world.directory import REGION_TIMEZONES, Account
from patchlib.sandbox.world.draws import Draws

__all__ = ["HORIZON", "PATCH_DOCUMENT", "RESTART_DOCUMENT", "Window", "cell_windows", "group_windows", "patch_groups"]

# Occurrences are computed once for all of this; as_of lies inside.
HORIZON = (date(2023, 1, 1), date(2028, 3, 1))
PATCH_DOCUMENT = "AWS-RunPatchBaseline"
RESTART_DOCUMENT = "AWS-RestartEC2Instance"


@dataclass(frozen=True)
class Window:
    """One maintenance window with its one target and its one task.

    expression: the schedule's text; a one-time `at(...)` has no Schedule.
    operation:  Scan or Install of AWS-RunPatchBaseline, or Restart for AWS-RestartEC2Instance.
    """

    account_id: str
    region: str
    name: str
    patch_group: str
    timezone: str
    schedule: Schedule | None
    expression: str
    operation: Literal["Scan", "Install", "Restart"] = "Install"
    description: str = ""
    task_document: str = PATCH_DOCUMENT
    reboot_option: Literal["RebootIfNeeded", "NoReboot"] = "RebootIfNeeded"
    duration_hours: int = 4
    cutoff_hours: int = 1
    is_enabled: bool = True
    target_key: str = "tag:Patch Group"
    max_concurrency: str = "10%"
    max_errors: str = "100%"
    cutoff_behavior: str = "CONTINUE_TASK"
    created_at: str = "2023-02-20T14:05:00Z"
    window_id: str = ""
    target_id: str = ""
    task_id: str = ""

    @property
    def openings(self) -> Instants:
        """Every opening inside HORIZON, ascending; of a window that is enabled."""
        if self.schedule is None or not self.is_enabled:
            return _NONE
        return occurrences(self.schedule, *HORIZON)

    def next_opening(self, moment: int) -> int | None:
        """The first opening strictly after an instant, None when there is none."""
        later = self.openings[self.openings > moment]
        return int(later[0]) if len(later) else None


_NONE: Instants = np.array([], dtype=np.int64)

_GROUPS = {
    "production": ("production-weekly", "production-patch-tuesday"),
    "staging": ("staging",),
    "development": ("development", "development-legacy"),
    "shared": ("shared-noreboot",),
}


def patch_groups(account: Account) -> tuple[str, ...]:
    """The patch groups that an account's nodes are tagged with."""
    return _GROUPS[account.environment]


def _plan(account: Account, region: str, name: str, group: str, schedule: Schedule | None, **more: Any) -> Window:
    return Window(
        account_id=account.account_id,
        region=region,
        name=name,
        patch_group=group,
        timezone=REGION_TIMEZONES[region],
        schedule=schedule,
        **{"expression": "" if schedule is None else schedule.expression, **more},
    )


def _production(account: Account, region: str, zone: str) -> tuple[Window, ...]:
    weekly, monthly = _GROUPS["production"]
    after_patch_tuesday = Schedule(1, 22, zone, nth=2, offset_days=4)
    return (
        _plan(account, region, "production-weekly", weekly, Schedule(6, 4, zone), description="Sundays before opening"),
        _plan(
            account,
            region,
            "production-after-patch-tuesday",
            monthly,
            after_patch_tuesday,
            description="the Saturday after Patch Tuesday",
            duration_hours=6,
            cutoff_behavior="CANCEL_TASK",
        ),
        _plan(account, region, "nightly-scan", weekly, Schedule(None, 0, zone), operation="Scan"),
        _plan(account, region, "emergency-2026-03", weekly, None, expression="at(2026-03-14T22:00:00)"),
    )


def _staging(account: Account, region: str, zone: str) -> tuple[Window, ...]:
    return (_plan(account, region, "staging-weekly", "staging", Schedule(2, 20, zone), duration_hours=3),)


def _development(account: Account, region: str, zone: str) -> tuple[Window, ...]:
    return (
        _plan(account, region, "development-weekly", "development", Schedule(1, 12, zone), max_concurrency="50%"),
        _plan(
            account,
            region,
            "development-legacy-weekly",
            "development-legacy",
            Schedule(3, 5, zone),
            description="switched off with a migration that was then postponed",
            is_enabled=False,
        ),
    )


def _shared(account: Account, region: str, zone: str) -> tuple[Window, ...]:
    monthly = Schedule(2, 22, zone, nth=3)
    restart = Schedule(6, 5, zone, nth=2)
    (group,) = _GROUPS["shared"]
    return (
        _plan(account, region, "shared-monthly", group, monthly, reboot_option="NoReboot"),
        _plan(account, region, "shared-restart", group, restart, operation="Restart", task_document=RESTART_DOCUMENT),
    )


_PLANS = {"production": _production, "staging": _staging, "development": _development, "shared": _shared}


def cell_windows(draws: Draws, account: Account, region: str) -> tuple[Window, ...]:
    """The maintenance windows of one account in one Region."""
    plans = _PLANS[account.environment](account, region, REGION_TIMEZONES[region])
    return tuple(_identified(draws, window) for window in plans)


def _identified(draws: Draws, window: Window) -> Window:
    place = (window.account_id, window.region, window.name)
    return replace(
        window,
        window_id="mw-0" + draws.hexadecimal(16, "window", *place),
        target_id=draws.uuid("window-target", *place),
        task_id=draws.uuid("window-task", *place),
    )


def group_windows(windows: tuple[Window, ...], patch_group: str | None) -> tuple[Window | None, Window | None]:
    """(the window that installs, the window that restarts) for a patch group's nodes."""

    def first(operation: str) -> Window | None:
        reached = (w for w in windows if w.patch_group == patch_group and w.operation == operation and w.schedule)
        return next(reached, None)

    return first("Install"), first("Restart")

"""What no execution tells is taken from the schedule, said as such, and never guessed where the schedule is silent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd
import pytest

from patchlib.errors import ParameterInvalid
from patchlib.models.window_wait import ScheduleAssumptions, scheduled, with_schedules

AS_OF = datetime(2026, 11, 2, 6)  # noqa: DTZ001 - the store is naive UTC
STRATUM = {"environment": "prod", "severity": "Critical", "is_event": True}
PLACE = {"account_id": "1", "region": "eu"}
WEEKLY: dict[str, Any] = {
    **PLACE, "window_id": "mw-1", "schedule": "cron(0 4 ? * SUN *)", "schedule_timezone": None,
    "schedule_offset_days": None, "is_enabled": True, "starts_at": None, "ends_at": None,
}  # fmt: skip


def waits(*rows: dict[str, Any]) -> pd.DataFrame:
    """A lag/unread_window frame: approved on Thursday the 6th of August 2026 at noon, installed on the 23rd."""
    usual = {**STRATUM, **PLACE, "windows": "mw-1", "ready_at": "2026-08-06T12:00", "installed_at": "2026-08-23T04:10",
             "ended_at": "2026-08-23T04:10", "episode_count": 1}  # fmt: skip
    frame = pd.DataFrame([usual | row for row in rows])
    for name in ("ready_at", "installed_at", "ended_at"):
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[us]")
    return frame


def first(rows: pd.DataFrame, *windows: dict[str, Any], reach_days: int = 365) -> list[str]:
    """The first run of each wait as text."""
    found = scheduled(rows, pd.DataFrame(windows), AS_OF, ScheduleAssumptions(reach_days))
    return ["" if pd.isna(at) else f"{at:%Y-%m-%dT%H:%M}" for at in found["window_at"]]


def test_the_first_run_by_the_schedule() -> None:
    """Sunday at four; a run at the very instant of the approval serves; nothing is later than the installation."""
    rows = waits({}, {"ready_at": "2026-08-16T04:00"}, {"installed_at": "2026-08-08T00:00"})
    assert first(rows, WEEKLY) == ["2026-08-09T04:00", "2026-08-16T04:00", "2026-08-08T00:00"]


def test_of_several_windows_the_first_counts() -> None:
    """Two windows serve the node; the disabled one runs for nobody."""
    daily = WEEKLY | {"window_id": "mw-2", "schedule": "cron(0 5 ? * * *)"}
    rows = waits({"windows": "mw-1;mw-2"})
    assert first(rows, WEEKLY, daily) == ["2026-08-07T05:00"]
    assert first(rows, WEEKLY, daily | {"is_enabled": False}) == ["2026-08-09T04:00"]


def test_a_silent_schedule_stays_unknown() -> None:
    """Not listed, not readable, counted from an unknown making, disabled now, or beyond the reach."""
    rate = WEEKLY | {"schedule": "rate(7 days)"}
    assert first(waits({"windows": "mw-9"}), WEEKLY) == [""]
    assert first(waits({}), WEEKLY | {"schedule": "sometimes"}) == [""]
    assert first(waits({}), rate) == [""]
    assert first(waits({}), WEEKLY | {"is_enabled": False}) == [""]
    assert first(waits({}), WEEKLY, reach_days=0) == [""]
    with pytest.raises(ParameterInvalid, match="-1"):
        ScheduleAssumptions(-1)


def test_what_schedules_explain_leaves_the_unknown_part() -> None:
    """Two patches wait 2 d 16 h and are installed 14 d 10 min after their window; totals stay."""
    parts = pd.DataFrame(
        [STRATUM | {"episode_count": 4, "unknown_approval_count": 0, "unknown_window_count": 3, "total_days": 100.0,
                    "approval_days": 30.0, "window_days": 5.0, "design_days": 35.0, "execution_days": 5.0,
                    "reboot_days": 0.0, "unknown_days": 60.0, "approval_known_count": 4, "window_known_count": 1,
                    "execution_known_count": 1, "mean_approval_days": 7.5, "mean_window_days": 5.0},
         STRATUM | {"severity": "Low", "episode_count": 1, "unknown_approval_count": 0, "unknown_window_count": 0,
                    "total_days": 1.0, "approval_days": 1.0, "window_days": 0.0, "design_days": 1.0,
                    "execution_days": 0.0, "reboot_days": 0.0, "unknown_days": 0.0, "approval_known_count": 1,
                    "window_known_count": 0, "execution_known_count": 0, "mean_approval_days": 1.0,
                    "mean_window_days": float("nan")}]
    )  # fmt: skip
    told = scheduled(
        waits({"episode_count": 2}, {"windows": "mw-9"}), pd.DataFrame([WEEKLY]), AS_OF, ScheduleAssumptions()
    )
    found = with_schedules(parts, told)
    row = found.iloc[0]
    assert (row["scheduled_count"], row["unknown_window_count"]) == (2, 1)
    assert row["window_days"] == pytest.approx(5 + 2 * (2 + 16 / 24))
    assert row["execution_days"] == pytest.approx(5 + 2 * (14 + 10 / 1440))
    assert (row["window_known_count"], row["execution_known_count"]) == (3, 3)
    assert row["mean_window_days"] == pytest.approx(row["window_days"] / 3)
    assert row["mean_execution_days"] == pytest.approx(row["execution_days"] / 3)
    assert row["mean_design_days"] == pytest.approx(7.5 + row["window_days"] / 3)
    assert found["mean_execution_days"].isna().tolist() == [False, True]
    assert found["total_days"].tolist() == [100.0, 1.0]
    sums = found[["design_days", "execution_days", "reboot_days", "unknown_days"]].sum(axis=1)
    assert sums.tolist() == pytest.approx([100.0, 1.0])
    assert with_schedules(parts, told.head(0))["unknown_days"].tolist() == [60.0, 0.0]


def test_the_installation_that_is_not_told_stays_unknown() -> None:
    """The wait for the window is known up to the end; what follows it is not."""
    told = scheduled(waits({"installed_at": None}), pd.DataFrame([WEEKLY]), AS_OF, ScheduleAssumptions())
    parts = pd.DataFrame([STRATUM | {"episode_count": 1, "unknown_window_count": 1, "window_days": 0.0,
                                     "design_days": 0.0, "execution_days": 0.0, "unknown_days": 20.0,
                                     "approval_known_count": 1, "window_known_count": 0, "execution_known_count": 0,
                                     "mean_approval_days": 0.0, "mean_window_days": float("nan")}])  # fmt: skip
    row = with_schedules(parts, told).iloc[0]
    assert (row["execution_days"], row["unknown_days"]) == (0.0, pytest.approx(20 - 2 - 16 / 24))
    assert (row["window_known_count"], row["execution_known_count"]) == (1, 0)

"""Promises of next runs: AWS's word first, then the schedule, and the reason where there is none."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from patchlib.metrics.next_run import next_run

AS_OF = datetime.fromisoformat("2026-11-02T06:00:00")
WINDOW: dict[str, Any] = {
    "is_enabled": True,
    "told_next_at": None,
    "schedule": "cron(0 2 ? * SUN *)",
    "schedule_timezone": "Europe/Berlin",
    "schedule_offset_days": None,
    "starts_at": None,
    "ends_at": None,
}


@pytest.mark.parametrize(
    ("changed", "at", "how"),
    [
        ({}, "2026-11-08T01:00:00", "computed from its schedule"),
        ({"schedule_offset_days": 2}, "2026-11-03T01:00:00", "computed from its schedule"),
        ({"told_next_at": "2026-11-15T01:00Z"}, "2026-11-15T01:00:00", "as AWS told"),
        ({"told_next_at": "2026-11-01T01:00Z"}, "2026-11-08T01:00:00", "computed from its schedule"),
        ({"schedule": "rate(7 days)", "starts_at": "2026-11-01T00:00:00Z"}, "2026-11-08T00:00:00", "computed"),
        ({"is_enabled": False}, None, "disabled"),
        ({"schedule": None}, None, "no schedule"),
        ({"schedule": "rate(7 days)"}, None, "AWS does not tell"),
        ({"schedule": "cron(nonsense)"}, None, "cannot be read"),
        ({"ends_at": "2026-11-03T00:00:00Z"}, None, "no run left"),
    ],
)
def test_the_next_run_and_how_it_is_known(changed: dict[str, Any], at: str | None, how: str) -> None:
    """02:00 in Berlin is 01:00 UTC in winter; what AWS said of a run that is over counts no more."""
    found, said = next_run(WINDOW | changed, AS_OF)
    assert found == (None if at is None else datetime.fromisoformat(at))
    assert how in said

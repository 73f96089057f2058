"""What is scheduled closes what it can: the first run after approval that installs and reboots, and why none does."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd
import pytest

from patchlib.models.closing import (
    closing_headline,
    closing_runs,
    closing_sentence,
    closing_times,
    left_reasons,
)

AS_OF = datetime(2026, 11, 2, 6)  # noqa: DTZ001 - the store is naive UTC
PLACE = {"account_id": "1", "region": "eu"}
PATCH: dict[str, Any] = {
    **PLACE, "node_id": "i-1", "patch_ref": "KB1", "auto_scaling_group": None, "coverage_state": "fresh",
    "ping_status": "Online", "patch_state": "Missing", "approved_at": None, "approval_source": None, "regimes": "mw-1",
}  # fmt: skip
SUNDAY: dict[str, Any] = {
    **PLACE, "regime_kind": "maintenance window", "regime_id": "mw-1", "regime_name": "sunday", "schedule":
    "cron(0 2 ? * SUN *)", "schedule_timezone": "Europe/Berlin", "schedule_offset_days": None, "starts_at": None,
    "ends_at": None, "is_enabled": True, "told_next_at": None, "is_rebooting": True,
}  # fmt: skip
NIGHTLY = {**SUNDAY, "regime_id": "a-1", "regime_name": "nightly", "schedule": "cron(0 3 ? * * *)",
           "schedule_timezone": None}  # fmt: skip


def patches(*changes: dict[str, Any]) -> pd.DataFrame:
    frame = pd.DataFrame([PATCH | each for each in changes])
    frame["approved_at"] = pd.to_datetime(frame["approved_at"]).astype("datetime64[us]")
    return frame


def judged(change: dict[str, Any], *schedules: dict[str, Any]) -> tuple[str | None, str | None, str]:
    row = closing_times(patches(change), pd.DataFrame(schedules or (SUNDAY, NIGHTLY)), AS_OF).iloc[0]
    at = None if pd.isna(row["closes_at"]) else f"{row['closes_at']:%Y-%m-%dT%H:%M}"
    return at, None if pd.isna(row["closed_by"]) else str(row["closed_by"]), str(row["reason"])


@pytest.mark.parametrize(
    ("change", "at", "by"),
    [
        ({}, "2026-11-08T01:00", "sunday"),
        ({"regimes": "a-1;mw-1"}, "2026-11-03T03:00", "nightly"),
        ({"patch_state": "Failed"}, "2026-11-08T01:00", "sunday"),
        ({"patch_state": "InstalledPendingReboot"}, "2026-11-08T01:00", "sunday"),
        # approved on the 10th: the run before it installs it not yet
        ({"patch_state": "AvailableSecurityUpdate", "approved_at": "2026-11-10"}, "2026-11-15T01:00", "sunday"),
        ({"patch_state": "AvailableSecurityUpdate", "approved_at": "2026-10-10"}, "2026-11-08T01:00", "sunday"),
        # a state that says approved is believed, whatever the rules say now
        ({"approval_source": "never approved"}, "2026-11-08T01:00", "sunday"),
    ],
)
def test_the_first_run_that_installs_it(change: dict[str, Any], at: str, by: str) -> None:
    """Sunday at two in Berlin is one o'clock UTC in November."""
    assert judged(change)[:2] == (at, by)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"regimes": None}, "nothing scheduled installs"),
        ({"regimes": None, "auto_scaling_group": "web"}, "web replaces it"),
        ({"coverage_state": "stopped"}, "stopped"),
        ({"coverage_state": "unmanaged"}, "does not manage"),
        ({"ping_status": "ConnectionLost"}, "does not answer"),
        ({"patch_state": "AvailableSecurityUpdate", "approval_source": "never approved"}, "ever approves"),
        ({"patch_state": "AvailableSecurityUpdate"}, "not known"),
        ({"regimes": "mw-9"}, "not listed"),
    ],
)
def test_why_none_does(change: dict[str, Any], reason: str) -> None:
    """No instant without a run, and a reason in its place."""
    at, by, why = judged(change)
    assert (at, by) == (None, None)
    assert reason in why


def test_a_run_that_leaves_the_reboot_to_others_closes_nothing() -> None:
    """The patch would wait for its reboot; of several regimes the one that reboots counts."""
    quiet = NIGHTLY | {"is_rebooting": False}
    assert judged({"regimes": "a-1"}, quiet) == (None, None, "nightly does not reboot")
    assert judged({"regimes": "a-1;mw-1"}, quiet, SUNDAY)[:2] == ("2026-11-08T01:00", "sunday")
    dark = NIGHTLY | {"is_rebooting": None}
    assert judged({"regimes": "a-1"}, dark) == (None, None, "whether nightly reboots is not known")


def test_what_no_patch_mends_is_not_closed() -> None:
    """A node with a library beside its patch, and one of which no patch is listed: both count, and stay open."""
    part = {**PLACE, "asset_kind": "node", "package": "pillow", "readiness": "by hand"}
    fixes = pd.DataFrame([
        part | {"asset_id": "i-1"}, part | {"asset_id": "i-2", "package": None, "readiness": "none"},
        part | {"asset_id": "i-1", "package": "KB1", "readiness": "install"},
        part | {"asset_id": "img@1", "asset_kind": "image"},
    ])  # fmt: skip
    found = closing_times(patches({}), pd.DataFrame([SUNDAY]), AS_OF, fixes)
    assert closing_sentence(found, AS_OF) == "No scheduled run closes it on any of 2 nodes."
    assert list(left_reasons(found)["reason"]) == [
        "Systems Manager lists no patch for pillow: it is brought up to date by hand",
        "no fix of the package is known",
    ]
    assert closing_runs(found, AS_OF)["left_count"].tolist() == [2]


def test_a_node_is_closed_when_all_that_is_open_on_it_is() -> None:
    """One of its two patches is never approved: no run closes the node, though one installs the other."""
    rows = patches({}, {"node_id": "i-2", "regimes": "a-1"}, {"node_id": "i-3"}, {"node_id": "i-3", "patch_ref": "KB2",
                   "patch_state": "AvailableSecurityUpdate", "approval_source": "never approved"})  # fmt: skip
    found = closing_times(rows, pd.DataFrame([SUNDAY, NIGHTLY]), AS_OF)
    assert closing_sentence(found, AS_OF) == (
        "If every run succeeds, what is scheduled closes it on 2 of 3 nodes: half of these by 2026-11-03 03:00 UTC, "
        "all by 2026-11-08 01:00 UTC, in 5.8 days; on 1 node no scheduled run does."
    )
    assert closing_sentence(found[found["node_id"] == "i-3"], AS_OF) == "No scheduled run closes it on any of 1 node."
    assert closing_sentence(found[:0], AS_OF) == "No patch that Systems Manager lists as open is known to fix it."


def test_what_is_left_after_each_run_and_why_the_rest_stays() -> None:
    """The line begins now with all nodes and falls by what each run closes; reasons count nodes once."""
    rows = patches({}, {"node_id": "i-2", "regimes": "a-1"}, {"node_id": "i-3", "regimes": None},
                   {"node_id": "i-3", "patch_ref": "KB2", "regimes": None})  # fmt: skip
    found = closing_times(rows, pd.DataFrame([SUNDAY, NIGHTLY]), AS_OF)
    runs = closing_runs(found, AS_OF)
    assert list(runs["left_count"]) == [3, 2, 1]
    assert list(runs["closed_count"]) == [0, 1, 1]
    assert runs["after_days"].iloc[0] == 0
    (left,) = left_reasons(found).itertuples(index=False, name=None)
    assert left == ("nothing scheduled installs on the node", 1, 2)
    assert closing_headline(found)["value"] == pytest.approx(2 / 3)
    assert closing_headline(found[:0])["value"] is None

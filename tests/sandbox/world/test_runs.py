"""Promises of what maintenance windows ran: it is what the nodes report."""

from __future__ import annotations

import numpy as np
import pytest

from patchlib.sandbox.world.calendars import DAY, NEVER, instant
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.runs import HISTORY, WindowRun, failing
from tests.sandbox.world.conftest import DEFAULT

# Sundays at noon in Berlin, and a Tuesday: the weekly windows of production, of development have just installed.
AFTER_INSTALLS = ("2026-03-22T11:00:00Z", "2026-08-16T11:00:00Z", "2026-10-13T19:00:00Z", "2026-10-25T11:00:00Z")
WHILE_INSTALLING = instant("2026-10-25T03:40:00Z")


@pytest.fixture(scope="module", params=AFTER_INSTALLS)
def installed(request: pytest.FixtureRequest) -> Estate:
    """The world just after weekly windows."""
    return Estate(7, 800, 9, instant(request.param))


def runs(estate: Estate, operation: str = "Install") -> list[WindowRun]:
    return [run for cell in estate.window_runs.values() for run in cell if run.window.operation == operation]


def test_an_installation_a_node_reports_is_one_of_its_windows_run(installed: Estate) -> None:
    """Start and end of the last operation are those of the run, and it failed where a patch is listed as Failed."""
    ran = {(n.node.node_id, n.started_at): n for run in runs(installed) for n in run.nodes}
    reported = [seen for seen in installed.observations.values() if seen.operation.kind == "Install"]
    assert len(reported) > 50
    found = [ran[seen.node.node_id, seen.operation.started_at] for seen in reported]
    assert [run.ended_at for run in found] == [seen.operation.ended_at for seen in reported]
    failed = [run.status == "Failed" for run in found]
    assert failed == [seen.counts["Failed"] > 0 for seen in reported]
    assert 0 < sum(failed) < len(failed)


def test_no_node_reports_a_run_later_than_its_last_operation(installed: Estate) -> None:
    """What a window ran to its end on a node is never younger than what the node says was last."""
    last = {node_id: seen.operation.ended_at for node_id, seen in installed.observations.items()}
    ended = [n for run in runs(installed) for n in run.nodes if n.status in ("Success", "Failed")]
    assert all(n.ended_at is not None and n.ended_at <= last[n.node.node_id] for n in ended if n.node.is_patchable)


def test_what_never_answers_is_told_apart(estate: Estate) -> None:
    """Silent nodes are never reached, what nothing scans fails each time, an unsupported system is refused."""
    for run in runs(estate):
        for each in run.nodes:
            if not each.node.platform.operating_system:
                assert each.status == "InvalidPlatform"
            elif each.node.silent_at <= each.started_at:
                assert (each.status, each.ended_at) == ("DeliveryTimedOut", None)
            elif not each.node.is_patchable:
                assert each.status == "Failed"
    statuses = {each.status for run in runs(estate) for each in run.nodes}
    assert {"Success", "Failed", "DeliveryTimedOut", "InvalidPlatform"} <= statuses


def test_a_window_opens_as_its_schedule_says_for_thirty_days(estate: Estate) -> None:
    """One run per opening, none older, none to come."""
    for cell, found in estate.window_runs.items():
        for window in estate.windows[cell]:
            opened = [run.opened_at for run in found if run.window == window]
            assert opened == [at for at in window.openings if estate.as_of - HISTORY < at <= estate.as_of]


def test_the_nightly_scan_never_scans(estate: Estate) -> None:
    """Its role is gone: every night it fails, and no node took part."""
    nightly = runs(estate, "Scan")
    assert len(nightly) > 100
    assert all((run.status, run.action_id, run.nodes) == ("FAILED", "", ()) for run in nightly)


def test_a_window_that_is_open_has_not_ended() -> None:
    """Some nodes are done, some run, some wait; the execution has no end yet."""
    estate = Estate(7, 300, 9, WHILE_INSTALLING)
    current = [run for run in runs(estate) if run.opened_at > WHILE_INSTALLING - DAY // 12 and run.nodes]
    assert {run.status for run in current} == {"IN_PROGRESS"}
    assert all(run.ended_at is None for run in current)
    assert {"Success", "InProgress", "Pending"} <= {each.status for run in current for each in run.nodes}


def test_restarts_are_what_pending_patches_wait_for(estate: Estate) -> None:
    """A restart window restarts at its opening, instances only."""
    restarts = runs(estate, "Restart")
    assert restarts
    assert all(each.node.kind == "ec2" and each.started_at == run.opened_at for run in restarts for each in run.nodes)


def test_the_past_stays_as_it_was() -> None:
    """A week later the same openings have the same ids and the same outcome."""
    early, late = Estate(7, 300, 9, DEFAULT - 7 * DAY), Estate(7, 300, 9, DEFAULT)

    def past(estate: Estate) -> dict[str, tuple[object, ...]]:
        return {
            run.execution_id: (run.status, run.ended_at, [(n.node.node_id, n.status, n.ended_at) for n in run.nodes])
            for run in runs(estate)
            if run.opened_at > DEFAULT - HISTORY and run.opened_at < DEFAULT - 8 * DAY
        }

    assert past(early)
    assert past(early) == past(late)


def test_what_a_later_patch_brings_does_not_fail(estate: Estate) -> None:
    """A try fails only of a patch that is not on the node after that opening, by itself or by a later one."""
    for cohort in (each for each in estate.cohorts if len(each.schedules.openings)):
        last = int(np.searchsorted(cohort.schedules.openings, estate.as_of)) - 1
        for opening in range(last - 8, last + 1):
            at = cohort.try_at(np.full_like(cohort.first_try, opening))
            tried = cohort.present & ~cohort.in_image & (cohort.first_try <= opening)
            # Any try but the one that succeeds: what is still open after an opening at which it was tried has failed.
            left = tried & (cohort.failed_tries > 0) & (cohort.installed > at) & (cohort.rejected[None, :] > at)
            # What a run before a restore installed is not there any more, and yet it did not fail.
            alive = (at < cohort.silent)[:, 0] & ((at > cohort.restored) | (cohort.restored == NEVER))[:, 0]
            assert (failing(cohort, opening)[alive] == left.any(axis=1)[alive]).all()

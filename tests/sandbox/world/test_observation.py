"""Promises of what a scan sees."""

from collections import Counter

from patchlib.sandbox.world.calendars import DAY
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.observation import last_operation


def test_operations_end_by_now(estate: Estate) -> None:
    """No operation ends after as_of, nor after the node fell silent, nor begins before its launch."""
    for seen in estate.observations.values():
        assert seen.operation.ended_at <= min(estate.as_of, seen.node.silent_at)
        assert seen.node.launched_at <= seen.operation.started_at < seen.operation.ended_at


def test_healthy_nodes_are_scanned_daily(estate: Estate) -> None:
    """A node that is not silent was seen within a day."""
    for seen in estate.observations.values():
        if seen.node.silent_at > estate.as_of:
            assert estate.as_of - seen.operation.ended_at <= DAY


def test_counts_are_the_rows(estate: Estate) -> None:
    """Counts by state equal the rows by state, for every node."""
    for seen in estate.observations.values():
        assert seen.counts == Counter(row.state for row in seen.rows)


def test_every_state_occurs(estate: Estate) -> None:
    """All eight states of Patch Manager are in the demo world."""
    states = Counter[str]()
    for seen in estate.observations.values():
        states.update(seen.counts)
    assert set(states) == {
        "Installed",
        "InstalledOther",
        "InstalledPendingReboot",
        "InstalledRejected",
        "Missing",
        "NotApplicable",
        "Failed",
        "AvailableSecurityUpdate",
    }
    assert states["Installed"] > states["Missing"]


def test_installed_before_seen(estate: Estate) -> None:
    """Only installed rows have an install time, and it is not after the scan."""
    for seen in estate.observations.values():
        for row in seen.rows:
            assert (row.installed_at is not None) == row.state.startswith("Installed")
            assert row.installed_at is None or row.installed_at <= seen.operation.ended_at


def test_cves_are_shown_on_open_patches_only(estate: Estate) -> None:
    """CVE ids stand on Missing and Failed rows and on no other."""
    rows = [row for seen in estate.observations.values() for row in seen.rows]
    assert {row.state for row in rows if row.cve_ids} <= {"Missing", "Failed"}


def test_available_updates_are_windows_only(estate: Estate) -> None:
    """AvailableSecurityUpdate is a Windows state."""
    for seen in estate.observations.values():
        if seen.counts["AvailableSecurityUpdate"]:
            assert seen.node.platform.is_windows


def test_pending_reboot_waits_for_its_window(estate: Estate) -> None:
    """InstalledPendingReboot occurs only where windows do not restart."""
    for seen in estate.observations.values():
        if seen.counts["InstalledPendingReboot"]:
            cohort, _ = estate.place[seen.node.node_id]
            assert cohort.schedules.needs_restart
            assert seen.last_no_reboot_install_at is not None


def test_install_run_is_the_last_operation_until_the_next_scan(estate: Estate) -> None:
    """Just after a window the last operation is its install, a day later again a scan."""
    seen = next(
        s for s in estate.observations.values() if s.node.patch_group == "staging" and s.node.silent_at > estate.as_of
    )
    schedules = estate.place[seen.node.node_id][0].schedules
    opening = int(schedules.openings[schedules.openings < estate.as_of][-1])
    after = last_operation(seen.node, schedules, opening + 3 * 3600)
    assert after is not None
    assert after.kind == "Install"
    later = last_operation(seen.node, schedules, opening + DAY + 3 * 3600)
    assert later is not None
    assert later.kind == "Scan"


def test_rows_per_node(estate: Estate) -> None:
    """A scanned node has some forty to a hundred and twenty rows."""
    sizes = [len(seen.rows) for seen in estate.observations.values()]
    assert min(sizes) >= 30
    assert max(sizes) <= 150
    assert 60 <= sum(sizes) / len(sizes) <= 100

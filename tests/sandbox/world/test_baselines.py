"""Promises of patch baselines."""

import pytest

from patchlib.sandbox.world.baselines import Baseline, CellBaselines
from patchlib.sandbox.world.calendars import DAY, NEVER, instant
from patchlib.sandbox.world.catalogue import Patch
from patchlib.sandbox.world.directory import HOME_REGION
from patchlib.sandbox.world.estate import Estate


def cell(estate: Estate, name: str) -> CellBaselines:
    account = next(a for a in estate.directory.accounts if a.name == name)
    return estate.baselines[account.account_id, HOME_REGION]


def patch(severity: str = "Important", released: str = "2026-03-10T17:00:00Z", system: str = "WINDOWS") -> Patch:
    classification = "SecurityUpdates" if system == "WINDOWS" else "Security"
    return Patch(system, "x", "f", "t", "KB1", instant(released), severity, classification, ())


@pytest.mark.parametrize(("account", "days"), [("production-a", 7), ("staging", 5), ("development", 0)])
def test_delays_differ_by_environment(estate: Estate, account: str, days: int) -> None:
    """Approval is release plus the environment's days, to the second."""
    own = next(b for b in cell(estate, account).baselines if not b.is_aws_owned and b.operating_system == "WINDOWS")
    assert own.approved_at(patch()) == patch().released_at + days * DAY


@pytest.mark.parametrize(
    ("released", "approved"),
    [
        ("2026-09-24T09:00:00Z", "2026-09-29T09:00:00Z"),  # before the change, by the longer delay
        ("2026-09-26T09:00:00Z", "2026-09-30T09:00:00Z"),  # it had waited long enough when the delay was shortened
        ("2026-09-28T09:00:00Z", "2026-10-01T09:00:00Z"),
        ("2026-10-13T17:00:00Z", "2026-10-16T17:00:00Z"),
    ],
)
def test_a_shortened_delay_approves_at_once_what_has_waited(estate: Estate, released: str, approved: str) -> None:
    """Staging went from five days to three on 2026-09-30; what is read of it is the delay of the time."""
    own = next(b for b in cell(estate, "staging").baselines if not b.is_aws_owned and b.operating_system == "WINDOWS")
    assert own.approved_at(patch(released=released)) == instant(approved)
    change = instant("2026-09-30T09:00:00Z")
    assert {rule.approve_after_days for rule in own.at(change - 1).rules} == {5}
    assert {rule.approve_after_days for rule in own.at(change).rules} == {3}
    assert own.changed_at(change - 1) < own.changed_at(change) == change


def test_ubuntu_has_no_delay(estate: Estate) -> None:
    """Ubuntu baselines approve at release: SSM has no approval delay there."""
    for baseline in cell(estate, "production-a").baselines:
        if baseline.operating_system == "UBUNTU":
            found = patch("High", system="UBUNTU")
            assert baseline.approved_at(found) == found.released_at


def test_aws_default_approves_important_updates_only(estate: Estate) -> None:
    """AWS's Windows default takes Critical and Important after seven days and nothing else, ever."""
    default = cell(estate, "shared-services").in_force(None, "WINDOWS")
    assert default.is_aws_owned
    assert default.approved_at(patch()) == patch().released_at + 7 * DAY
    assert default.approved_at(patch("Moderate")) == NEVER


def frozen(estate: Estate) -> Baseline:
    return cell(estate, "shared-services").in_force("shared-noreboot", "WINDOWS")


def test_approve_until_date_freezes(estate: Estate) -> None:
    """What is released after ApproveUntilDate is never approved; the day itself counts."""
    assert frozen(estate).approved_at(patch(released="2026-03-31T23:00:00Z")) == instant("2026-03-31T23:00:00Z")
    assert frozen(estate).approved_at(patch(released="2026-04-01T00:00:00Z")) == NEVER


def test_every_system_has_one_default(estate: Estate) -> None:
    """A cell has exactly one default baseline per operating system."""
    for cell_baselines in estate.baselines.values():
        systems = [b.operating_system for b in cell_baselines.baselines if b.is_default]
        assert len(systems) == len(set(systems)) == 14


def test_rejected_patches_exist(estate: Estate) -> None:
    """The rejected packages are patches of the catalogue and are rejected from a day on."""
    rhel = next(b for b in cell(estate, "production-a").baselines if b.rejected)
    titles = {p.title: p for c in estate.products.values() for p in c.patches}
    assert all(rhel.rejected_at(titles[title]) == instant("2026-04-20T09:30:00Z") for title in rhel.rejected)
    assert rhel.rejected_at(patch()) == NEVER


def test_patch_groups_name_baselines_of_the_cell(estate: Estate) -> None:
    """A mapping points to a baseline of the same cell and operating system."""
    for cell_baselines in estate.baselines.values():
        for (_, system), baseline_id in cell_baselines.groups.items():
            assert cell_baselines.by_id[baseline_id].operating_system == system

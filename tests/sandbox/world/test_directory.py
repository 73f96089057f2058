"""Promises of the invented organisation."""

from patchlib.sandbox.world.directory import HOME_REGION, REGIONS, directory


def test_nine_accounts_with_their_parts() -> None:
    """Management, a delegated administrator, a suspended and a closed account are among the nine."""
    accounts = directory(9).accounts
    assert len(accounts) == 9
    assert [a.name for a in accounts if a.is_management] == ["management"]
    assert [a.name for a in accounts if a.is_delegated] == ["security"]
    assert [a.name for a in accounts if a.status == "SUSPENDED"] == ["legacy-warehouse"]
    assert [a.name for a in accounts if not a.is_readable] == ["partner-integration", "legacy-warehouse"]


def test_more_accounts_are_production() -> None:
    """Accounts beyond the nine are readable production accounts with ids of their own."""
    accounts = directory(40).accounts
    assert len({a.account_id for a in accounts}) == 40
    assert all(len(a.account_id) == 12 and a.account_id.isdigit() for a in accounts)
    assert {(a.environment, a.is_readable) for a in accounts[9:]} == {("production", True)}


def test_one_cell_is_denied_by_policy() -> None:
    """Exactly one cell of readable accounts refuses Systems Manager, and only that service."""
    found = directory(9)
    denied = [cell for cell in found.cells if found.is_denied(*cell, "ssm")]
    assert len(denied) == 1
    assert found.can_read(*denied[0], "ec2")
    assert not found.can_read(*denied[0], "ssm")


def test_cells_are_active_accounts_times_regions() -> None:
    """A suspended account has no cells."""
    found = directory(9)
    assert len(found.cells) == 8 * len(REGIONS)
    assert HOME_REGION in REGIONS

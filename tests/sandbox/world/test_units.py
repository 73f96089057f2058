"""The tree of the organisation."""

import re

import pytest

from patchlib import shapes
from patchlib.sandbox.world.directory import directory
from patchlib.sandbox.world.units import ROOT_ID, UNITS, chain, parent_of, path_of


def test_every_unit_leads_up_to_the_root() -> None:
    """Ids are unique, and every chain begins at the root and ends at the unit."""
    assert len({unit.unit_id for unit in UNITS}) == len(UNITS)
    for unit in UNITS:
        assert chain(unit.unit_id)[0] == ROOT_ID
        assert chain(unit.unit_id)[-2:] == (unit.parent_id, unit.unit_id)


@pytest.mark.parametrize("accounts", [1, 9, 30])
def test_paths_are_spelled_as_organizations_does(accounts: int) -> None:
    """Paths of units and accounts fit the pattern of botocore's model."""
    pattern = shapes.service_model("organizations").shape_for("Path").metadata["pattern"]
    paths = [path_of(parent_of(each), each.account_id) for each in directory(accounts).accounts]
    paths += [path_of(unit.unit_id) for unit in UNITS]
    assert all(re.fullmatch(pattern, path) for path in paths)


def test_a_suspended_account_and_the_management_account_stand_apart() -> None:
    """The one waits in its own unit, the other stands at the root."""
    accounts = directory(9).accounts
    names = {unit.unit_id: unit.name for unit in UNITS} | {ROOT_ID: "Root"}
    standing = {account.name: names[parent_of(account)] for account in accounts}
    assert standing["management"] == "Root"
    assert standing["legacy-warehouse"] == "Suspended"
    assert standing["production-a"] == standing["production-b"] == "Production"

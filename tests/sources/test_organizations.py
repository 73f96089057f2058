"""Organizations is asked once, per delegated administrator only, and along its tree."""

from dataclasses import replace

import pytest

from patchlib.sources import source
from patchlib.sources.organizations import is_active
from tests.sources.asking import context


def test_services_are_asked_per_delegated_administrator() -> None:
    """No administrator, no call; one call for each."""
    services = source("organizations_delegated_service")
    needed = "organizations_delegated_administrator"
    assert list(services.requests(context(**{needed: []}))) == []
    asked = [request.params for request in services.requests(context(**{needed: [{"Id": "1"}, {"Id": "2"}]}))]
    assert asked == [{"AccountId": "1"}, {"AccountId": "2"}]


@pytest.mark.parametrize(
    ("account", "active"),
    [
        ({"State": "ACTIVE"}, True),
        ({"State": "PENDING_CLOSURE", "Status": "ACTIVE"}, False),
        ({"State": "CLOSED"}, False),
        ({"Status": "SUSPENDED"}, False),
        ({"Status": "ACTIVE"}, True),
        ({}, True),
    ],
)
def test_the_state_decides_and_the_retired_status_stands_in(account: dict[str, str], active: bool) -> None:
    """State wins; where only the retired Status is known it counts; an account that tells neither is tried."""
    assert is_active(account) is active


def test_the_tree_is_walked_level_by_level() -> None:
    """The root is asked first, then each unit as it is found, each once, however often a listing names it."""
    tree = {"r-1": ["ou-1", "ou-2"], "ou-1": ["ou-3", "ou-1"], "ou-2": [], "ou-3": []}
    found: list[dict[str, str]] = []
    walking = replace(context(organizations_root=[{"Id": "r-1"}]), own=found)
    asked = []
    for request in source("organizations_unit").requests(walking):
        asked.append(request.params["ParentId"])
        found += [{"Id": child} for child in tree[asked[-1]]]
    assert asked == ["r-1", "ou-1", "ou-2", "ou-3"]


def test_accounts_are_listed_once_per_parent() -> None:
    """One listing for the root and one for each unit."""
    remembered = {"organizations_root": [{"Id": "r-1"}], "organizations_unit": [{"Id": "ou-1"}, {"Id": "ou-2"}]}
    requests = source("organizations_unit_account").requests(context(**remembered))
    assert [request.params["ParentId"] for request in requests] == ["r-1", "ou-1", "ou-2"]

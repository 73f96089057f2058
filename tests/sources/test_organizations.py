"""Organizations is asked once, and per delegated administrator only."""

import pytest

from patchlib.sources.organizations import SOURCES, is_active
from tests.sources.asking import context


def test_services_are_asked_per_delegated_administrator() -> None:
    """No administrator, no call; one call for each."""
    source = next(each for each in SOURCES if each.name == "organizations_delegated_service")
    needed = "organizations_delegated_administrator"
    assert list(source.requests(context(**{needed: []}))) == []
    asked = [request.params for request in source.requests(context(**{needed: [{"Id": "1"}, {"Id": "2"}]}))]
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

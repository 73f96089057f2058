"""Organizations is asked once, and per delegated administrator only."""

from patchlib.sources import Cell
from patchlib.sources.organizations import SOURCES


def test_services_are_asked_per_delegated_administrator() -> None:
    """No administrator, no call; one call for each."""
    source = next(each for each in SOURCES if each.name == "organizations_delegated_service")
    cell = Cell("210000000001", "eu-central-1")
    needed = "organizations_delegated_administrator"
    assert list(source.requests(cell, {needed: []})) == []
    asked = [request.params for request in source.requests(cell, {needed: [{"Id": "1"}, {"Id": "2"}]})]
    assert asked == [{"AccountId": "1"}, {"AccountId": "2"}]

"""Inspector is asked by each account for its own: whole once a week, and what changed in between."""

import pytest

from patchlib.sources import source
from patchlib.sources.inspector2 import RESOURCES
from tests.sources.asking import CELL, context

ON, OFF = ({"accountId": CELL.account_id, "state": {"status": each}} for each in ("ENABLED", "DISABLED"))


@pytest.mark.parametrize("name", ["inspector2_open_finding", "inspector2_finding"])
def test_each_account_asks_for_its_own(name: str) -> None:
    """A delegated administrator would bring its members' findings once more."""
    [request] = source(name).requests(context(inspector2_account=[ON]))
    asked = request.params["filterCriteria"]
    assert asked["awsAccountId"] == [{"comparison": "EQUALS", "value": CELL.account_id}]
    assert [each["value"] for each in asked["resourceType"]] == list(RESOURCES)


def test_changes_of_every_status_and_all_that_is_open() -> None:
    """A listing by time without a status brings closed ones too; the whole one has no time, and is asked weekly."""
    [changed] = source("inspector2_finding").requests(context(inspector2_account=[ON]))
    [whole] = source("inspector2_open_finding").requests(context(inspector2_account=[ON]))
    since = changed.params["filterCriteria"]["updatedAt"]
    assert since == [{"startInclusive": f"{context().since:%Y-%m-%dT%H:%M:%SZ}"}]
    assert "findingStatus" not in changed.params["filterCriteria"]
    assert {each["value"] for each in whole.params["filterCriteria"]["findingStatus"]} == {"ACTIVE", "SUPPRESSED"}
    assert "updatedAt" not in whole.params["filterCriteria"]
    assert source("inspector2_open_finding").refresh_hours == 7 * 24
    assert source("inspector2_finding").unit == "watermark"


def test_coverage_and_status_are_of_the_own_account() -> None:
    """By the filters that these operations have."""
    [covered] = source("inspector2_coverage").requests(context(inspector2_account=[ON]))
    [status] = source("inspector2_account").requests(context())
    assert covered.params["filterCriteria"]["accountId"] == [{"comparison": "EQUALS", "value": CELL.account_id}]
    assert status.params == {"accountIds": [CELL.account_id]}


@pytest.mark.parametrize("name", ["inspector2_coverage", "inspector2_open_finding", "inspector2_finding"])
@pytest.mark.parametrize(
    ("rows", "why"), [([ON], ""), ([OFF], "DISABLED"), ([], "not activated"), ([{"accountId": "1"}], "not activated")]
)
def test_where_it_is_not_activated_nothing_is_asked(name: str, rows: list[dict[str, object]], why: str) -> None:
    """The account's own state decides, and its word is in the ledger."""
    off = source(name).off
    assert off is not None
    found = off(context(inspector2_account=rows))
    assert bool(found) == bool(why)
    assert why in found


def test_functions_and_images_need_no_node() -> None:
    """So a cell without nodes is asked too."""
    assert not any(each.on_nodes for each in map(source, ("inspector2_account", "inspector2_finding")))

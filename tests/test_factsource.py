"""Which way each fact is read: the calls of every way, and what is chosen."""

import pytest

from patchlib.callcost import shares
from patchlib.factsource import Fleet, Way, ways
from patchlib.settings import Rates


def calls(fleet: Fleet) -> dict[tuple[str, str], int]:
    """Calls by fact and way."""
    return {(way.fact, way.way): way.calls for way in ways(fleet, Rates())}


@pytest.mark.parametrize(
    ("nodes", "accounts", "regions", "one_id", "all_states", "open_only", "both", "sync", "config", "findings"),
    [
        (1_000, 10, 4, 1_000, 8_000, 1_000, 100, 2_080, 20, 300),
        (10_000, 50, 4, 10_000, 80_000, 10_000, 1_000, 20_400, 200, 3_000),
        (100_000, 200, 6, 100_000, 800_000, 100_000, 10_000, 202_400, 2_000, 30_000),
    ],
)
def test_the_alternatives_by_hand(
    nodes: int,
    accounts: int,
    regions: int,
    one_id: int,
    all_states: int,
    open_only: int,
    both: int,
    sync: int,
    config: int,
    findings: int,
) -> None:
    """400 patches a node of which 50 are open, 30 findings, a tenth changed, evenly over all cells."""
    found = calls(Fleet(tuple(shares(nodes, accounts * regions)), regions))
    detail = "ssm:DescribeInstancePatches"
    assert found["patch states", "ssm:DescribeInstancePatchStates, one id a call"] == one_id
    assert found["patch detail", f"{detail}, all nodes and states"] == all_states
    assert found["patch detail", f"{detail}, all nodes, filtered by State"] == open_only
    assert found["patch detail", f"{detail}, changed nodes, filtered by State"] == both
    assert found["patch detail", f"{detail}, changed nodes, all states"] == all_states // 10
    types = ("AWS:InstanceInformation", "AWS:ComplianceItem")
    assert sum(found[fact, way] for fact, way in found if way.endswith(types)) == sync
    assert found["patch states", "config:SelectAggregateResourceConfig, two types"] == config
    assert found["vulnerability findings", "inspector2:ListFindings, delegated administrator, per Region"] == findings


def chosen(found: tuple[Way, ...], fact: str) -> list[str]:
    """The ways that are taken to a fact."""
    return [way.way for way in found if way.fact == fact and way.chosen]


def test_what_is_chosen_is_what_the_catalogue_asks() -> None:
    """One way to each fact that is read; a data sync joins it only where it is asked for."""
    fleet = Fleet((80, 20), 1)
    found = ways(fleet, Rates())
    assert chosen(found, "managed nodes") == ["ssm:DescribeInstanceInformation, per cell"]
    assert chosen(found, "patch states") == ["ssm:DescribeInstancePatchStates, 50 ids a call"]
    assert chosen(found, "patch detail") == ["ssm:DescribeInstancePatches, changed nodes, all states"]
    assert chosen(found, "instances") == ["ec2:DescribeInstances, per cell"]
    assert chosen(found, "vulnerability findings") == ["inspector2:ListFindings, per account and Region"]
    synced = ways(fleet, Rates(), data_sync=True)
    assert "S3 Resource Data Sync, AWS:ComplianceItem" in chosen(synced, "patch detail")


def test_minutes_are_those_of_the_fullest_cell() -> None:
    """All nodes in one cell take as long as their calls; spread over two, as long as the fuller one's."""
    way = "ssm:DescribeInstancePatches, all nodes and states"
    whole, halves = (
        {each.way: each.minutes for each in ways(Fleet(nodes, 1), Rates())}[way] for nodes in ((600,), (300, 300))
    )
    assert whole == pytest.approx(600 * 8 / 10 / 60)
    assert halves == pytest.approx(whole / 2)


def test_every_way_says_how_fresh_it_is_and_why() -> None:
    """Nothing is chosen or left without a reason."""
    assert all(way.fresh and way.why for way in ways(Fleet((1,), 1), Rates()))

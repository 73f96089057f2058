"""Who and where: three calls without the probe, the listings of nodes with it, and nothing else."""

from pathlib import Path

import pytest

from patchlib.census import Census, take_census
from patchlib.errors import SettingInvalid
from patchlib.lastrun import LastRun, open_last_run
from patchlib.sandbox.endpoint import Endpoint
from patchlib.settings import Settings
from patchlib.snapshot import open_snapshot
from patchlib.sources import NODE_LISTINGS, Cell, Scope, is_source, source
from tests import estate


def census(
    served: Endpoint, settings: Settings = estate.SETTINGS, last: LastRun | None = None, *, probe: bool = False
) -> Census:
    """The census over an endpoint."""
    return take_census(settings, estate.reader(served, settings), last or LastRun(), probe=probe)


def test_the_plan_costs_three_calls() -> None:
    """Who, how many accounts, how many Regions: no listing of the fleet is read, and no role assumed."""
    served = estate.endpoint()
    found = census(served)
    assert served.requests.total == found.calls == 3
    assert {each.operation for each in served.requests.counts} == {
        "GetCallerIdentity",
        "ListAccounts",
        "DescribeRegions",
    }
    assert found.accounts == (estate.MANAGEMENT, estate.MEMBER, estate.DENYING)
    assert len(found.cells) == 3 * 2
    assert any("Regions" in note for note in found.notes)


def test_the_probe_counts_nodes_and_asks_nothing_else() -> None:
    """Beyond who and where, only what lists nodes, in every cell that lets itself be entered."""
    served = estate.endpoint()
    found = census(served, probe=True)
    listings = {source(name).operation for name in NODE_LISTINGS if is_source(name)}
    plumbing = {"GetCallerIdentity", "ListAccounts", "DescribeRegions", "AssumeRole"}
    assert {each.operation for each in served.requests.counts} == listings | plumbing
    counts = found.counts[Cell(estate.MEMBER, "us-east-1")]
    assert (counts["ec2_instance"].rows, counts["ssm_managed_node"].rows) == (3, 2)
    assert found.counts[Cell(estate.DENYING, "us-east-1")] == {}
    assert any("did not let" in note for note in found.notes)
    # One image is in use, however many instances run it.
    assert len(set(dict(counts["ec2_instance"].like)["ImageId"])) == 1


def test_the_probe_leaves_cells_alone_that_the_last_run_knows(tmp_path: Path) -> None:
    """What the last run read need not be counted again."""
    name = estate.taken(tmp_path).name
    served = estate.endpoint()
    found = census(served, last=open_last_run(tmp_path, name), probe=True)
    assert served.requests.total == 3
    assert found.counts == {}


def test_accounts_that_the_settings_leave_out_are_not_planned() -> None:
    """except_accounts holds for the plan too."""
    less = Settings(
        accounts="organization", except_accounts=(estate.MEMBER,), home_region="eu-central-1", role="Reader"
    )
    assert census(estate.endpoint(), less).accounts == (estate.MANAGEMENT, estate.DENYING)


def in_units(*units: str) -> Settings:
    """The small organisation narrowed to some units."""
    return estate.SETTINGS.model_copy(update={"organizational_units": units})


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ((estate.WORK,), (estate.MEMBER, estate.DENYING)),
        ((estate.PRODUCTION,), (estate.DENYING,)),
        ((estate.PRODUCTION, estate.WORK), (estate.MEMBER, estate.DENYING)),
        ((estate.ROOT,), (estate.MANAGEMENT, estate.MEMBER, estate.DENYING)),
    ],
)
def test_units_are_asked_as_a_run_asks_them(units: tuple[str, ...], expected: tuple[str, ...], tmp_path: Path) -> None:
    """The accounts planned are those that a run reads, before any run; two calls a unit from the named ones down."""
    served = estate.endpoint(**estate.tree())
    assert census(served, in_units(*units)).accounts == expected
    below = {estate.ROOT: 3, estate.WORK: 2, estate.PRODUCTION: 1}[units[-1]]
    assert served.requests.total == 3 + 2 * below
    manifest = open_snapshot(estate.take(estate.endpoint(**estate.tree()), tmp_path, settings=in_units(*units)))
    read = {each.account_id for each in manifest.cells if source(each.source).scope is Scope.CELL}
    assert read - {estate.SUSPENDED} == set(expected)


def test_units_are_asked_also_after_a_run(tmp_path: Path) -> None:
    """The last run may have had other units; what it found is no answer to these."""
    served = estate.endpoint(**estate.tree())
    before = open_last_run(tmp_path, estate.take(served, tmp_path, settings=in_units(estate.PRODUCTION)).name)
    assert census(served, in_units(estate.WORK), before).accounts == (estate.MEMBER, estate.DENYING)
    with pytest.raises(SettingInvalid, match="no unit ou-ab12-99999999"):
        census(served, in_units("ou-ab12-99999999"), before)


def test_one_account_is_one_account() -> None:
    """Without settings: the caller's account and its enabled Regions, in two calls."""
    served = estate.endpoint()
    found = census(served, Settings(home_region="eu-central-1"))
    assert found.cells == tuple(Cell(estate.MANAGEMENT, region) for region in estate.REGIONS)
    assert served.requests.total == 2


def test_what_is_set_for_single_accounts_is_confirmed() -> None:
    """By one more call, where the accounts that are read do not confirm it: as a run, which lists wherever it can."""
    settings = Settings(home_region="eu-central-1", roles={estate.MEMBER: "Other"})
    served = estate.endpoint()
    assert census(served, settings).accounts == (estate.MANAGEMENT,)
    assert served.requests.total == 3
    mistyped = estate.MEMBER.replace("21", "31", 1)
    with pytest.raises(SettingInvalid, match=f"no account {mistyped}"):
        census(served, settings.model_copy(update={"roles": {mistyped: "Other"}}))

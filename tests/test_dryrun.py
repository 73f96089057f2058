"""What `extract --dry-run` tells: every claim in words, from the store where the snapshot is gone."""

from pathlib import Path

import pytest

from patchlib.dryrun import DryRun, dry_run, last_run
from patchlib.errors import SettingInvalid
from patchlib.lastrun import LastRun
from patchlib.sandbox.endpoint import ServiceError
from tests import estate


def told(last: LastRun | None = None, **how: bool) -> DryRun:
    """The dry run of the small organisation."""
    reader = estate.reader(estate.endpoint())
    return dry_run(estate.SETTINGS, reader, last or LastRun(), **how)


def line(found: DryRun, begin: str) -> str:
    """The one line that begins so."""
    lines = [each for each in found.lines if each.startswith(begin)]
    assert len(lines) == 1, found.lines
    return lines[0]


def test_without_a_run_it_says_what_it_does_not_know() -> None:
    """At least so many calls, which sources are unknown, and what would tell."""
    found = told()
    assert "this plan took 3 calls" in line(found, "estate:")
    assert line(found, "calls: at least ").endswith("(no run yet)")
    assert "--probe" in line(found, "unknown:")
    assert "10/s" in line(found, "rates:")
    assert found.facts == []


def test_a_probe_shows_which_way_each_fact_is_read() -> None:
    """With nodes counted the ways have calls: four cells of two managed nodes."""
    found = told(probe=True)
    calls = {row["way"]: row["calls"] for row in found.facts if row["chosen"] == "yes"}
    assert calls["ssm:DescribeInstanceInformation, per cell"] == 4
    assert calls["ssm:DescribeInstancePatches, changed nodes, all states"] == 4 * 2 * 8


def test_with_a_last_run_it_names_the_longest_cell(tmp_path: Path) -> None:
    """Account, Region, minutes and the source that takes most; what saves calls; what AWS charges."""
    name = estate.taken(tmp_path / "snapshots").name
    found = told(last_run(tmp_path / "absent.duckdb", tmp_path / "snapshots", name))
    longest = line(found, "longest cell:")
    first = found.cells[0]
    assert f"account {first['account_id']} in {first['region']}" in longest
    assert first["longest_source"] in longest
    assert first["minutes"] == max(row["minutes"] for row in found.cells)
    assert "no run has shown another share" in line(found, "saved because unchanged:")
    assert line(found, "saved by discovery:")
    assert not line(found, "saved because young:").startswith("saved because young: 0 ")
    assert "USD" in line(found, "CloudTrail events, each further copy:")
    assert not any(each.startswith("unknown:") for each in found.lines)
    # 60 patches a node, 50 a page: two calls for each of two nodes in four cells.
    calls = {row["way"]: row["calls"] for row in found.facts}
    assert calls["ssm:DescribeInstancePatches, all nodes and states"] == 4 * 2 * 2


def test_the_store_tells_where_the_snapshot_is_gone(tmp_path: Path) -> None:
    """Calls and rates come from the ledger; details may have been left out, so they are a floor."""
    snapshot = estate.taken(tmp_path / "snapshots")
    store = tmp_path / "own.duckdb"
    estate.loaded(store, snapshot)
    known = last_run(store, tmp_path / "snapshots", snapshot.name)
    ledger = last_run(store, tmp_path / "elsewhere", None)
    assert (known.can_build, ledger.can_build) == (True, False)
    found = {row["source"]: row for row in told(ledger).sources}
    assert found["ssm_patch"]["planned_calls"] == found["ssm_patch"]["last_calls"] == 4 * 2 * 2
    assert found["ssm_patch"]["is_floor"]
    assert found["ec2_instance"]["planned_calls"] == 4
    assert any("the store's ledger" in each for each in told(ledger).lines)


def test_a_full_run_keeps_nothing(tmp_path: Path) -> None:
    """--full is planned as such: nothing young, nothing unchanged."""
    name = estate.taken(tmp_path).name
    found = told(last_run(tmp_path / "absent.duckdb", tmp_path, name), is_full=True)
    assert line(found, "saved because unchanged: 0 calls for details; everything is asked")
    assert line(found, "saved because young: 0 calls")


def denied(_call: object) -> dict[str, object]:
    """A handler that refuses as Organizations does."""
    raise ServiceError("AccessDeniedException", "You don't have permissions to access this resource.")


@pytest.mark.parametrize("listing", ["ListAccounts", "ListOrganizationalUnitsForParent", "ListAccountsForParent"])
def test_what_a_run_would_refuse_is_refused_before_it(listing: str) -> None:
    """Accounts or units that cannot be listed, and a unit that is not there: a setting at fault, as in the run."""
    settings = estate.SETTINGS.model_copy(update={"organizational_units": (estate.WORK,)})
    served = estate.endpoint(**{**estate.tree(), listing: denied})
    with pytest.raises(SettingInvalid, match=r"AccessDeniedException.*list the account ids"):
        dry_run(settings, estate.reader(served, settings), LastRun())
    mistyped = estate.SETTINGS.model_copy(update={"organizational_units": ("ou-ab12-99999999",)})
    with pytest.raises(SettingInvalid, match="no unit ou-ab12-99999999"):
        dry_run(mistyped, estate.reader(estate.endpoint(**estate.tree()), mistyped), LastRun())

"""What an earlier run read and is there no more: no last good reading stays the latest one for ever."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from patchlib.extract import extract
from patchlib.sandbox.endpoint import Call, Endpoint, Handler
from patchlib.sandbox.faults import AccessDenied, Faults
from patchlib.settings import Settings
from patchlib.snapshot import open_snapshot
from patchlib.store import connect
from tests import estate

OFF = "us-east-1"


def _without_member() -> dict[str, Handler]:
    """The organisation after the member account has left it."""
    listed = estate.handlers()["organizations", "ListAccounts"]
    kept = [row for row in listed(None)["Accounts"] if row["Id"] != estate.MEMBER]  # type: ignore[index,arg-type]
    return {"ListAccounts": lambda _call: {"Accounts": kept}}


def _without_region() -> dict[str, Handler]:
    """The member account after it has switched a Region off."""
    whole = estate.handlers()["ec2", "DescribeRegions"]

    def regions(call: Call) -> dict[str, Any]:
        rows = whole(call)["Regions"]  # type: ignore[index]
        if call.account_id != estate.MEMBER:
            return {"Regions": rows}
        return {"Regions": [row | {"OptInStatus": "not-opted-in"} if row["RegionName"] == OFF else row for row in rows]}

    return {"DescribeRegions": regions}


def _no_nodes() -> dict[str, Handler]:
    return {
        "DescribeInstances": lambda _call: {"Reservations": []},
        "DescribeInstanceInformation": lambda _call: {"InstanceInformationList": []},
    }


def _take(served: Endpoint, folder: Path, base: Path | None = None, settings: Settings = estate.SETTINGS) -> Path:
    run = {"reader": estate.reader(served, settings), "progress": estate.Told(), "clock": lambda: 0.0}
    return extract(settings, folder, base=base.name if base else None, **run)  # type: ignore[arg-type]


def _states(folder: Path, region: str = OFF) -> set[str]:
    return {*estate.states(open_snapshot(folder), account_id=estate.MEMBER, region=region)}


def _nodes(store: Path) -> set[tuple[str, str]]:
    with connect(store) as connection:
        return {*connection.execute("select distinct account_id, region from core.instance_now").fetchall()}


def test_an_account_that_left_is_no_part_of_the_estate(tmp_path: Path) -> None:
    """Its rows are closed once, with a ledger row each, and the next run need not speak of it again."""
    first = _take(estate.endpoint(), tmp_path)
    second = _take(estate.endpoint(**_without_member()), tmp_path, first)
    assert _states(second) == {"removed"}
    store = estate.loaded(tmp_path / "store.duckdb", first)
    assert (estate.MEMBER, OFF) in _nodes(store)
    estate.loaded(store, second)
    assert _nodes(store) == {(estate.MANAGEMENT, region) for region in estate.REGIONS}
    assert _states(_take(estate.endpoint(**_without_member()), tmp_path, second)) == set()


def test_an_organisation_that_cannot_be_listed_removes_nobody(tmp_path: Path) -> None:
    """Not to be listed is not to have left: with the accounts named instead, nothing is said of the others."""
    first = _take(estate.endpoint(), tmp_path)
    denied = AccessDenied(account_id=estate.MANAGEMENT, service="organizations", operation="ListAccounts")
    named = estate.SETTINGS.model_copy(update={"accounts": (estate.MANAGEMENT,)})
    second = _take(estate.endpoint(Faults(fault=(denied,))), tmp_path, first, named)
    assert _states(second) == set()


def test_an_account_that_left_and_is_named_is_read_as_before(tmp_path: Path) -> None:
    """Who lists it by its id still wants to see it: each of its cells has one row, of what was read."""
    first = _take(estate.endpoint(), tmp_path)
    named = estate.SETTINGS.model_copy(update={"accounts": (estate.MEMBER,), "regions": (OFF,)})
    second = _take(estate.endpoint(**_without_member()), tmp_path, first, named)
    assert "removed" not in _states(second)
    assert (estate.MEMBER, OFF) in _nodes(estate.loaded(tmp_path / "store.duckdb", first, second))


def test_accounts_and_regions_left_out_by_the_settings_stay_as_they_were(tmp_path: Path) -> None:
    """A run of a part is no statement about the rest: what is held of it stays, and grows old."""
    first = _take(estate.endpoint(), tmp_path)
    narrow = estate.SETTINGS.model_copy(update={"except_accounts": (estate.MEMBER,), "regions": ("eu-central-1",)})
    second = _take(estate.endpoint(), tmp_path, first, narrow)
    assert _states(second) == set()
    store = estate.loaded(tmp_path / "store.duckdb", first, second)
    assert (estate.MEMBER, OFF) in _nodes(store)


def test_a_region_switched_off_with_nodes_is_a_blind_spot(tmp_path: Path) -> None:
    """They are still there, and nobody sees them: said in this run and in each one after it."""
    first = _take(estate.endpoint(), tmp_path)
    second = _take(estate.endpoint(**_without_region()), tmp_path, first)
    assert _states(second) == {"disabled"}
    assert _states(second, "eu-central-1") & {"ok", "kept"}
    third = _take(estate.endpoint(**_without_region()), tmp_path, second)
    assert _states(third) == {"disabled"}
    store = estate.loaded(tmp_path / "store.duckdb", first, second, third)
    assert (estate.MEMBER, OFF) in _nodes(store)


@pytest.mark.parametrize("again", [False, True])
def test_a_region_switched_off_without_a_node_is_gone(tmp_path: Path, again: bool) -> None:
    """Nothing is hidden there: one row, no blind spot, and nothing more in the run after it."""
    first = _take(estate.endpoint(**_no_nodes()), tmp_path)
    last = _take(estate.endpoint(**_no_nodes(), **_without_region()), tmp_path, first)
    if again:
        last = _take(estate.endpoint(**_no_nodes(), **_without_region()), tmp_path, last)
    assert _states(last) == (set() if again else {"removed"})


def test_a_region_that_comes_back_is_read_again(tmp_path: Path) -> None:
    """Switched on again, its rows are its own."""
    first = _take(estate.endpoint(), tmp_path)
    second = _take(estate.endpoint(**_without_region()), tmp_path, first)
    third = _take(estate.endpoint(), tmp_path, second)
    assert "disabled" not in _states(third)


def test_an_account_that_cannot_be_entered_is_blind_where_only_it_was(tmp_path: Path) -> None:
    """A Region that no other account has enabled is no less unread when the role is refused."""
    whole = estate.handlers()["ec2", "DescribeRegions"]

    def regions(call: Call) -> dict[str, Any]:
        rows = whole(call)["Regions"]  # type: ignore[index]
        seen = rows if call.account_id == estate.MEMBER else [row for row in rows if row["RegionName"] != OFF]
        return {"Regions": seen}

    first = _take(estate.endpoint(DescribeRegions=regions), tmp_path)
    assert "ok" in _states(first)
    refused = AccessDenied(account_id=estate.MEMBER, service="sts", operation="AssumeRole")
    second = _take(estate.endpoint(Faults(fault=(refused,)), DescribeRegions=regions), tmp_path, first)
    assert _states(second) == {"role_missing"}

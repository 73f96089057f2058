"""Calls from counts: what page sizes and blocks of ids make of so many nodes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchlib.callcost import Cost, Size, calls_for, cost_of, pages, shares
from patchlib.sources import NODE_LISTINGS, SOURCES, Scope, source, sources_in

PATCH_ROWS = 400


def spread(nodes: int, cells: int, changed: int | None = None) -> dict[str, int]:
    """Calls by source of an estate whose nodes lie evenly; of sources that nodes alone decide."""
    found: dict[str, int] = {}
    news = [None] * cells if changed is None else shares(changed, cells)
    for held, new in zip(shares(nodes, cells), news, strict=True):
        counts = {"ec2_instance": Size(held), "ssm_managed_node": Size(held), "ssm_patch": Size(held * PATCH_ROWS, new)}
        for name, cost in calls_for(counts).items():
            if cost.calls is not None:
                found[name] = found.get(name, 0) + cost.calls
    return found


@pytest.mark.parametrize(
    ("nodes", "cells", "instances", "managed", "states", "detail"),
    [
        (1_000, 10 * 4, 40, 40, 40, 8_000),
        (10_000, 50 * 4, 200, 200, 200, 80_000),
        (100_000, 200 * 6, 1_200, 2_400, 2_400, 800_000),
    ],
)
def test_three_estates(nodes: int, cells: int, instances: int, managed: int, states: int, detail: int) -> None:
    """1000 instances, 50 nodes, 50 ids and 50 patches a call, counted by hand; a tenth of the nodes a tenth of it."""
    found = spread(nodes, cells)
    assert found["ec2_instance"] == instances
    assert found["ssm_managed_node"] == managed
    assert found["ssm_patch_state"] == states
    assert found["ssm_patch"] == detail
    assert spread(nodes, cells, nodes // 10)["ssm_patch"] == detail // 10


def test_what_nobody_counted_is_unknown() -> None:
    """Windows are listed once at least; what is asked per window is unknown, and known once they are counted."""
    assert calls_for({})["ssm_maintenance_window"] == Cost(1, is_floor=True)
    assert calls_for({})["ssm_window_target"].calls is None
    assert calls_for({"ssm_maintenance_window": Size(3)})["ssm_window_target"] == Cost(3, is_floor=True)
    assert calls_for({"ssm_maintenance_window": Size(0)})["ssm_window_target"] == Cost(0)


def test_what_a_source_picks_by_value_is_unknown_from_counts_alone() -> None:
    """Only Windows baselines in force have effective patches to list; a count of baselines does not tell how many."""
    counts = {"ssm_patch_baseline": Size(2), "ssm_patch_state": Size(9), "ssm_effective_patch": Size(150)}
    assert calls_for(counts)["ssm_effective_patch"].calls is None
    windows = Size(2, like=(("BaselineId", ("pb-1", "pb-2")), ("OperatingSystem", ("WINDOWS", "UBUNTU"))))
    in_force = Size(9, like=(("BaselineId", ("pb-1", "pb-2")),))
    known = counts | {"ssm_patch_baseline": windows, "ssm_patch_state": in_force}
    assert calls_for(known)["ssm_effective_patch"].calls == 2


def test_a_cell_without_nodes_is_asked_what_lists_nodes_and_little_else() -> None:
    """Discovery saves one call of each source that tells of nodes and needs no other listing."""
    found = calls_for(dict.fromkeys(NODE_LISTINGS, Size(0)))
    for each in sources_in(Scope.CELL):
        if each.name in NODE_LISTINGS or not each.on_nodes:
            assert found[each.name].absent_calls == 0, each.name
        else:
            assert found[each.name] == Cost(0, absent_calls=0 if each.needs else 1), each.name


def test_unchanged_details_are_counted_as_saved() -> None:
    """Of four nodes with 8 pages each one has changed: 8 calls, 24 saved."""
    counts = {"ssm_patch_state": Size(4), "ssm_patch": Size(4 * PATCH_ROWS, changed=1)}
    assert calls_for(counts)["ssm_patch"] == Cost(8, kept_calls=24)


@pytest.mark.parametrize("each", SOURCES, ids=lambda each: each.name)
def test_every_source_can_be_counted(each: object) -> None:
    """Stand-in rows suit the requests of every source of the catalogue: a number or unknown, never a fault."""
    counts = {name: Size(7) for name in each.needs} | {each.name: Size(7)}  # type: ignore[attr-defined]
    cost = cost_of(each, counts)  # type: ignore[arg-type]
    assert cost.calls is None or cost.calls >= 0


@given(st.integers(0, 5000), st.integers(1, 300), st.integers(1, 1000))
def test_spreading_rows_never_saves_calls(rows: int, parts: int, page_size: int) -> None:
    """Shares add up to the whole, differ by one at most, and in parts a listing costs at least what it costs whole."""
    found = shares(rows, parts)
    assert (sum(found), len(found)) == (rows, parts)
    assert max(found) - min(found) <= 1
    assert sum(pages(share, page_size) for share in found) >= pages(rows, page_size)


def test_an_empty_listing_costs_a_call() -> None:
    """Only the answer tells that there is nothing; what takes no page size answers at once."""
    assert [pages(rows, 50) for rows in (0, 1, 50, 51)] == [1, 1, 1, 2]
    assert pages(10_000, None) == 1
    assert source("ssm_managed_node").page_size == 50

"""The worked example of docs/extraction-cost.md: made by code, and what it claims."""

from pathlib import Path

import pytest

from patchlib.callplan import CallPlan
from patchlib.costexample import example_block, example_plans
from patchlib.sources import SOURCES

PAGE = Path(__file__).resolve().parent.parent / "docs" / "extraction-cost.md"


@pytest.fixture(scope="module")
def plans() -> tuple[CallPlan, CallPlan, CallPlan]:
    """The three runs that the page tells of."""
    return example_plans()


@pytest.fixture(scope="module")
def first(plans: tuple[CallPlan, CallPlan, CallPlan]) -> CallPlan:
    """The first run."""
    return plans[0]


@pytest.fixture(scope="module")
def later(plans: tuple[CallPlan, CallPlan, CallPlan]) -> CallPlan:
    """A later run in which a tenth of the nodes has a new scan."""
    return plans[2]


def test_the_page_holds_what_the_code_says(plans: tuple[CallPlan, CallPlan, CallPlan]) -> None:
    """The block between the markers is what `patchlib extract --dry-run --example` prints now."""
    text = PAGE.read_text(encoding="utf-8")
    block = text.partition("<!-- example: begins -->\n")[2].partition("\n<!-- example: ends -->")[0]
    assert block == example_block(plans), "put what `patchlib extract --dry-run --example` prints between the markers"


def test_it_is_the_estate_that_the_page_tells_of(first: CallPlan) -> None:
    """300 accounts, 17 Regions, 10,000 nodes of 400 patches in 120 cells."""
    assert (len(first.census.accounts), len(first.census.cells)) == (300, 300 * 17)
    held = [counts["ssm_managed_node"].rows or 0 for counts in first.census.counts.values()]
    assert (sum(held), sum(count > 0 for count in held)) == (10_000, 40 * 3)
    assert {row.source for row in first.by_source()} == {each.name for each in SOURCES if not each.setting}


def test_details_are_all_of_it(first: CallPlan, later: CallPlan) -> None:
    """8 pages a node: 80,000 calls at first, a tenth of them when a tenth has changed, the rest said to be saved."""
    calls = [{row.source: row for row in plan.by_source()}["ssm_patch"] for plan in (first, later)]
    assert [row.planned_calls for row in calls] == [80_000, 8_000]
    assert calls[1].saved_calls == 72_000


def test_the_longest_cell_is_the_uneven_one(first: CallPlan) -> None:
    """1551 nodes in one cell, 8 calls each at 10 a second: no run is shorter than its longest cell."""
    longest = first.by_cell()[0]
    nodes = 10_000 - 71 * (40 * 3 - 1)
    assert longest.longest_source_minutes == pytest.approx(nodes * 8 / 10 / 60)
    assert first.minutes() >= longest.minutes
    assert first.minutes(at_best=True) == pytest.approx(first.minutes() / 2, rel=0.01)


def test_empty_cells_are_left_alone(first: CallPlan) -> None:
    """Every source that tells of nodes and needs no other is saved once in each of the 4,980 empty cells."""
    empty = 300 * 17 - 40 * 3
    saved = {row.source: row.saved_calls for row in first.by_source()}
    assert (saved["ssm_maintenance_window"], saved["ec2_instance"], saved["ssm_patch"]) == (empty, 0, 0)

"""The call plan: asked cheaply, and never above what a run then needs."""

from pathlib import Path

import pytest

from patchlib.callplan import call_plan
from patchlib.settings import Settings
from patchlib.snapshot import open_snapshot
from patchlib.sources import SOURCES
from tests import estate


def test_the_plan_costs_three_calls() -> None:
    """Who, how many accounts, how many Regions: the plan itself reads no fleet."""
    served = estate.endpoint()
    plan = call_plan(estate.SETTINGS, estate.reader(served))
    assert {row.source for row in plan} == {source.name for source in SOURCES}
    assert served.requests.total == 3


def test_a_run_makes_at_least_the_planned_calls(tmp_path: Path) -> None:
    """The plan is a floor for every source of the readable accounts."""
    settings = Settings(accounts=(estate.MANAGEMENT, estate.MEMBER), home_region="eu-central-1", role="Reader")
    plan = {row.source: row.least_calls or 0 for row in call_plan(settings, estate.reader(estate.endpoint(), settings))}
    manifest = open_snapshot(estate.take(estate.endpoint(), tmp_path, settings=settings))
    made = {name: sum(cell.calls for cell in manifest.cells if cell.source == name) for name in plan}
    assert all(made[name] >= calls for name, calls in plan.items())


def test_what_depends_on_another_listing_is_unknown_and_not_nothing() -> None:
    """Without a last run the patches of nodes nobody has listed cost an unknown number of calls."""
    plan = {row.source: row for row in call_plan(estate.SETTINGS, estate.reader(estate.endpoint()))}
    assert plan["ssm_patch"].least_calls is None
    assert plan["ssm_patch"].busiest_minutes is None
    assert plan["ec2_instance"].least_calls == 3 * 2


@pytest.mark.parametrize(("rate", "minutes"), [(2.0, 2.0), (8.0, 0.5)])
def test_minutes_follow_the_busiest_cell_of_the_last_run(rate: float, minutes: float) -> None:
    """240 calls in one cell take 240 over the rate: cells run side by side, calls of one cell do not."""
    settings = Settings.model_validate({"rates": {"default": rate}, "home_region": "eu-central-1"})
    plan = call_plan(settings, estate.reader(estate.endpoint(), settings), {"ssm_patch": (900, 240)})
    row = next(row for row in plan if row.source == "ssm_patch")
    assert (row.last_calls, row.busiest_minutes) == (900, pytest.approx(minutes))

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
    plan = {row.source: row.calls for row in call_plan(settings, estate.reader(estate.endpoint(), settings))}
    manifest = open_snapshot(estate.take(estate.endpoint(), tmp_path, settings=settings))
    made = {name: sum(cell.calls for cell in manifest.cells if cell.source == name) for name in plan}
    assert all(made[name] >= calls for name, calls in plan.items())


@pytest.mark.parametrize(("rate", "seconds"), [(2.0, 0.5), (8.0, 0.12)])
def test_seconds_follow_the_rate(rate: float, seconds: float) -> None:
    """One call takes one over the rate."""
    settings = Settings.model_validate({"rates": {"default": rate}, "home_region": "eu-central-1"})
    plan = call_plan(settings, estate.reader(estate.endpoint(), settings))
    assert next(row.seconds for row in plan if row.source == "ec2_instance") == pytest.approx(seconds)

"""Promises of the world's image pipelines."""

from patchlib.sandbox.organisation import Organisation
from patchlib.sandbox.world.calendars import DAY, to_datetime
from patchlib.sandbox.world.pipelines import next_run, pipelines, runs

SHARED, HOME = "210400173962", "eu-central-1"


def test_runs_are_monthly_and_of_the_past() -> None:
    """At any instant: none is to come, the last is a month old at most unless the pipeline has stopped."""
    world = Organisation(nodes=9)
    for days in (0, 200, 500):
        estate = world.at(to_datetime(world.estate.as_of - days * DAY)).estate
        for pipeline in pipelines(SHARED, HOME):
            built = [run.image.built_at for run in runs(estate, pipeline)]
            assert built == sorted(built)
            assert built[-1] < estate.as_of
            following = next_run(estate, pipeline)
            assert (following is None) == (pipeline.stopped_at <= estate.as_of)
            assert following is None or built[-1] < estate.as_of < following


def test_failures_begin_and_do_not_end() -> None:
    """So a history shows when it began."""
    world = Organisation(nodes=9)
    failing = next(each for each in pipelines(SHARED, HOME) if each.name == "golden-ubuntu2204")
    found = [run.is_failed for run in runs(world.estate, failing)]
    assert found == sorted(found)
    assert set(found) == {False, True}
    before = world.at(to_datetime(failing.fails_from - DAY)).estate
    assert not any(run.is_failed for run in runs(before, failing))


def test_elsewhere_there_are_none() -> None:
    """Golden images are built in one place."""
    estate = Organisation(nodes=9).estate
    assert [cell for cell in estate.directory.cells if pipelines(*cell)] == [(SHARED, HOME)]

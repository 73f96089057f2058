"""Promises of the world's Lambda functions."""

from patchlib.sandbox.world.calendars import instant
from patchlib.sandbox.world.functions import functions, layer_versions

PRODUCTION, HOME = "210400173933", "eu-central-1"


def test_a_function_uses_only_what_was_there_when_it_was_deployed() -> None:
    """At any instant of the world, each layer version that is used has been published before."""
    for day in ("2025-06-01", "2026-02-01", "2026-11-02", "2027-12-31"):
        published = {each.number: each.published_at for each in layer_versions(PRODUCTION, HOME, instant(day))}
        for function in functions(PRODUCTION, HOME, instant(day)):
            assert function.layer == 0 or published[function.layer] <= function.deployed_at


def test_the_layer_moves_on_while_functions_stay() -> None:
    """So a history of weeks shows them fall behind."""
    counts = [len(layer_versions(PRODUCTION, HOME, instant(day))) for day in ("2025-06-01", "2026-02-01", "2026-11-02")]
    assert counts == [5, 6, 7]


def test_elsewhere_there_are_none() -> None:
    """Neither in another Region nor in an account that has no functions; and where none has a layer there is none."""
    assert functions(PRODUCTION, "us-east-1", instant("2026-11-02")) == ()
    assert functions("210400173947", HOME, instant("2026-11-02")) == ()
    assert [each.layer for each in functions("210400173974", HOME, instant("2026-11-02"))] == [0]
    assert layer_versions("210400173974", HOME, instant("2026-11-02")) == ()

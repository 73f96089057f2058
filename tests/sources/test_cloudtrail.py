"""How trails are asked for."""

from patchlib.sources import source
from tests.sources.asking import context


def test_organisation_trails_are_asked_for_too() -> None:
    """Without shadow trails a member account would seem to have none."""
    (request,) = source("cloudtrail_trail").requests(context())
    assert request.params == {"includeShadowTrails": True}

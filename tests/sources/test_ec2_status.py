"""Scheduled events are asked for by event."""

from patchlib import shapes
from patchlib.sources import source
from tests.sources.asking import context


def test_only_instances_with_an_event_are_listed() -> None:
    """Every code that the model knows is named, so that no kind of event is left out."""
    [request] = source("ec2_instance_status").requests(context())
    [asked] = request.params["Filters"]
    assert asked["Name"] == "event.code"
    events = shapes.service_model("ec2").shape_for("EventCode")
    assert sorted(asked["Values"]) == sorted(events.enum)

"""Which listings of Auto Scaling follow from the groups."""

from datetime import UTC, datetime

from patchlib.sources import NODE_LISTINGS, Request, source
from patchlib.sources.declaration import scrub
from tests.sources.asking import context


def test_groups_show_that_a_cell_holds_nodes() -> None:
    """A group scaled to nothing overnight is remembered: the cell is asked of its nodes all the same."""
    assert "autoscaling_group" in NODE_LISTINGS
    assert "AutoScalingGroupName" in source("autoscaling_group").remember


def test_refreshes_are_asked_group_by_group() -> None:
    """A group that is gone by then must not hide the refreshes of the others: each is an item."""
    groups = [{"AutoScalingGroupName": "web"}, {"AutoScalingGroupName": "api"}]
    requests = list(source("autoscaling_instance_refresh").requests(context(autoscaling_group=groups)))
    assert requests == [Request({"AutoScalingGroupName": name}, item=name) for name in ("web", "api")]
    assert source("autoscaling_instance_refresh").detail is None


def test_activities_are_one_listing_from_the_watermark_on() -> None:
    """Over all groups, by the API's own filter."""
    [request] = source("autoscaling_activity").requests(context())
    [by_start] = request.params["Filters"]
    assert by_start["Name"] == "StartTimeLowerBound"
    assert datetime.fromisoformat(by_start["Values"][0]) == datetime(2026, 10, 3, 6, tzinfo=UTC)
    assert source("autoscaling_activity").unit == "watermark"


def test_user_data_of_launch_configurations_never_reaches_the_disk() -> None:
    """It is the oldest place for a password."""
    page = {"LaunchConfigurations": [{"ImageId": "ami-1", "UserData": "canary"}]}
    assert scrub(source("autoscaling_launch_configuration"), page) == {"LaunchConfigurations": [{"ImageId": "ami-1"}]}

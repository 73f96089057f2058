"""Amazon EC2 Auto Scaling: groups, instance refreshes, scaling activities, launch configurations."""

from __future__ import annotations

from collections.abc import Iterator

from patchlib.sources.declaration import Context, Drop, Lasting, Request, Scope, Source

__all__ = ["SOURCES"]


def _per_group(context: Context) -> Iterator[Request]:
    for row in context.rows("autoscaling_group"):
        name = row["AutoScalingGroupName"]
        yield Request({"AutoScalingGroupName": name}, item=name)


def _activities(context: Context) -> Iterator[Request]:
    yield Request(
        {"Filters": [{"Name": "StartTimeLowerBound", "Values": [f"{context.since:%Y-%m-%dT%H:%M:%SZ}"]}]},
    )


SOURCES = (
    Source(
        name="autoscaling_group",
        service="autoscaling",
        operation="DescribeAutoScalingGroups",
        scope=Scope.CELL,
        items="AutoScalingGroups[]",
        page_size=100,
        about="Auto Scaling groups with their members: what they launch from, how they are replaced",
        system="Auto Scaling",
        key=("AutoScalingGroupName",),
        remember=("AutoScalingGroupName", "LaunchTemplate", "MixedInstancesPolicy"),
    ),
    Source(
        name="autoscaling_instance_refresh",
        service="autoscaling",
        operation="DescribeInstanceRefreshes",
        scope=Scope.CELL,
        items="InstanceRefreshes[]",
        page_size=100,
        about="instance refreshes of the last six weeks: how each replacement of a group went",
        system="Auto Scaling",
        key=("AutoScalingGroupName", "InstanceRefreshId"),
        unit="item",
        needs=("autoscaling_group",),
        requests=_per_group,
        least="one call per group: the API takes one at a time, and nothing in the group's own row tells that a "
        "refresh has begun, ended or been cancelled since",
    ),
    Source(
        name="autoscaling_activity",
        service="autoscaling",
        operation="DescribeScalingActivities",
        scope=Scope.CELL,
        items="Activities[]",
        page_size=100,
        about="launches and terminations of Auto Scaling groups, and those that failed",
        system="Auto Scaling",
        # The three codes after which nothing changes (API reference, Activity, StatusCode; read 2026-11-25).
        lasting=Lasting("StartTime", "StatusCode", frozenset({"Successful", "Failed", "Cancelled"})),
        key=("ActivityId",),
        unit="watermark",
        requests=_activities,
        least="one listing over all groups, from the last run on",
    ),
    Source(
        name="autoscaling_launch_configuration",
        service="autoscaling",
        operation="DescribeLaunchConfigurations",
        scope=Scope.CELL,
        items="LaunchConfigurations[]",
        page_size=100,
        about="launch configurations, the older form of launch templates",
        system="Auto Scaling",
        key=("LaunchConfigurationName",),
        drop=(Drop("LaunchConfigurations[].UserData"),),
    ),
    Source(
        name="autoscaling_scheduled_action",
        service="autoscaling",
        operation="DescribeScheduledActions",
        scope=Scope.CELL,
        items="ScheduledUpdateGroupActions[]",
        page_size=100,
        about="when a group grows or shrinks by schedule: hours in which members are replaced anyway, or are not there",
        system="Auto Scaling",
        key=("AutoScalingGroupName", "ScheduledActionName"),
        least="one listing over all groups",
    ),
    Source(
        name="autoscaling_lifecycle_hook",
        service="autoscaling",
        operation="DescribeLifecycleHooks",
        scope=Scope.CELL,
        items="LifecycleHooks[]",
        about="what holds a member back while it is launched or ended, and how long: a part of every replacement",
        system="Auto Scaling",
        key=("AutoScalingGroupName", "LifecycleHookName"),
        unit="item",
        needs=("autoscaling_group",),
        requests=_per_group,
        # Whatever its author wants to be told with each notification.
        drop=(Drop("LifecycleHooks[].NotificationMetadata"),),
        least="one call per group: the API takes one at a time",
    ),
)

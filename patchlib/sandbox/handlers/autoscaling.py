"""Amazon EC2 Auto Scaling: groups, instance refreshes, scaling activities, launch configurations."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from patchlib.sandbox.endpoint import Call, Handler, ServiceError
from patchlib.sandbox.handlers.elbv2 import balanced
from patchlib.sandbox.handlers.listing import Row, listed
from patchlib.sandbox.world.calendars import DAY, HOUR, to_datetime
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.groups import Group, Refresh
from patchlib.sandbox.world.nodes import Node
from patchlib.sandbox.world.rollout import Activity, activities

__all__ = ["handlers"]

# Overrides of a mixed group: the type it is meant to run, and one that may stand in.
_STAND_IN = "m6i.xlarge"
_WARMUP_SECONDS = 300
# How long a member that is to end may take to drain.
_DRAIN_SECONDS = 900


def handlers(estate: Estate) -> dict[str, Handler]:
    """The operations of Auto Scaling over one estate."""
    return {
        "DescribeAutoScalingGroups": listed(
            "autoscaling_group", estate, _groups, by={"AutoScalingGroupNames": "AutoScalingGroupName"}
        ),
        "DescribeInstanceRefreshes": lambda call: _refreshes(estate, call),
        "DescribeScalingActivities": listed(
            "autoscaling_activity",
            estate,
            _activities,
            by={"AutoScalingGroupName": "AutoScalingGroupName"},
            filters={"StartTimeLowerBound": _not_before},
        ),
        "DescribeLaunchConfigurations": listed("autoscaling_launch_configuration", estate, _configurations),
        "DescribeLifecycleHooks": listed(
            "autoscaling_lifecycle_hook",
            estate,
            _hooks,
            by={"AutoScalingGroupName": "AutoScalingGroupName", "LifecycleHookNames": "LifecycleHookName"},
        ),
        "DescribeScheduledActions": listed(
            "autoscaling_scheduled_action",
            estate,
            _scheduled_actions,
            by={"AutoScalingGroupName": "AutoScalingGroupName", "ScheduledActionNames": "ScheduledActionName"},
        ),
    }


def _not_before(row: Row, values: list[str]) -> bool:
    return bool(row["StartTime"] >= datetime.fromisoformat(values[0]))


def _arn(group: Group) -> str:
    place = f"{group.service.region}:{group.service.account.account_id}"
    return f"arn:aws:autoscaling:{place}:autoScalingGroup:*:autoScalingGroupName/{group.name}"


def _named_template(group: Group) -> dict[str, Any]:
    return {
        "LaunchTemplateId": group.template_id,
        "LaunchTemplateName": group.template_name,
        "Version": group.version,
    }


def _configuration_name(group: Group) -> str:
    return f"{group.service.name}-{to_datetime(group.service.started_at):%Y%m%d}"


def _launches_from(group: Group) -> dict[str, Any]:
    if group.configuration is not None:
        return {"LaunchConfigurationName": _configuration_name(group)}
    if not group.is_mixed:
        return {"LaunchTemplate": _named_template(group)}
    types = dict.fromkeys((group.service.instance_type, _STAND_IN))
    return {
        "MixedInstancesPolicy": {
            "LaunchTemplate": {
                "LaunchTemplateSpecification": _named_template(group),
                "Overrides": [{"InstanceType": name} for name in types],
            },
            "InstancesDistribution": {
                "OnDemandAllocationStrategy": "prioritized",
                "OnDemandBaseCapacity": 0,
                "OnDemandPercentageAboveBaseCapacity": 100,
                "SpotAllocationStrategy": "price-capacity-optimized",
            },
        }
    }


def _member(group: Group, node: Node) -> dict[str, Any]:
    found: dict[str, Any] = {
        "InstanceId": node.node_id,
        "InstanceType": node.instance_type,
        "AvailabilityZone": node.zone,
        "LifecycleState": "InService",
        "HealthStatus": "Healthy",
        "ProtectedFromScaleIn": False,
    }
    if group.configuration is not None:
        return found | {"LaunchConfigurationName": _configuration_name(group)}
    return found | {"LaunchTemplate": _named_template(group) | {"Version": str(group.version_of(node))}}


def _groups(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for group in estate.groups.get((account_id, region), ()):
        network = estate.networks.by_cell[account_id, region]
        zones = sorted({region + letter for letter in "abc"})
        balance = balanced(estate, group)
        found: dict[str, Any] = {
            "AutoScalingGroupName": group.name,
            "AutoScalingGroupARN": _arn(group).replace(":*:", f":{estate.draws.uuid('group', group.name)}:"),
            "MinSize": min(1, group.service.size),
            "MaxSize": group.service.size + 2,
            "DesiredCapacity": group.desired,
            "DefaultCooldown": 300,
            "AvailabilityZones": zones,
            "LoadBalancerNames": [],
            "TargetGroupARNs": [balance.target_group_arn] if balance else [],
            "HealthCheckType": "ELB" if balance and balance.replaces_unhealthy else "EC2",
            "HealthCheckGracePeriod": _WARMUP_SECONDS,
            "Instances": [_member(group, node) for node in group.members],
            "CreatedTime": to_datetime(group.service.started_at),
            "SuspendedProcesses": [],
            "VPCZoneIdentifier": ",".join(network.subnet(zone).subnet_id for zone in zones),
            "Tags": [_tag(group, "Application", group.service.application), _tag(group, "Owner", group.service.owner)],
            "TerminationPolicies": ["Default"],
            "NewInstancesProtectedFromScaleIn": False,
            "CapacityRebalance": group.is_mixed,
        }
        if group.service.criticality == "high":
            found["InstanceMaintenancePolicy"] = {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 110}
        if group.service.kind == "batch":
            found["MaxInstanceLifetime"] = 86400
        if group.cannot_launch(estate.as_of):
            # Somebody stopped the replacing of unhealthy members rather than mend the template.
            found["SuspendedProcesses"] = [
                {"ProcessName": "ReplaceUnhealthy", "SuspensionReason": "User suspended at the owner's request"}
            ]
        yield found | _launches_from(group)


def _tag(group: Group, key: str, value: str) -> dict[str, Any]:
    kind = {"ResourceId": group.name, "ResourceType": "auto-scaling-group"}
    return kind | {"Key": key, "Value": value, "PropagateAtLaunch": True}


def _refreshes(estate: Estate, call: Call) -> dict[str, Any]:
    name = call.params["AutoScalingGroupName"]
    groups = estate.groups.get((call.account_id, call.region), ())
    group = next((each for each in groups if each.name == name), None)
    if group is None:
        raise ServiceError("ValidationError", "AutoScalingGroup name not found - null")
    wanted = call.params.get("InstanceRefreshIds")
    found = sorted(group.refreshes, key=lambda each: -each.started_at)
    return {"InstanceRefreshes": [_refresh(group, each) for each in found if not wanted or each.refresh_id in wanted]}


def _refresh(group: Group, refresh: Refresh) -> dict[str, Any]:
    size = group.service.size
    done = min(size, refresh.replaced)
    found: dict[str, Any] = {
        "InstanceRefreshId": refresh.refresh_id,
        "AutoScalingGroupName": group.name,
        "Status": refresh.status,
        "StartTime": to_datetime(refresh.started_at),
        "PercentageComplete": 100 * done // size,
        "InstancesToUpdate": size - done,
        "Strategy": "Rolling",
        "Preferences": {
            "MinHealthyPercentage": 90,
            "MaxHealthyPercentage": 100,
            "InstanceWarmup": _WARMUP_SECONDS,
            "SkipMatching": False,
            "AutoRollback": refresh.status == "RollbackSuccessful",
        },
    }
    if group.configuration is None:
        found["DesiredConfiguration"] = {"LaunchTemplate": _named_template(group)}
    if refresh.ended_at is not None:
        found["EndTime"] = to_datetime(refresh.ended_at)
    if refresh.reason:
        found["StatusReason"] = refresh.reason
    if refresh.status == "RollbackSuccessful":
        half = (refresh.started_at + (refresh.ended_at or refresh.started_at)) // 2
        found["RollbackDetails"] = {
            "RollbackReason": refresh.reason,
            "RollbackStartTime": to_datetime(half),
            "PercentageCompleteOnRollback": 100 * done // size,
            "InstancesToUpdateOnRollback": size - done,
        }
    return found


def _activities(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for group in estate.groups.get((account_id, region), ()):
        for activity in activities(estate.draws, group, estate.as_of):
            yield _activity(group, activity)


def _activity(group: Group, activity: Activity) -> dict[str, Any]:
    found: dict[str, Any] = {
        "ActivityId": activity.activity_id,
        "AutoScalingGroupName": group.name,
        "Description": activity.description,
        "Cause": activity.cause,
        "StartTime": to_datetime(activity.started_at),
        "EndTime": to_datetime(activity.ended_at),
        "StatusCode": activity.status,
        "Progress": 100,
    }
    return found | ({"StatusMessage": activity.message} if activity.message else {})


def _configurations(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for group in estate.groups.get((account_id, region), ()):
        if group.configuration is None:
            continue
        name = _configuration_name(group)
        owner = f"arn:aws:autoscaling:{region}:{account_id}:launchConfiguration"
        yield {
            "LaunchConfigurationName": name,
            "LaunchConfigurationARN": (
                f"{owner}:{estate.draws.uuid('configuration', name)}:launchConfigurationName/{name}"
            ),
            "ImageId": group.configuration.image_id,
            "InstanceType": group.service.instance_type,
            "KeyName": "operations-2021",
            "SecurityGroups": [
                each.group_id for each in estate.networks.by_cell[account_id, region].by_service[group.service.name]
            ],
            "IamInstanceProfile": "managed-node",
            "InstanceMonitoring": {"Enabled": False},
            "EbsOptimized": True,
            "BlockDeviceMappings": [],
            "CreatedTime": to_datetime(group.service.started_at - 3600),
        }


def _scheduled_actions(estate: Estate, account_id: str, region: str) -> Iterator[Row]:
    """Development groups stop overnight; a batch group starts for its run."""
    for group in estate.groups.get((account_id, region), ()):
        sizes = {"morning": group.service.size, "evening": 0}
        if group.service.account.environment == "production":
            continue
        for name, desired in sizes.items():
            yield {
                "AutoScalingGroupName": group.name,
                "ScheduledActionName": name,
                "ScheduledActionARN": _arn(group).replace(":autoScalingGroup:", ":scheduledUpdateGroupAction:"),
                "Recurrence": "0 7 * * MON-FRI" if name == "morning" else "0 19 * * MON-FRI",
                "StartTime": to_datetime(_next_run(estate.as_of, 7 if name == "morning" else 19)),
                "MinSize": min(1, desired),
                "MaxSize": group.service.size + 2,
                "DesiredCapacity": desired,
                "TimeZone": "Etc/UTC",
            }


def _next_run(as_of: int, hour: int) -> int:
    """The next working day's hour after an instant."""
    run = as_of - as_of % DAY + hour * HOUR
    while run <= as_of or to_datetime(run).weekday() > 4:
        run += DAY
    return run


def _hooks(estate: Estate, account_id: str, region: str) -> Iterator[Row]:
    """Groups of high criticality drain before a member ends; the others let it go."""
    for group in estate.groups.get((account_id, region), ()):
        if group.service.criticality == "high":
            yield {
                "AutoScalingGroupName": group.name,
                "LifecycleHookName": "drain",
                "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING",
                "HeartbeatTimeout": _DRAIN_SECONDS,
                # A hundred heartbeats or two days, whichever is less (API reference, LifecycleHook, GlobalTimeout).
                "GlobalTimeout": min(100 * _DRAIN_SECONDS, 2 * DAY),
                "DefaultResult": "CONTINUE",
            }

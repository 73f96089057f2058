"""AWS Elastic Beanstalk: environments with their options, managed actions and platforms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from patchlib.sandbox.endpoint import Call, Handler, ServiceError
from patchlib.sandbox.handlers.listing import Row, listed
from patchlib.sandbox.world.calendars import HOUR, instant, to_datetime
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.platforms import BRANCHES, Environment, environments

__all__ = ["handlers"]

# Looks like what customers keep there; whoever finds it in a snapshot has found a leak.
_VARIABLE = ("aws:elasticbeanstalk:application:environment", "DATABASE_PASSWORD", "not-for-any-disk-5e1f")
_CREATED = "2025-02-03T09:00:00Z"


def handlers(estate: Estate) -> dict[str, Handler]:
    """The operations of Elastic Beanstalk over one estate."""
    return {
        "DescribeEnvironments": listed(
            "elasticbeanstalk_environment",
            estate,
            _environments,
            by={"EnvironmentIds": "EnvironmentId", "EnvironmentNames": "EnvironmentName"},
            ignored=("IncludeDeleted",),
        ),
        "DescribeConfigurationSettings": lambda call: {"ConfigurationSettings": [_settings(_named(estate, call))]},
        "DescribeEnvironmentManagedActions": lambda call: {"ManagedActions": _due(estate, _named(estate, call))},
        "DescribeEnvironmentManagedActionHistory": lambda call: {
            "ManagedActionHistoryItems": _done(estate, _named(estate, call))
        },
        "ListPlatformBranches": _branches,
        "ListPlatformVersions": _versions,
    }


def _id(estate: Estate, each: Environment) -> str:
    return "e-" + estate.draws.hexadecimal(10, "environment", each.account_id, each.name)


def _named(estate: Estate, call: Call) -> Environment:
    """The environment that a call is about, by name or by id."""
    for each in environments(estate, call.account_id, call.region):
        if each.name == call.params.get("EnvironmentName") or _id(estate, each) == call.params.get("EnvironmentId"):
            return each
    raise ServiceError("InvalidParameterValue", "No Environment found for the given name or id.")


def _environments(estate: Estate, account_id: str, region: str) -> Iterator[Row]:
    for each in environments(estate, account_id, region):
        last = instant(each.updated_at or _CREATED)
        yield {
            "EnvironmentId": _id(estate, each),
            "EnvironmentName": each.name,
            "EnvironmentArn": (
                f"arn:aws:elasticbeanstalk:{region}:{account_id}:environment/{each.application}/{each.name}"
            ),
            "ApplicationName": each.application,
            "PlatformArn": each.platform_arn,
            "SolutionStackName": each.branch,
            "DateCreated": to_datetime(instant(_CREATED)),
            "DateUpdated": to_datetime(last if last <= estate.as_of else instant(_CREATED)),
            "Status": "Ready",
            "Health": "Green",
            "HealthStatus": "Ok",
            "AbortableOperationInProgress": False,
            "Tier": {"Name": "WebServer", "Type": "Standard", "Version": "1.0"},
        }


def _settings(each: Environment) -> dict[str, Any]:
    options = [
        ("aws:elasticbeanstalk:managedactions", "ManagedActionsEnabled", str(each.is_managed).lower()),
        ("aws:elasticbeanstalk:command", "DeploymentPolicy", each.deployment),
        ("aws:elasticbeanstalk:command", "BatchSizeType", "Percentage"),
        ("aws:elasticbeanstalk:command", "BatchSize", "30"),
        ("aws:elasticbeanstalk:environment", "EnvironmentType", "LoadBalanced"),
        _VARIABLE,
    ]
    if each.is_managed:
        options += [
            ("aws:elasticbeanstalk:managedactions", "PreferredStartTime", "Tue:02:00"),
            ("aws:elasticbeanstalk:managedactions:platformupdate", "UpdateLevel", "minor"),
            ("aws:elasticbeanstalk:managedactions:platformupdate", "InstanceRefreshEnabled", "true"),
        ]
    return {
        "ApplicationName": each.application,
        "EnvironmentName": each.name,
        "PlatformArn": each.platform_arn,
        "DeploymentStatus": "deployed",
        "DateCreated": to_datetime(instant(_CREATED)),
        "OptionSettings": [{"Namespace": space, "OptionName": name, "Value": value} for space, name, value in options],
    }


def _due(estate: Estate, each: Environment) -> list[dict[str, Any]]:
    if not each.due_at or instant(each.due_at) <= estate.as_of:
        return []
    return [
        {
            "ActionId": "mgd-" + estate.draws.hexadecimal(8, "due", each.name),
            "ActionDescription": "Platform update to 4.7.3",
            "ActionType": "PlatformUpdate",
            "Status": "Scheduled",
            "WindowStartTime": to_datetime(instant(each.due_at)),
        }
    ]


def _done(estate: Estate, each: Environment) -> list[dict[str, Any]]:
    if not each.updated_at or instant(each.updated_at) > estate.as_of:
        return []
    began = instant(each.updated_at)
    found: dict[str, Any] = {
        "ActionId": "mgd-" + estate.draws.hexadecimal(8, "done", each.name),
        "ActionType": "PlatformUpdate",
        "ActionDescription": f"Platform update to {each.version}",
        "Status": "Failed" if each.failure else "Completed",
        "ExecutedTime": to_datetime(began),
        "FinishedTime": to_datetime(began + HOUR // 2),
    }
    reason = {"FailureType": each.failure, "FailureDescription": "Instances did not become healthy in time."}
    return [found | (reason if each.failure else {})]


def _only(call: Call, attribute: str) -> set[str] | None:
    """The values, in lower case, of the one filter that the sandbox follows; None where there is no filter."""
    filters = call.params.get("Filters", [])
    if not filters:
        return None
    one = filters[0]
    if len(filters) > 1 or attribute not in (one.get("Attribute"), one.get("Type")) or one["Operator"] not in "=in":
        raise ServiceError("InvalidParameterValue", f"The sandbox filters {call.operation} by {attribute} only.")
    return {value.lower() for value in one["Values"]}


def _branches(call: Call) -> dict[str, Any]:
    wanted = _only(call, "LifecycleState")
    return {
        "PlatformBranchSummaryList": [
            {
                "PlatformName": platform,
                "BranchName": branch,
                "LifecycleState": state,
                "BranchOrder": number,
                "SupportedTierList": ["WebServer/Standard", "Worker/SQS/HTTP"],
            }
            for number, (platform, branch, state, _) in enumerate(BRANCHES, start=1)
            if wanted is None or state.lower() in wanted
        ]
    }


def _versions(call: Call) -> dict[str, Any]:
    _only(call, "PlatformLifecycleState")
    return {
        "PlatformSummaryList": [
            {
                "PlatformArn": f"arn:aws:elasticbeanstalk:{call.region}::platform/{branch}/{version}",
                "PlatformOwner": "AWSElasticBeanstalk",
                "PlatformStatus": "Ready",
                "PlatformCategory": platform,
                "PlatformVersion": version,
                "PlatformLifecycleState": "Recommended",
                "PlatformBranchName": branch,
                "PlatformBranchLifecycleState": state,
            }
            for platform, branch, state, version in BRANCHES
            if version
        ]
    }

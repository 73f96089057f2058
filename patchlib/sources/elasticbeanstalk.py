"""AWS Elastic Beanstalk: environments, how AWS updates them, and what becomes of their platforms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from patchlib.sources.declaration import Context, Detail, Drop, Request, Scope, Source

__all__ = ["KEPT_OPTIONS", "SOURCES"]

# What of an environment's options is kept, by namespace. All others go, because environment variables stand beside
# them: "Configuration options", developer guide, general options for all environments, read 2026-11-25.
KEPT_OPTIONS: dict[str, frozenset[str]] = {
    "aws:elasticbeanstalk:managedactions": frozenset({"ManagedActionsEnabled", "PreferredStartTime"}),
    "aws:elasticbeanstalk:managedactions:platformupdate": frozenset({"UpdateLevel", "InstanceRefreshEnabled"}),
    "aws:elasticbeanstalk:command": frozenset({"DeploymentPolicy", "BatchSizeType", "BatchSize"}),
    "aws:elasticbeanstalk:environment": frozenset({"EnvironmentType"}),
    "aws:autoscaling:updatepolicy:rollingupdate": frozenset({"RollingUpdateEnabled", "RollingUpdateType"}),
}
_STATES = ["beta", "supported", "deprecated", "retired"]


def _live(_context: Context) -> Iterator[Request]:
    yield Request({"IncludeDeleted": False})


def _per_environment(context: Context) -> Iterator[Request]:
    for row in context.rows("elasticbeanstalk_environment"):
        yield Request({"EnvironmentId": row["EnvironmentId"]}, item=row["EnvironmentId"])


def _settings(context: Context) -> Iterator[Request]:
    for row in context.rows("elasticbeanstalk_environment"):
        named = {"ApplicationName": row["ApplicationName"], "EnvironmentName": row["EnvironmentName"]}
        yield Request(named, item=row["EnvironmentId"])


def _branches(context: Context) -> Iterator[Request]:
    if context.rows("elasticbeanstalk_environment"):
        yield Request({"Filters": [{"Attribute": "LifecycleState", "Operator": "in", "Values": _STATES}]})


def _recommended(context: Context) -> Iterator[Request]:
    if context.rows("elasticbeanstalk_environment"):
        # Of each branch the one version that AWS recommends, which is its newest.
        yield Request({"Filters": [{"Type": "PlatformLifecycleState", "Operator": "=", "Values": ["recommended"]}]})


def _without_other_options(page: dict[str, Any]) -> None:
    for row in page.get("ConfigurationSettings", ()):
        row["OptionSettings"] = [
            {name: each[name] for name in ("Namespace", "OptionName", "Value") if name in each}
            for each in row.get("OptionSettings", ())
            if each.get("OptionName") in KEPT_OPTIONS.get(each.get("Namespace", ""), ())
        ]


SOURCES = (
    Source(
        name="elasticbeanstalk_environment",
        service="elasticbeanstalk",
        operation="DescribeEnvironments",
        scope=Scope.CELL,
        items="Environments[]",
        page_size=1000,
        about="environments: their platform and its version, status and health",
        system="Elastic Beanstalk",
        key=("EnvironmentId",),
        requests=_live,
        remember=("EnvironmentId", "EnvironmentName", "ApplicationName", "DateUpdated", "Status"),
        drop=(Drop("Environments[].Description"),),
        on_nodes=False,
    ),
    Source(
        name="elasticbeanstalk_configuration",
        service="elasticbeanstalk",
        operation="DescribeConfigurationSettings",
        scope=Scope.CELL,
        items="ConfigurationSettings[]",
        about="whether AWS updates an environment, when and how far, and how versions are deployed; no other option",
        system="Elastic Beanstalk",
        key=("EnvironmentName",),
        unit="item",
        needs=("elasticbeanstalk_environment",),
        requests=_settings,
        # Whatever is changed in an environment renews its DateUpdated.
        detail=Detail(of="elasticbeanstalk_environment", item="EnvironmentId", unchanged=("DateUpdated", "Status")),
        drop=(Drop("ConfigurationSettings[].Description"),),
        abridge=_without_other_options,
        least="one call per environment that was changed: the API takes one at a time",
        on_nodes=False,
    ),
    Source(
        name="elasticbeanstalk_managed_action",
        service="elasticbeanstalk",
        operation="DescribeEnvironmentManagedActions",
        scope=Scope.CELL,
        items="ManagedActions[]",
        about="managed actions that are due: platform updates and replacements of instances",
        system="Elastic Beanstalk",
        key=("environment_id", "ActionId"),
        unit="item",
        request_columns={"environment_id": "EnvironmentId"},
        needs=("elasticbeanstalk_environment",),
        requests=_per_environment,
        least="one call per environment: the API takes one at a time",
        on_nodes=False,
    ),
    Source(
        name="elasticbeanstalk_managed_action_history",
        service="elasticbeanstalk",
        operation="DescribeEnvironmentManagedActionHistory",
        scope=Scope.CELL,
        items="ManagedActionHistoryItems[]",
        page_size=100,
        about="managed actions that were done or failed, and why",
        system="Elastic Beanstalk",
        key=("environment_id", "ActionId"),
        unit="item",
        request_columns={"environment_id": "EnvironmentId"},
        needs=("elasticbeanstalk_environment",),
        requests=_per_environment,
        least="one call per environment: the API takes one at a time",
        on_nodes=False,
    ),
    Source(
        name="elasticbeanstalk_platform_branch",
        service="elasticbeanstalk",
        operation="ListPlatformBranches",
        scope=Scope.CELL,
        items="PlatformBranchSummaryList[]",
        page_size=100,
        about="platform branches and whether AWS still supports them",
        system="Elastic Beanstalk",
        key=("BranchName",),
        needs=("elasticbeanstalk_environment",),
        requests=_branches,
        least="one listing of each account and Region that has environments",
        on_nodes=False,
    ),
    Source(
        name="elasticbeanstalk_platform_version",
        service="elasticbeanstalk",
        operation="ListPlatformVersions",
        scope=Scope.CELL,
        items="PlatformSummaryList[]",
        page_size=100,
        about="the version of each platform branch that AWS recommends",
        system="Elastic Beanstalk",
        key=("PlatformArn",),
        needs=("elasticbeanstalk_environment",),
        requests=_recommended,
        least="one listing of each account and Region that has environments",
        on_nodes=False,
    ),
)

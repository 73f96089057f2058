"""AWS Systems Manager Quick Setup: patch policies."""

from __future__ import annotations

from collections.abc import Iterator

from patchlib.sources.declaration import Context, Drop, Request, Scope, Source

__all__ = ["PATCH_POLICY", "SOURCES"]

PATCH_POLICY = "AWSQuickSetupType-PatchPolicy"

# The parameters of a patch policy, and of no other configuration type: botocore's model of ConfigurationDefinition-
# Input, Parameters; PatchBaselineRegion as in the user guide, "Using the Quick Setup API" (read 2026-11-25).
_PARAMETERS = (
    "ConfigurationOptionsInstallNextInterval",
    "ConfigurationOptionsInstallValue",
    "ConfigurationOptionsPatchOperation",
    "ConfigurationOptionsScanNextInterval",
    "ConfigurationOptionsScanValue",
    "HasDeletedBaseline",
    "IsPolicyAttachAllowed",
    "OutputBucketRegion",
    "OutputLogEnableS3",
    "OutputS3BucketName",
    "OutputS3BucketRegion",
    "OutputS3KeyPrefix",
    "PatchBaselineRegion",
    "PatchBaselineUseDefault",
    "PatchPolicyName",
    "RateControlConcurrency",
    "RateControlErrorThreshold",
    "RebootOption",
    "ResourceGroupName",
    "SelectedPatchBaselines",
    "TargetAccounts",
    "TargetInstances",
    "TargetOrganizationalUnits",
    "TargetRegions",
    "TargetTagKey",
    "TargetTagValue",
    "TargetType",
)
_WHEN = ("Type", PATCH_POLICY)


def _patch_policies(context: Context) -> Iterator[Request]:
    for row in context.rows("ssm_quicksetup_manager"):
        summaries = row.get("ConfigurationDefinitionSummaries", [])
        if any(summary.get("Type") == PATCH_POLICY for summary in summaries):
            yield Request({"ManagerArn": row["ManagerArn"]}, item=row["ManagerArn"])


SOURCES = (
    Source(
        name="ssm_quicksetup_manager",
        service="ssm-quicksetup",
        operation="ListConfigurationManagers",
        # Every account chooses the home Region of its Quick Setup, and only that Region knows its configurations.
        scope=Scope.CELL,
        items="ConfigurationManagersList[]",
        page_size=100,
        about="Quick Setup configurations and whether they were rolled out",
        system="Quick Setup",
        key=("ManagerArn",),
        remember=("ManagerArn", "ConfigurationDefinitionSummaries"),
        drop=(
            Drop(
                "ConfigurationManagersList[].ConfigurationDefinitionSummaries[].FirstClassParameters",
                _PARAMETERS,
                _WHEN,
            ),
        ),
        on_nodes=False,
    ),
    Source(
        name="ssm_quicksetup_manager_detail",
        service="ssm-quicksetup",
        operation="GetConfigurationManager",
        scope=Scope.CELL,
        items="",
        about="what a patch policy does, to whom and when",
        system="Quick Setup",
        key=("ManagerArn",),
        unit="item",
        needs=("ssm_quicksetup_manager",),
        requests=_patch_policies,
        drop=(Drop("ConfigurationDefinitions[].Parameters", _PARAMETERS, _WHEN),),
        least="one call per configuration that holds a patch policy",
        on_nodes=False,
    ),
)

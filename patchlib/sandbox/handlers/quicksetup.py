"""AWS Systems Manager Quick Setup: patch policies, and one configuration that is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from patchlib.sandbox.endpoint import Call, Handler, ServiceError
from patchlib.sandbox.handlers.listing import described, listed
from patchlib.sandbox.world.calendars import instant, to_datetime
from patchlib.sandbox.world.directory import HOME_REGION
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.patch_policies import CREATED_AT, Policy, policies

__all__ = ["handlers"]

_PATCH_POLICY, _HOST_MANAGEMENT = "AWSQuickSetupType-PatchPolicy", "AWSQuickSetupType-SSMHostMgmt"
_HOST_MANAGEMENT_AT = "2022-11-14T15:20:00Z"


def handlers(estate: Estate) -> dict[str, Handler]:
    """The operations of Quick Setup over one estate."""
    return {
        "ListConfigurationManagers": listed("ssm_quicksetup_manager", estate, _managers),
        "GetConfigurationManager": described(
            "ssm_quicksetup_manager_detail",
            estate,
            _details,
            by={"ManagerArn": "ManagerArn"},
            missing=_missing,
        ),
    }


def _missing(call: Call) -> ServiceError:
    text = f"Configuration manager {call.params['ManagerArn']} was not found."
    return ServiceError("ResourceNotFoundException", text, 404)


def _managers(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for detail in _details(estate, account_id, region):
        summaries = [
            {"Id": each["Id"], "Type": each["Type"], "TypeVersion": each["TypeVersion"]}
            for each in detail["ConfigurationDefinitions"]
        ]
        yield {
            "ConfigurationDefinitionSummaries": summaries,
            **{name: detail[name] for name in ("Description", "ManagerArn", "Name", "StatusSummaries")},
        }


def _details(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    """Every account's Quick Setup has its home in the organisation's home Region."""
    if region != HOME_REGION:
        return
    for policy in policies(estate):
        if policy.account_id == account_id:
            yield _manager(estate, account_id, policy.name, _PATCH_POLICY, CREATED_AT, _parameters(policy))
    if account_id == estate.directory.accounts[0].account_id:
        hosts = {"UpdateSSMAgent": "true", "CollectInventory": "true", "TargetType": "*", "TargetRegions": region}
        yield _manager(estate, account_id, "host-management", _HOST_MANAGEMENT, _HOST_MANAGEMENT_AT, hosts)


def _parameters(policy: Policy) -> dict[str, str]:
    chosen = {
        baseline.operating_system: {
            "value": baseline.baseline_id,
            "label": baseline.name,
            "description": baseline.description,
            "disabled": False,
        }
        for baseline in policy.baselines
    }
    return {
        "ConfigurationOptionsPatchOperation": "Scan",
        "ConfigurationOptionsScanValue": "cron(0 1 * * ? *)",
        "ConfigurationOptionsScanNextInterval": "false",
        "HasDeletedBaseline": "false",
        "IsPolicyAttachAllowed": "false",
        "OutputLogEnableS3": "true",
        "OutputBucketRegion": HOME_REGION,
        "OutputS3BucketName": "alderbrook-patch-output",
        "OutputS3KeyPrefix": policy.name,
        "PatchBaselineRegion": policy.region,
        "PatchBaselineUseDefault": "custom",
        "PatchPolicyName": policy.name,
        "RateControlConcurrency": "10%",
        "RateControlErrorThreshold": "2%",
        "SelectedPatchBaselines": orjson.dumps(chosen).decode(),
        "TargetAccounts": policy.account_id,
        "TargetRegions": policy.region,
        "TargetTagKey": "Application",
        "TargetTagValue": policy.application,
        "TargetType": "Tags",
    }


def _manager(
    estate: Estate, account_id: str, name: str, kind: str, created_at: str, parameters: dict[str, str]
) -> dict[str, Any]:
    created = to_datetime(instant(created_at))
    role = "AWS-QuickSetup-PatchPolicy" if kind == _PATCH_POLICY else "AWS-QuickSetup"
    arn = f"arn:aws:ssm-quicksetup:{HOME_REGION}:{account_id}:configuration-manager"
    roles = f"arn:aws:iam::{account_id}:role"
    return {
        "ConfigurationDefinitions": [
            {
                "Id": estate.draws.hexadecimal(8, "definition", account_id, name),
                "LocalDeploymentAdministrationRoleArn": f"{roles}/{role}-LocalAdministrationRole",
                "LocalDeploymentExecutionRoleName": f"{role}-LocalExecutionRole",
                "Parameters": parameters,
                "Type": kind,
                "TypeVersion": "1.0",
            }
        ],
        "CreatedAt": created,
        "Description": "",
        "LastModifiedAt": created,
        "ManagerArn": f"{arn}/{estate.draws.uuid('manager', account_id, name)}",
        "Name": name,
        "StatusSummaries": [{"LastUpdatedAt": created, "Status": "SUCCEEDED", "StatusType": "Deployment"}],
        "Tags": {},
    }

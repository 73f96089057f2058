"""Promises of Quick Setup's configurations."""

from __future__ import annotations

import json

import pytest

from patchlib import shapes
from patchlib.sandbox.endpoint import ServiceError
from patchlib.sandbox.organisation import Organisation
from patchlib.sandbox.world.patch_policies import policies
from tests.sandbox.handlers.conftest import Ask
from tests.sandbox.handlers.test_shapes import misfits

PRODUCTION_B = "210400173974"


def test_patch_policies_choose_the_accounts_own_baselines(ask: Ask, organisation: Organisation) -> None:
    """Two policies, one per Region, both kept in the home Region; the baselines they name exist there."""
    managers = ask("ssm-quicksetup", "ListConfigurationManagers", account_id=PRODUCTION_B)["ConfigurationManagersList"]
    expected = list(policies(organisation.estate))
    assert [manager["Name"] for manager in managers] == [policy.name for policy in expected]
    shape = shapes.operation_model("ssm-quicksetup", "GetConfigurationManager").output_shape
    for manager, policy in zip(managers, expected, strict=True):
        arn = manager["ManagerArn"]
        detail = ask("ssm-quicksetup", "GetConfigurationManager", account_id=PRODUCTION_B, ManagerArn=arn)
        assert misfits(shape, detail) == []
        parameters = detail["ConfigurationDefinitions"][0]["Parameters"]
        chosen = {each["value"] for each in json.loads(parameters["SelectedPatchBaselines"]).values()}
        assert chosen <= organisation.estate.baselines[PRODUCTION_B, policy.region].by_id.keys()
        assert parameters["TargetRegions"] == policy.region
        assert (parameters["TargetTagKey"], parameters["TargetTagValue"]) == ("Application", policy.application)
    region = "us-east-1"
    assert not ask("ssm-quicksetup", "ListConfigurationManagers", account_id=PRODUCTION_B, region=region)[
        "ConfigurationManagersList"
    ]


def test_one_configuration_is_no_patch_policy(ask: Ask, organisation: Organisation) -> None:
    """The management account's host management is listed like any other."""
    own = organisation.management_account_id
    (row,) = ask("ssm-quicksetup", "ListConfigurationManagers", account_id=own)["ConfigurationManagersList"]
    assert row["ConfigurationDefinitionSummaries"][0]["Type"] == "AWSQuickSetupType-SSMHostMgmt"


def test_an_unknown_configuration_is_not_found(ask: Ask) -> None:
    """With the service's own error."""
    with pytest.raises(ServiceError, match="ResourceNotFoundException"):
        ask("ssm-quicksetup", "GetConfigurationManager", ManagerArn="arn:aws:ssm-quicksetup:eu-central-1:1:x")

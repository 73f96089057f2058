"""Promises of AWS Config's handlers."""

from __future__ import annotations

import pytest

from patchlib.sandbox.endpoint import ServiceError
from patchlib.sandbox.handlers.config import resource_of
from patchlib.sandbox.world.watchers import MANAGED, PATCH
from tests.sandbox.handlers.conftest import DEVELOPMENT, PRODUCTION, SHARED, Ask
from tests.sandbox.handlers.test_ssm_inventory import labels

STAGING = "210400173955"


def results(ask: Ask, name_part: str, account_id: str = PRODUCTION) -> dict[str, str]:
    """Compliance by the last part of the resource id, of the first rule with that in its name."""
    listed = ask("config", "DescribeConfigRules", account_id=account_id)["ConfigRules"]
    name = next(rule["ConfigRuleName"] for rule in listed if name_part in rule["ConfigRuleName"])
    found = ask("config", "GetComplianceDetailsByConfigRule", account_id=account_id, ConfigRuleName=name)
    return {
        row["EvaluationResultIdentifier"]["EvaluationResultQualifier"]["ResourceId"].rpartition("/")[2]: row[
            "ComplianceType"
        ]
        for row in found["EvaluationResults"]
    }


def test_a_rule_says_what_systems_manager_says(ask: Ask) -> None:
    """Recorded at once, patch rule and label agree node by node; so do the rule of a pack and the hub's."""
    labelled = {node: row["Status"] for (kind, node), row in labels(ask).items() if kind == "Patch"}
    assert results(ask, "securityhub-ec2-managedinstance-patch") == labelled
    assert results(ask, "patch-compliance-conformance-pack") == labelled
    assert {"COMPLIANT", "NON_COMPLIANT"} == set(labelled.values())


def test_a_daily_recorder_may_say_otherwise(ask: Ask) -> None:
    """It speaks of the same nodes, of yesterday."""
    labelled = {node: row["Status"] for (kind, node), row in labels(ask, account_id=SHARED).items() if kind == "Patch"}
    assert set(results(ask, "patch-compliance", SHARED)) <= set(labelled)


def test_recorders_are_on_off_or_missing(ask: Ask) -> None:
    """Three accounts, three states; a stopped one says since when."""

    def recorders(**cell: str) -> list[dict[str, object]]:
        return list(ask("config", "DescribeConfigurationRecorderStatus", **cell)["ConfigurationRecordersStatus"])

    assert [each["recording"] for each in recorders()] == [True]
    [stopped] = recorders(account_id=DEVELOPMENT)
    assert stopped["recording"] is False
    assert stopped["lastStopTime"] == stopped["lastStatusChangeTime"]
    assert recorders(account_id=STAGING, region="us-east-1") == []


def test_unknown_rules_and_parameters_are_refused(ask: Ask) -> None:
    """With the service's own code for a rule that is not there; a filter it does not follow is not ignored."""
    with pytest.raises(ServiceError, match="NoSuchConfigRule"):
        ask("config", "GetComplianceDetailsByConfigRule", ConfigRuleName="nobody")
    with pytest.raises(ServiceError, match="ComplianceTypes"):
        ask("config", "GetComplianceDetailsByConfigRule", ConfigRuleName="nobody", ComplianceTypes=["COMPLIANT"])


def test_what_systems_manager_tells_is_recorded_under_the_inventory() -> None:
    """An instance is its own resource; its patches are its inventory's."""
    assert resource_of(MANAGED, "i-1") == ("AWS::EC2::Instance", "i-1")
    assert resource_of(PATCH, "i-1") == ("AWS::SSM::PatchCompliance", "AWS::SSM::ManagedInstanceInventory/i-1")

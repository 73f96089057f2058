"""Promises of the handlers of State Manager, Run Command and Automation."""

from __future__ import annotations

from typing import Any

import pytest

from patchlib.sandbox.endpoint import ServiceError
from tests.sandbox.handlers.conftest import PRODUCTION, SHARED, Ask

POLICY = "210400173974"
UNKNOWN = "01234567-89ab-cdef-0123-456789abcdef"


def associations(ask: Ask, account: str = PRODUCTION) -> dict[str, dict[str, Any]]:
    rows = ask("ssm", "ListAssociations", account_id=account)["Associations"]
    return {row["AssociationName"]: row for row in rows}


def executions(ask: Ask, association: dict[str, Any], account: str = PRODUCTION, **params: Any) -> list[dict[str, Any]]:
    asked = {"AssociationId": association["AssociationId"], **params}
    found: list[dict[str, Any]] = ask("ssm", "DescribeAssociationExecutions", account_id=account, **asked)[
        "AssociationExecutions"
    ]
    return found


def test_listing_and_description_agree(ask: Ask) -> None:
    """The description says what the listing says, and how the document is told to patch."""
    for row in associations(ask).values():
        detail = ask("ssm", "DescribeAssociation", AssociationId=row["AssociationId"])["AssociationDescription"]
        assert row.items() <= detail.items()
    scan = associations(ask)["daily-patch-scan"]
    detail = ask("ssm", "DescribeAssociation", AssociationId=scan["AssociationId"])["AssociationDescription"]
    assert detail["Parameters"].items() >= {"Operation": ["Scan"], "RebootOption": ["NoReboot"]}.items()
    assert detail["OutputLocation"]["S3Location"]["OutputS3BucketName"] == "alderbrook-patch-logs-eu-central-1"


def test_a_patch_policy_passes_its_override(ask: Ask) -> None:
    """Quick Setup's association is found by its name and names the object that replaces the baselines."""
    (name,) = [each for each in associations(ask, POLICY) if each.startswith("AWS-QuickSetup-PatchPolicy-")]
    association = associations(ask, POLICY)[name]["AssociationId"]
    detail = ask("ssm", "DescribeAssociation", account_id=POLICY, AssociationId=association)["AssociationDescription"]
    bucket = f"aws-quicksetup-patchpolicy-{POLICY}-{name[-5:]}"
    assert detail["Parameters"]["BaselineOverride"] == [f"s3://{bucket}/baseline_overrides.json"]


def test_targets_add_up_to_what_the_execution_counts(ask: Ask) -> None:
    """As many targets of each status as the execution's text says; the last of them ends it."""
    for row in executions(ask, associations(ask)["daily-patch-scan"]):
        asked = {"AssociationId": row["AssociationId"], "ExecutionId": row["ExecutionId"]}
        targets = ask("ssm", "DescribeAssociationExecutionTargets", **asked)["AssociationExecutionTargets"]
        counts = dict(part.split("=") for part in row["ResourceCountByStatus"].strip("{}").split(", "))
        words = [target["Status"] for target in targets]
        assert {word: str(words.count(word)) for word in set(words)} == counts
        ends = [target["LastExecutionDate"] for target in targets if "LastExecutionDate" in target]
        assert max(ends) == row["LastExecutionDate"]


def test_executions_are_filtered_by_their_creation(ask: Ask) -> None:
    """GREATER_THAN an instant; another type is refused, not ignored."""
    scan = associations(ask)["daily-patch-scan"]
    since = {"Key": "CreatedTime", "Value": "2026-10-30T12:00:00Z", "Type": "GREATER_THAN"}
    assert [row["CreatedTime"].day for row in executions(ask, scan, Filters=[since])] == [2, 1, 31]
    with pytest.raises(ServiceError, match="LESS_THAN"):
        executions(ask, scan, Filters=[since | {"Type": "LESS_THAN"}])


@pytest.mark.parametrize(
    ("operation", "params", "code"),
    [
        ("DescribeAssociation", {}, "AssociationDoesNotExist"),
        ("DescribeAssociationExecutions", {}, "AssociationDoesNotExist"),
        ("DescribeAssociationExecutionTargets", {"ExecutionId": UNKNOWN}, "AssociationExecutionDoesNotExist"),
        (
            "DescribeAssociationExecutionTargets",
            {"ExecutionId": UNKNOWN, "Filters": [{"Key": "Status", "Value": "Failed"}]},
            "ValidationException",
        ),
    ],
)
def test_what_is_not_there_is_an_error(ask: Ask, operation: str, params: dict[str, Any], code: str) -> None:
    """With the service's own code."""
    with pytest.raises(ServiceError) as refused:
        ask("ssm", operation, AssociationId=UNKNOWN, **params)
    assert refused.value.code == code


def test_a_nodes_association_status_is_that_of_its_associations(ask: Ask) -> None:
    """What a managed node says of its associations is how they last ended on it."""
    nodes = ask("ssm", "DescribeInstanceInformation")["InstanceInformationList"]
    told = {node["InstanceId"]: node["AssociationStatus"] for node in nodes if "AssociationStatus" in node}
    failed = set()
    for association in associations(ask).values():
        seen: set[str] = set()
        for row in executions(ask, association):
            asked = {"AssociationId": row["AssociationId"], "ExecutionId": row["ExecutionId"]}
            for target in ask("ssm", "DescribeAssociationExecutionTargets", **asked)["AssociationExecutionTargets"]:
                is_last = "LastExecutionDate" in target and target["ResourceId"] not in seen
                if is_last and target["Status"] == "Failed":
                    failed.add(target["ResourceId"])
                seen |= {target["ResourceId"]} if is_last else set()
    assert failed & told.keys()
    assert {node for node, status in told.items() if status == "Failed"} == failed & told.keys()


def test_invocations_add_up_to_their_command(ask: Ask) -> None:
    """Targets, failures and undelivered ones, command by command, from the one listing of all invocations."""
    rows = ask("ssm", "ListCommandInvocations", Details=False)["CommandInvocations"]
    for command in ask("ssm", "ListCommands")["Commands"]:
        own = [row for row in rows if row["CommandId"] == command["CommandId"]]
        assert len(own) == command["TargetCount"]
        details = [row["StatusDetails"] for row in own]
        assert details.count("DeliveryTimedOut") == command["DeliveryTimedOutCount"]
        assert details.count("Failed") + details.count("ExecutionTimedOut") == command["ErrorCount"]
        assert min(row["RequestedDateTime"] for row in own) >= command["RequestedDateTime"]


def test_output_comes_only_where_details_are_asked(ask: Ask) -> None:
    """Without Details no plugin, hence no output and no time; with them both."""
    plain = ask("ssm", "ListCommandInvocations", Details=False)["CommandInvocations"]
    assert not [row for row in plain if row["CommandPlugins"]]
    plugins = [
        row["CommandPlugins"][0]
        for row in ask("ssm", "ListCommandInvocations", Details=True)["CommandInvocations"]
        if row["CommandPlugins"]
    ]
    assert all("PASSWORD" in plugin["Output"] for plugin in plugins)
    assert all(plugin["ResponseFinishDateTime"] >= plugin["ResponseStartDateTime"] for plugin in plugins)


@pytest.mark.parametrize("operation", ["ListCommands", "ListCommandInvocations"])
def test_commands_are_filtered_by_their_request(ask: Ask, operation: str) -> None:
    """After an instant and before one split the whole."""
    (whole,) = ask("ssm", operation).values()
    at = sorted(row["RequestedDateTime"] for row in whole)[len(whole) // 2]
    value = at.isoformat().replace("+00:00", "Z")
    (later,) = ask("ssm", operation, Filters=[{"key": "InvokedAfter", "value": value}]).values()
    (earlier,) = ask("ssm", operation, Filters=[{"key": "InvokedBefore", "value": value}]).values()
    assert later
    assert earlier
    assert len(later) + len(earlier) + sum(row["RequestedDateTime"] == at for row in whole) == len(whole)


def test_automations_of_a_window_have_a_part_for_each_node(ask: Ask) -> None:
    """The whole started first and ended last; one image build failed, in words that must not be kept."""
    rows = ask("ssm", "DescribeAutomationExecutions", account_id=SHARED)["AutomationExecutionMetadataList"]
    whole = {row["AutomationExecutionId"]: row for row in rows if "ParentAutomationExecutionId" not in row}
    parts = [row for row in rows if "ParentAutomationExecutionId" in row]
    assert len(parts) > 10
    for part in parts:
        parent = whole[part["ParentAutomationExecutionId"]]
        assert parent["ExecutionStartTime"] <= part["ExecutionStartTime"]
        assert part["ExecutionEndTime"] <= parent["ExecutionEndTime"]
    failed = [row for row in rows if row["AutomationExecutionStatus"] == "Failed"]
    assert failed
    assert all("PASSWORD" in row["FailureMessage"] for row in failed)
    since = [{"Key": "StartTimeAfter", "Values": ["2026-10-25T00:00:00Z"]}]
    recent = ask("ssm", "DescribeAutomationExecutions", account_id=SHARED, Filters=since)
    assert len(recent["AutomationExecutionMetadataList"]) == 1

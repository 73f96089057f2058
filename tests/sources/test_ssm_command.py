"""Which listings of State Manager, Run Command and Automation follow from which rows, and what they never keep."""

from typing import Any

import pytest

from patchlib.sources import ALLOWED, source
from patchlib.sources.declaration import scrub
from tests.sources.asking import context

SINCE = "2026-10-03T06:00:00Z"
ASSOCIATIONS = [
    {"AssociationId": "scan", "Name": "AWS-RunPatchBaseline"},
    {"AssociationId": "shared", "Name": "arn:aws:ssm:eu-central-1::document/AWS-RunPatchBaselineAssociation"},
    {"AssociationId": "inventory", "Name": "AWS-GatherSoftwareInventory"},
]


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("ssm_command", {"Filters": [{"key": "InvokedAfter", "value": SINCE}]}),
        ("ssm_command_invocation", {"Filters": [{"key": "InvokedAfter", "value": SINCE}], "Details": False}),
        ("ssm_automation_execution", {"Filters": [{"Key": "StartTimeAfter", "Values": [SINCE]}]}),
    ],
)
def test_one_listing_from_the_watermark_on_covers_all(name: str, params: dict[str, Any]) -> None:
    """No call per command or node: one listing, by the service's own filter; no output is asked for."""
    assert source(name).unit == "watermark"
    assert [request.params for request in source(name).requests(context())] == [params]


def test_the_output_of_a_command_is_never_asked_for() -> None:
    """GetCommandInvocation exists to give it, and is not in the catalogue."""
    assert not {"GetCommandInvocation", "GetAutomationExecution"} & {operation for _, operation in ALLOWED}


def test_executions_are_asked_per_association_from_the_watermark_on() -> None:
    """The filter has a type besides key and value."""
    asked = source("ssm_association_execution").requests(context(ssm_association=ASSOCIATIONS[:1]))
    since = [{"Key": "CreatedTime", "Value": SINCE, "Type": "GREATER_THAN"}]
    assert [request.params for request in asked] == [{"AssociationId": "scan", "Filters": since}]


def test_targets_are_asked_where_they_say_something() -> None:
    """Of associations that patch always, of others only where the execution did not succeed."""
    executions = [
        {"AssociationId": association["AssociationId"], "ExecutionId": f"{association['AssociationId']} {status}"}
        | {"Status": status}
        for association in ASSOCIATIONS
        for status in ("Success", "Failed")
    ]
    remembered = {"ssm_association": ASSOCIATIONS, "ssm_association_execution": executions}
    requests = list(source("ssm_association_target").requests(context(**remembered)))
    assert [request.item for request in requests] == [
        "scan Success", "scan Failed", "shared Success", "shared Failed", "inventory Failed",
    ]  # fmt: skip
    assert requests[0].params == {"AssociationId": "scan", "ExecutionId": "scan Success"}


def test_an_association_is_described_again_with_its_next_version() -> None:
    """Each association is an item that stands while its version does; its parameters name what is read next."""
    found = source("ssm_association_detail")
    requests = list(found.requests(context(ssm_association=ASSOCIATIONS)))
    assert (requests[0].item, requests[0].params) == ("scan", {"AssociationId": "scan"})
    assert found.detail is not None
    assert "AssociationVersion" in found.detail.unchanged
    assert found.remember == ("Parameters",)


PARAMETERS = {"Operation": ["Scan"], "BaselineOverride": ["s3://b/o.json"], "Password": ["canary"]}


@pytest.mark.parametrize(
    ("document", "kept"),
    [
        ("AWS-RunPatchBaseline", {"Operation", "BaselineOverride"}),
        ("AWSQuickSetup-PatchPolicy-Scan", {"Operation", "BaselineOverride"}),
        ("arn:aws:ssm:eu-central-1::document/AWS-RunPatchBaselineWithHooks", {"Operation", "BaselineOverride"}),
        ("My-AWS-RunPatchBaseline", None),
        ("AWS-RunShellScript", None),
    ],
)
@pytest.mark.parametrize("name", ["ssm_association_detail", "ssm_command"])
def test_parameters_stay_only_of_documents_that_patch(name: str, document: str, kept: set[str] | None) -> None:
    """And of these only those that say how; of any other document nothing stays."""
    row: dict[str, Any] = {"Name": document, "DocumentName": document, "Parameters": dict(PARAMETERS)}
    is_command = name == "ssm_command"
    page = scrub(source(name), {"Commands": [row]} if is_command else {"AssociationDescription": row})
    found = page["Commands"][0] if is_command else page["AssociationDescription"]
    assert (set(found["Parameters"]) if "Parameters" in found else None) == kept
    assert "canary" not in str(page)


def test_a_status_keeps_its_name_and_loses_its_words() -> None:
    """Who sets the status of an association may write what he likes beside it."""
    status = {"Name": "Failed", "Message": "canary", "AdditionalInfo": "canary"}
    page = scrub(source("ssm_association_detail"), {"AssociationDescription": {"Name": "x", "Status": status}})
    assert page == {"AssociationDescription": {"Name": "x", "Status": {"Name": "Failed"}}}


def test_nothing_that_ran_keeps_its_words() -> None:
    """Outputs, traces, failures in a script's own words and signed addresses never reach the disk."""
    words = {"Outputs": {"x": ["canary"]}, "FailureMessage": "canary", "TargetLocationsURL": "https://x/?canary"}
    runbook = {"DocumentName": "d", "Parameters": {"x": ["canary"]}, "TargetMaps": [{"x": ["canary"]}]}
    automation = {"AutomationExecutionId": "1", **words, "Runbooks": [runbook], "TargetMaps": [{"x": ["canary"]}]}
    page = scrub(source("ssm_automation_execution"), {"AutomationExecutionMetadataList": [automation]})
    assert page == {
        "AutomationExecutionMetadataList": [{"AutomationExecutionId": "1", "Runbooks": [{"DocumentName": "d"}]}]
    }
    plugin = {"Name": "PatchLinux", "ResponseCode": 0, "Output": "canary"}
    page = scrub(
        source("ssm_command_invocation"),
        {"CommandInvocations": [{"TraceOutput": "canary", "CommandPlugins": [plugin]}]},
    )
    assert page == {"CommandInvocations": [{"CommandPlugins": [{"Name": "PatchLinux", "ResponseCode": 0}]}]}

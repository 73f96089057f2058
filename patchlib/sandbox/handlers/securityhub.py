"""AWS Security Hub: on or off by account, and a finding per control and node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from patchlib.sandbox.endpoint import Call, Handler, ServiceError
from patchlib.sandbox.handlers.config import resource_of
from patchlib.sandbox.world.calendars import DAY, HOUR, to_datetime
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.nodes import Node
from patchlib.sandbox.world.watchers import ASSOCIATION, MANAGED, PATCH, STOPPED, has_hub, verdicts

__all__ = ["handlers"]

_SUBSCRIBED_AT = "2023-06-12T08:14:51.120Z"
# (control, severity, what it asks) by the rule that it rests on.
_CONTROLS = {
    MANAGED: ("SSM.1", "MEDIUM", "Amazon EC2 instances should be managed by AWS Systems Manager"),
    PATCH: (
        "SSM.2",
        "HIGH",
        "Amazon EC2 instances managed by Systems Manager should have a patch compliance status of COMPLIANT after a "
        "patch installation",
    ),
    ASSOCIATION: (
        "SSM.3",
        "LOW",
        "Amazon EC2 instances managed by Systems Manager should have an association compliance status of COMPLIANT",
    ),
    STOPPED: ("EC2.4", "MEDIUM", "Stopped EC2 instances should be removed after a specified time period"),
}
_TYPES = {
    "AWS::EC2::Instance": "AwsEc2Instance",
    "AWS::SSM::PatchCompliance": "AwsSsmPatchCompliance",
    "AWS::SSM::AssociationCompliance": "AwsSsmAssociationCompliance",
}
# Checks renew a finding within this time; what is gone stays archived for 30 days [user guide].
_RENEWED, _ARCHIVED = 18 * HOUR, 30 * DAY
# Of failed findings, how many somebody has suppressed, and how many are with somebody.
_SUPPRESSED, _NOTIFIED = 0.04, 0.15
_FILTERS = {
    "AwsAccountId": lambda row: row["AwsAccountId"],
    "ComplianceSecurityControlId": lambda row: row["Compliance"]["SecurityControlId"],
    "Region": lambda row: row["Region"],
}


def handlers(estate: Estate) -> dict[str, Handler]:
    """The operations of Security Hub over one estate."""
    return {
        "DescribeHub": lambda call: _hub(call),
        "GetFindings": lambda call: {"Findings": _chosen(estate, call)},
    }


def _refuse_unsubscribed(call: Call) -> None:
    if not has_hub(call.account_id):
        text = f"Account {call.account_id} is not subscribed to AWS Security Hub"
        raise ServiceError("InvalidAccessException", text, 401)


def _hub(call: Call) -> dict[str, Any]:
    _refuse_unsubscribed(call)
    return {
        "HubArn": f"arn:aws:securityhub:{call.region}:{call.account_id}:hub/default",
        "SubscribedAt": _SUBSCRIBED_AT,
        "AutoEnableControls": True,
        "ControlFindingGenerator": "SECURITY_CONTROL",
    }


def _chosen(estate: Estate, call: Call) -> list[dict[str, Any]]:
    _refuse_unsubscribed(call)
    found = list(_findings(estate, call.account_id, call.region))
    for name, tests in call.params.get("Filters", {}).items():
        if name not in _FILTERS or any(test["Comparison"] != "EQUALS" for test in tests):
            raise ServiceError("InvalidInputException", f"The sandbox does not filter findings by {name} so.")
        wanted = {test["Value"] for test in tests}
        found = [row for row in found if _FILTERS[name](row) in wanted]
    return found


def _findings(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for verdict in verdicts(estate, account_id, region):
        yield _finding(estate, verdict.node, verdict.identifier, verdict.is_compliant, verdict.judged_at)
    for node in estate.by_cell.get((account_id, region), ()):
        if node.kind == "ec2" and estate.as_of - _ARCHIVED < node.terminated_at <= estate.as_of:
            yield _finding(estate, node, MANAGED, not node.unmanaged, node.terminated_at) | {"RecordState": "ARCHIVED"}


def _finding(estate: Estate, node: Node, identifier: str, is_compliant: bool, judged_at: int) -> dict[str, Any]:
    control, severity, title = _CONTROLS[identifier]
    place = f"{node.region}:{node.account_id}"
    kind, resource_id = resource_of(identifier, node.node_id)
    is_gone = node.terminated_at <= estate.as_of
    renewed = estate.as_of - estate.draws.between(60, _RENEWED, "renewed", node.node_id, control)
    created, updated = _text(node.launched_at), _text(judged_at if is_gone else max(judged_at, renewed))
    label = "INFORMATIONAL" if is_compliant else severity
    resource = (
        f"arn:aws:ec2:{place}:instance/{node.node_id}"
        if kind == "AWS::EC2::Instance"
        else f"arn:aws:ssm:{place}:{kind.rpartition('::')[2].lower()}/{resource_id}"
    )
    return {
        "SchemaVersion": "2018-10-08",
        "Id": f"arn:aws:securityhub:{place}:security-control/{control}/finding/"
        + estate.draws.uuid("hub finding", node.node_id, control),
        "ProductArn": f"arn:aws:securityhub:{node.region}::product/aws/securityhub",
        "ProductName": "Security Hub",
        "CompanyName": "AWS",
        "Region": node.region,
        "GeneratorId": f"security-control/{control}",
        "AwsAccountId": node.account_id,
        "Types": ["Software and Configuration Checks/Industry and Regulatory Standards"],
        "FirstObservedAt": created,
        "LastObservedAt": _text(judged_at),
        "CreatedAt": created,
        "UpdatedAt": updated,
        "Severity": {"Label": label, "Original": label, "Normalized": 0},
        "Title": title,
        "Description": f"This control checks: {title}.",
        "Resources": [{"Type": _TYPES[kind], "Id": resource, "Partition": "aws", "Region": node.region}],
        "Compliance": {"Status": "PASSED" if is_compliant else "FAILED", "SecurityControlId": control},
        "WorkflowState": "NEW",
        "Workflow": {"Status": "RESOLVED" if is_compliant else _workflow(estate, node, control)},
        "RecordState": "ACTIVE",
    }


def _workflow(estate: Estate, node: Node, control: str) -> str:
    draw = estate.draws.uniform("workflow", node.node_id, control)
    if draw < _SUPPRESSED:
        return "SUPPRESSED"
    return "NOTIFIED" if draw < _SUPPRESSED + _NOTIFIED else "NEW"


def _text(seconds: int) -> str:
    return f"{to_datetime(seconds):%Y-%m-%dT%H:%M:%S}.000Z"

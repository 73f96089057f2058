"""AWS Config: a recorder per cell, or none; rules by hand, by pack and by Security Hub; what they say of nodes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from patchlib.sandbox.endpoint import Call, Handler, ServiceError
from patchlib.sandbox.handlers.listing import listed
from patchlib.sandbox.world.calendars import instant, to_datetime
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.watchers import (
    ASSOCIATION,
    MANAGED,
    PATCH,
    RECORDER_STOPPED_AT,
    STOPPED,
    Rule,
    recording,
    rules,
    verdicts,
)

__all__ = ["handlers", "resource_of"]

_STARTED_AT = instant("2022-03-01T09:00:00Z")
_INVENTORY = "AWS::SSM::ManagedInstanceInventory"
_TYPES = {
    PATCH: "AWS::SSM::PatchCompliance",
    ASSOCIATION: "AWS::SSM::AssociationCompliance",
    MANAGED: "AWS::EC2::Instance",
    STOPPED: "AWS::EC2::Instance",
}
# Rules that judge something else, one of them by a function of the account's own.
_OTHERS = (
    Rule("s3-bucket-public-read-prohibited", "S3_BUCKET_PUBLIC_READ_PROHIBITED"),
    Rule("owner-tag-required", ""),
)


def handlers(estate: Estate) -> dict[str, Handler]:
    """The operations of AWS Config over one estate."""
    return {
        "DescribeConfigurationRecorderStatus": listed("config_recorder_status", estate, _recorders),
        "DescribeConfigRules": listed("config_rule", estate, _rules),
        "GetComplianceDetailsByConfigRule": lambda call: _results(estate, call),
    }


def resource_of(identifier: str, node_id: str) -> tuple[str, str]:
    """Type and id of the resource that a rule judges a node by: of what Systems Manager says, its inventory's."""
    kind = _TYPES[identifier]
    return kind, node_id if kind == "AWS::EC2::Instance" else f"{_INVENTORY}/{node_id}"


def _recorders(_estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    how = recording(account_id, region)
    if how == "none":
        return
    is_off = how == "off"
    yield {
        "arn": f"arn:aws:config:{region}:{account_id}:configuration-recorder/default/{account_id[-8:]}",
        "name": "default",
        "lastStartTime": to_datetime(_STARTED_AT),
        "recording": not is_off,
        "lastStatus": "SUCCESS",
        "lastStatusChangeTime": to_datetime(RECORDER_STOPPED_AT if is_off else _STARTED_AT),
        **({"lastStopTime": to_datetime(RECORDER_STOPPED_AT)} if is_off else {}),
    }


def _all_rules(estate: Estate, account_id: str, region: str) -> Iterator[Rule]:
    if recording(account_id, region) != "none":
        yield from rules(estate, account_id, region)
        yield from _OTHERS


def _rules(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for rule in _all_rules(estate, account_id, region):
        rule_id = f"config-rule-{estate.draws.hexadecimal(6, 'config rule', account_id, region, rule.name)}"
        function = f"arn:aws:lambda:{region}:{account_id}:function:{rule.name}"
        is_managed = bool(rule.identifier)
        found: dict[str, Any] = {
            "ConfigRuleName": rule.name,
            "ConfigRuleArn": f"arn:aws:config:{region}:{account_id}:config-rule/{rule_id}",
            "ConfigRuleId": rule_id,
            "Scope": {"ComplianceResourceTypes": [_TYPES.get(rule.identifier, "AWS::S3::Bucket")]},
            "Source": {
                "Owner": "AWS" if is_managed else "CUSTOM_LAMBDA",
                "SourceIdentifier": rule.identifier or function,
            },
            "ConfigRuleState": "ACTIVE",
            "EvaluationModes": [{"Mode": "DETECTIVE"}],
        }
        yield found | ({"CreatedBy": rule.created_by} if rule.created_by else {})


def _results(estate: Estate, call: Call) -> dict[str, Any]:
    unknown = sorted(call.params.keys() - {"ConfigRuleName", "Limit", "NextToken"})
    if unknown:
        raise ServiceError("InvalidParameterValueException", f"The sandbox does not follow {unknown[0]}.")
    name = call.params["ConfigRuleName"]
    rule = next((each for each in _all_rules(estate, call.account_id, call.region) if each.name == name), None)
    if rule is None:
        raise ServiceError("NoSuchConfigRuleException", f"The ConfigRule '{name}' provided in the request is invalid.")
    found = []
    for verdict in verdicts(estate, call.account_id, call.region):
        if verdict.identifier != rule.identifier:
            continue
        kind, resource_id = resource_of(rule.identifier, verdict.node.node_id)
        judged = to_datetime(verdict.judged_at)
        qualifier = {"ConfigRuleName": name, "ResourceType": kind, "ResourceId": resource_id}
        found.append(
            {
                "EvaluationResultIdentifier": {
                    "EvaluationResultQualifier": qualifier | {"EvaluationMode": "DETECTIVE"},
                    "OrderingTimestamp": judged,
                },
                "ComplianceType": "COMPLIANT" if verdict.is_compliant else "NON_COMPLIANT",
                "ResultRecordedTime": judged,
                "ConfigRuleInvokedTime": judged,
            }
        )
    return {"EvaluationResults": found}

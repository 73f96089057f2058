"""AWS Config: whether it records, its rules, and what those about patching say of each node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import orjson

from patchlib.sources.declaration import Context, Detail, Drop, Request, Row, Scope, Source

__all__ = ["PATCH_RULES", "SOURCES", "judges_patching"]

# Managed rules that judge a node's patching or what patching needs, by identifier: conformance packs and Security Hub
# give names of their own to the rules that they make. AWS Config developer guide, "List of AWS Config Managed Rules",
# read 2026-11-25.
PATCH_RULES = frozenset(
    {
        "EC2_INSTANCE_MANAGED_BY_SSM",
        "EC2_MANAGEDINSTANCE_ASSOCIATION_COMPLIANCE_STATUS_CHECK",
        "EC2_MANAGEDINSTANCE_PATCH_COMPLIANCE_STATUS_CHECK",
        "EC2_STOPPED_INSTANCE",
    }
)


def judges_patching(rule: Row) -> bool:
    """Whether a row of DescribeConfigRules is a rule whose results are read."""
    source = rule.get("Source")
    return isinstance(source, dict) and source.get("SourceIdentifier") in PATCH_RULES


def _records(context: Context) -> str:
    recorders = context.rows("config_recorder_status")
    if any(row.get("recording") for row in recorders):
        return ""
    return "AWS Config's recorder is switched off" if recorders else "AWS Config has no recorder"


def _results(context: Context) -> Iterator[Request]:
    for rule in context.rows("config_rule"):
        if judges_patching(rule):
            yield Request({"ConfigRuleName": rule["ConfigRuleName"]}, item=rule["ConfigRuleName"])


def _was_there(context: Context) -> str:
    # What a stopped recorder noted is still told.
    return "" if context.rows("config_recorder_status") else "AWS Config has no recorder"


def _recorded(context: Context) -> Iterator[Request]:
    since = context.taken_at - timedelta(days=context.days)
    for row in context.rows("ssm_managed_node"):
        asked = {
            "resourceType": "AWS::SSM::PatchCompliance",
            "resourceId": f"AWS::SSM::ManagedInstanceInventory/{row['InstanceId']}",
            "earlierTime": f"{since:%Y-%m-%dT%H:%M:%SZ}",
        }
        yield Request(asked, item=row["InstanceId"])


def _count_patches(page: dict[str, Any]) -> None:
    """Of each item only how many patches were in which state and severity: an item holds every patch of its node."""
    for item in page.get("configurationItems", ()):
        if "configuration" in item:
            item["configuration"] = _counts(item["configuration"])


def _counts(configuration: str) -> str | None:
    """`[{"state": ..., "severity": ..., "count": ...}]` as JSON; None where the item has another form than is known."""
    try:
        patches = orjson.loads(configuration)["AWS:ComplianceItem"]["Content"]["Patch"].values()
        found = Counter((str(each["PatchState"]), str(each.get("PatchSeverity") or "")) for each in patches)
    except (AttributeError, KeyError, TypeError, orjson.JSONDecodeError):
        return None
    rows = [{"state": state, "severity": grade, "count": count} for (state, grade), count in sorted(found.items())]
    return orjson.dumps(rows).decode()


SOURCES = (
    Source(
        name="config_recorder_status",
        service="config",
        operation="DescribeConfigurationRecorderStatus",
        scope=Scope.CELL,
        items="ConfigurationRecordersStatus[]",
        about="whether AWS Config records at all: a rule judges what was recorded, not what is",
        system="AWS Config",
        key=("name",),
        remember=("name", "recording"),
    ),
    Source(
        name="config_rule",
        service="config",
        operation="DescribeConfigRules",
        scope=Scope.CELL,
        items="ConfigRules[]",
        about="rules of AWS Config, those of conformance packs and of Security Hub among them",
        system="AWS Config",
        key=("ConfigRuleName",),
        needs=("config_recorder_status",),
        off=_records,
        remember=("ConfigRuleName", "Source"),
        # What a rule's author passes to a function of his own, and the text of a rule of his own.
        drop=(Drop("ConfigRules[].InputParameters"), Drop("ConfigRules[].Source.CustomPolicyDetails.PolicyText")),
        least="1 per page of rules, whose size is AWS's own",
    ),
    Source(
        name="config_rule_result",
        service="config",
        operation="GetComplianceDetailsByConfigRule",
        scope=Scope.CELL,
        items="EvaluationResults[]",
        page_size=100,
        unit="item",
        about="what AWS Config's rules about patching say of each node, and since when",
        system="AWS Config",
        key=("EvaluationResultIdentifier",),
        request_columns={"config_rule_name": "ConfigRuleName"},
        needs=("config_recorder_status", "config_rule"),
        off=_records,
        requests=_results,
        drop=(Drop("EvaluationResults[].ResultToken"),),
        least="1 per 100 nodes of every rule that judges patching",
    ),
    Source(
        name="config_patch_history",
        service="config",
        operation="GetResourceConfigHistory",
        scope=Scope.CELL,
        items="configurationItems[]",
        page_size=100,
        unit="item",
        about="what AWS Config recorded of each node's patches before we looked: counts by state and severity",
        system="AWS Config",
        key=("resourceId", "configurationItemCaptureTime"),
        needs=("ssm_managed_node", "config_recorder_status"),
        off=_was_there,
        requests=_recorded,
        # The past does not change: a node is asked once.
        detail=Detail(of="ssm_managed_node", item="InstanceId", unchanged=("InstanceId",)),
        drop=(Drop("configurationItems[].supplementaryConfiguration"),),
        harmless={"configuration": "abridged to counts by state and severity before it touches the disk"},
        abridge=_count_patches,
        setting="config_history_days",
        least="1 per 100 recorded items of every node, once",
    ),
)

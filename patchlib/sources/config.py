"""AWS Config: whether it records, its rules, and what those about patching say of each node."""

from __future__ import annotations

from collections.abc import Iterator

from patchlib.sources.declaration import Context, Drop, Request, Row, Scope, Source

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
)

"""AWS Systems Manager: State Manager, Run Command and Automation."""

from __future__ import annotations

from collections.abc import Iterator

from patchlib.sources.declaration import Context, Detail, Drop, Lasting, Request, Scope, Source
from patchlib.sources.ssm_window import PATCH_DOCUMENTS, PATCH_PARAMETERS

__all__ = ["SOURCES"]

# Statuses after which nothing changes (user guide, "About command statuses" and "Statuses and details" of
# associations; API reference, AutomationExecutionStatus; read 2026-11-25).
_ENDED_COMMAND = frozenset({"Success", "Cancelled", "Failed", "TimedOut"})
_ENDED_ASSOCIATION = frozenset({"Success", "Failed", "TimedOut", "Skipped", "Cancelled"})
_ENDED_AUTOMATION = frozenset(
    {
        "Cancelled",
        "ChangeCalendarOverrideRejected",
        "CompletedWithFailure",
        "CompletedWithSuccess",
        "Exited",
        "Failed",
        "Rejected",
        "Success",
        "TimedOut",
    }
)


def _since(context: Context) -> str:
    return f"{context.since:%Y-%m-%dT%H:%M:%SZ}"


def _associations(context: Context) -> Iterator[Request]:
    for row in context.rows("ssm_association"):
        yield Request({"AssociationId": row["AssociationId"]}, item=row["AssociationId"])


def _executions(context: Context) -> Iterator[Request]:
    since = [{"Key": "CreatedTime", "Value": _since(context), "Type": "GREATER_THAN"}]
    for row in context.rows("ssm_association"):
        yield Request({"AssociationId": row["AssociationId"], "Filters": since}, item=row["AssociationId"])


def _targets(context: Context) -> Iterator[Request]:
    documents = {row["AssociationId"]: str(row.get("Name", "")) for row in context.rows("ssm_association")}
    for row in context.rows("ssm_association_execution"):
        # The execution itself counts its targets by status. An inventory every half hour would otherwise cost
        # 1,440 listings a month to say that all went well.
        patches = documents.get(row["AssociationId"], "").rsplit("/", 1)[-1].startswith(PATCH_DOCUMENTS)
        if patches or row.get("Status") != "Success":
            asked = {"AssociationId": row["AssociationId"], "ExecutionId": row["ExecutionId"]}
            yield Request(asked, item=row["ExecutionId"])


def _commands(context: Context) -> Iterator[Request]:
    yield Request({"Filters": [{"key": "InvokedAfter", "value": _since(context)}]})


def _invocations(context: Context) -> Iterator[Request]:
    # Without Details no output of a command leaves AWS, and no time of its plugins either.
    yield Request({"Filters": [{"key": "InvokedAfter", "value": _since(context)}], "Details": False})


def _automations(context: Context) -> Iterator[Request]:
    yield Request({"Filters": [{"Key": "StartTimeAfter", "Values": [_since(context)]}]})


SOURCES = (
    Source(
        name="ssm_association",
        service="ssm",
        operation="ListAssociations",
        scope=Scope.CELL,
        items="Associations[]",
        page_size=50,
        about="State Manager associations: which document runs on which nodes, when, and how it last went",
        system="State Manager",
        key=("AssociationId",),
        remember=("AssociationId", "Name", "AssociationVersion"),
        # Which parameter takes which resources; what else a map holds is whatever its author put there.
        drop=(Drop("Associations[].TargetMaps"),),
    ),
    Source(
        name="ssm_association_detail",
        service="ssm",
        operation="DescribeAssociation",
        scope=Scope.CELL,
        items="AssociationDescription",
        unit="item",
        about="how an association patches: scan or install, reboot or not, with which override; where its output goes",
        system="State Manager",
        key=("AssociationId",),
        needs=("ssm_association",),
        requests=_associations,
        detail=Detail(of="ssm_association", item="AssociationId", unchanged=("AssociationVersion", "Name")),
        remember=("Parameters",),
        drop=(
            Drop(
                "AssociationDescription.Parameters",
                PATCH_PARAMETERS,
                ("AssociationDescription.Name", *PATCH_DOCUMENTS),
            ),
            Drop("AssociationDescription.TargetMaps"),
            # Free text, of whoever set the status.
            Drop("AssociationDescription.Status.Message"),
            Drop("AssociationDescription.Status.AdditionalInfo"),
        ),
        least="1 per association: the listing does not give parameters",
    ),
    Source(
        name="ssm_association_execution",
        service="ssm",
        operation="DescribeAssociationExecutions",
        scope=Scope.CELL,
        items="AssociationExecutions[]",
        page_size=50,
        unit="watermark",
        about="when associations ran, and how that ended",
        system="State Manager",
        lasting=Lasting("CreatedTime", "Status", _ENDED_ASSOCIATION),
        key=("AssociationId", "ExecutionId"),
        needs=("ssm_association",),
        requests=_executions,
        remember=(
            "AssociationId",
            "ExecutionId",
            "Status",
            "DetailedStatus",
            "ResourceCountByStatus",
            "LastExecutionDate",
        ),
        least="1 per association and 50 executions since the last run: no listing covers all associations",
    ),
    Source(
        name="ssm_association_target",
        service="ssm",
        operation="DescribeAssociationExecutionTargets",
        scope=Scope.CELL,
        items="AssociationExecutionTargets[]",
        page_size=50,
        unit="item",
        about="how an execution went on each node: of associations that patch, and of others where it did not succeed",
        system="State Manager",
        key=("AssociationId", "ExecutionId", "ResourceId", "ResourceType"),
        needs=("ssm_association", "ssm_association_execution"),
        requests=_targets,
        detail=Detail(
            of="ssm_association_execution",
            item="ExecutionId",
            unchanged=("Status", "DetailedStatus", "ResourceCountByStatus", "LastExecutionDate"),
        ),
        least="1 per 50 nodes of every execution since the last run that patches or did not succeed",
    ),
    Source(
        name="ssm_command",
        service="ssm",
        operation="ListCommands",
        scope=Scope.CELL,
        items="Commands[]",
        page_size=50,
        unit="watermark",
        about="commands that were run, with how many nodes they reached; AWS keeps 30 days",
        system="Run Command",
        lasting=Lasting("RequestedDateTime", "Status", _ENDED_COMMAND),
        key=("CommandId",),
        requests=_commands,
        drop=(Drop("Commands[].Parameters", PATCH_PARAMETERS, ("DocumentName", *PATCH_DOCUMENTS)),),
    ),
    Source(
        name="ssm_command_invocation",
        service="ssm",
        operation="ListCommandInvocations",
        scope=Scope.CELL,
        items="CommandInvocations[]",
        page_size=50,
        unit="watermark",
        about="how each command went on each node; AWS keeps 30 days",
        system="Run Command",
        lasting=Lasting("RequestedDateTime", "Status", _ENDED_COMMAND),
        key=("CommandId", "InstanceId"),
        requests=_invocations,
        drop=(
            Drop("CommandInvocations[].CommandPlugins[].Output"),
            Drop("CommandInvocations[].TraceOutput"),
        ),
        harmless={
            "StandardOutputUrl": "where output is kept in S3; an address without a signature",
            "StandardErrorUrl": "where output is kept in S3; an address without a signature",
        },
        least="1 per 50 invocations since the last run: one listing covers all commands",
    ),
    Source(
        name="ssm_automation_execution",
        service="ssm",
        operation="DescribeAutomationExecutions",
        scope=Scope.CELL,
        items="AutomationExecutionMetadataList[]",
        page_size=50,
        unit="watermark",
        about="automations that were run, those of single targets too, and how they ended",
        system="Automation",
        lasting=Lasting("ExecutionStartTime", "AutomationExecutionStatus", _ENDED_AUTOMATION),
        key=("AutomationExecutionId",),
        requests=_automations,
        drop=(
            Drop("AutomationExecutionMetadataList[].Outputs"),
            Drop("AutomationExecutionMetadataList[].TargetMaps"),
            Drop("AutomationExecutionMetadataList[].Runbooks[].Parameters"),
            Drop("AutomationExecutionMetadataList[].Runbooks[].TargetMaps"),
            # A script's own words, and what it was given, may stand in its failure.
            Drop("AutomationExecutionMetadataList[].FailureMessage"),
            Drop("AutomationExecutionMetadataList[].WarningMessage"),
            # "Currently, only files in presigned Amazon S3 buckets are supported": the address carries a signature.
            Drop("AutomationExecutionMetadataList[].TargetLocationsURL"),
        ),
    ),
)

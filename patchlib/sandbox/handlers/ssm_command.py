"""AWS Systems Manager: State Manager, Run Command and Automation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from patchlib.sandbox.endpoint import Call, Handler, ServiceError
from patchlib.sandbox.handlers.listing import Row, after, before, described, equals, listed
from patchlib.sandbox.world.associations import Association, Execution
from patchlib.sandbox.world.calendars import HOUR, instant, to_datetime
from patchlib.sandbox.world.commands import Automation, Command
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.patch_policies import scan_id
from patchlib.sandbox.world.runs import DELIVERY_TIMEOUT, NodeRun

__all__ = ["handlers"]

_CREATED_AT = to_datetime(instant("2023-02-20T15:10:00Z"))
# Status of an invocation beside its StatusDetails (API reference, CommandInvocation), where the two differ.
_STATUS = {"DeliveryTimedOut": "TimedOut", "ExecutionTimedOut": "TimedOut", "InvalidPlatform": "Failed"}
_PLUGINS = {
    "AWS-RunPatchBaseline": "PatchLinux",
    "AWS-RunShellScript": "aws:runShellScript",
    "AWS-RunPowerShellScript": "aws:runPowerShellScript",
}
_FILTER_TYPES = {"CreatedTime": "GREATER_THAN", "Status": "EQUAL", "ExecutionId": "EQUAL"}


def handlers(estate: Estate) -> dict[str, Handler]:
    """The operations of this service over one estate."""
    own = {"AssociationId": "AssociationId"}
    names = {"Name": equals("Name"), "AssociationName": equals("AssociationName")}
    times = {"InvokedAfter": after("RequestedDateTime"), "InvokedBefore": before("RequestedDateTime")}
    commands = times | {"Status": equals("Status"), "DocumentName": equals("DocumentName")}
    plain = listed(
        "ssm_command_invocation", estate, _invocations, by={"CommandId": "CommandId", "InstanceId": "InstanceId"},
        filters=commands, ignored=("Details",),
    )  # fmt: skip
    detailed = listed(
        "ssm_command_invocation", estate, _detailed, by={"CommandId": "CommandId", "InstanceId": "InstanceId"},
        filters=commands, ignored=("Details",),
    )  # fmt: skip
    return {
        "ListAssociations": listed("ssm_association", estate, _associations, filters=names),
        "DescribeAssociation": described("ssm_association_detail", estate, _details, by=own, missing=_no_association),
        "DescribeAssociationExecutions": _executions(estate),
        "DescribeAssociationExecutionTargets": lambda call: _targets(estate, call),
        "ListCommands": listed("ssm_command", estate, _commands, by={"CommandId": "CommandId"}, filters=commands),
        "ListCommandInvocations": lambda call: (detailed if call.params.get("Details") else plain)(call),
        "DescribeAutomationExecutions": listed(
            "ssm_automation_execution", estate, _automations,
            filters={
                "StartTimeAfter": after("ExecutionStartTime"),
                "StartTimeBefore": before("ExecutionStartTime"),
                "ExecutionStatus": equals("AutomationExecutionStatus"),
            },
        ),
    }  # fmt: skip


def _no_association(call: Call) -> ServiceError:
    return ServiceError("AssociationDoesNotExist", f"Association {call.params.get('AssociationId')} does not exist.")


def _target_rows(targets: tuple[tuple[str, tuple[str, ...]], ...]) -> list[dict[str, Any]]:
    return [{"Key": key, "Values": list(values)} for key, values in targets]


def _own(estate: Estate, account_id: str, region: str) -> tuple[Association, ...]:
    return estate.associations.get((account_id, region), ())


def _done(estate: Estate, account_id: str, region: str) -> dict[str, Execution]:
    return estate.association_executions.get((account_id, region), {})


def _association(association: Association) -> dict[str, Any]:
    return {
        "Name": association.document,
        "AssociationId": association.association_id,
        "AssociationVersion": "1",
        "DocumentVersion": "$DEFAULT",
        "Targets": _target_rows(association.targets),
        "ScheduleExpression": association.schedule,
        "AssociationName": association.name,
    }


def _latest(estate: Estate, account_id: str, region: str) -> dict[str, Execution]:
    """The last execution of each association: executions are in ascending order."""
    return {each.association.association_id: each for each in _done(estate, account_id, region).values()}


def _overview(execution: Execution | None) -> dict[str, Any]:
    if execution is None:
        return {"Overview": {"Status": "Pending", "DetailedStatus": "Associated"}}
    status = execution.status
    overview = {"Status": status, "DetailedStatus": status, "AssociationStatusAggregatedCount": execution.counts}
    return {"Overview": overview, "LastExecutionDate": to_datetime(execution.created_at)}


def _associations(estate: Estate, account_id: str, region: str) -> Iterator[Row]:
    latest = _latest(estate, account_id, region)
    for association in _own(estate, account_id, region):
        yield _association(association) | _overview(latest.get(association.association_id))


def _details(estate: Estate, account_id: str, region: str) -> Iterator[Row]:
    latest = _latest(estate, account_id, region)
    for association in _own(estate, account_id, region):
        last = latest.get(association.association_id)
        found = _association(association) | _overview(last)
        found |= {
            "Date": _CREATED_AT,
            "LastUpdateAssociationDate": _CREATED_AT,
            "Parameters": association.parameters,
            "MaxConcurrency": "10%",
            "MaxErrors": "10%",
            "ComplianceSeverity": association.severity,
            "SyncCompliance": "AUTO",
            "ApplyOnlyAtCronInterval": True,
            "CalendarNames": [],
        }
        if association.bucket:
            found["OutputLocation"] = {"S3Location": {"OutputS3BucketName": association.bucket}}
        if last is not None and last.status == "Success":
            found["LastSuccessfulExecutionDate"] = to_datetime(last.created_at)
        yield found


def _executions(estate: Estate) -> Handler:
    answer = listed(
        "ssm_association_execution",
        estate,
        _execution_rows,
        by={"AssociationId": "AssociationId"},
        filters={
            "CreatedTime": after("CreatedTime"),
            "Status": equals("Status"),
            "ExecutionId": equals("ExecutionId"),
        },
    )

    def handler(call: Call) -> dict[str, Any]:
        for item in call.params.get("Filters", []):
            if item["Type"] != _FILTER_TYPES.get(item["Key"]):
                text = f"The sandbox does not filter {item['Key']} by {item['Type']}."
                raise ServiceError("ValidationException", text)
        asked = call.params["AssociationId"]
        if all(each.association_id != asked for each in _own(estate, call.account_id, call.region)):
            raise _no_association(call)
        return answer(call)

    return handler


def _execution_rows(estate: Estate, account_id: str, region: str) -> Iterator[Row]:
    # Latest first, as the published examples of the operation are.
    for execution in reversed(_done(estate, account_id, region).values()):
        counts = ", ".join(f"{status}={count}" for status, count in execution.counts.items())
        row = {
            "AssociationId": execution.association.association_id,
            "AssociationVersion": "1",
            "ExecutionId": execution.execution_id,
            "Status": execution.status,
            "DetailedStatus": execution.status,
            "CreatedTime": to_datetime(execution.created_at),
            "ResourceCountByStatus": f"{{{counts}}}",
        }
        yield row if execution.done_at is None else row | {"LastExecutionDate": to_datetime(execution.done_at)}


def _targets(estate: Estate, call: Call) -> dict[str, Any]:
    if call.params.get("Filters"):
        raise ServiceError("ValidationException", "The sandbox does not filter the targets of an execution.")
    execution = _done(estate, call.account_id, call.region).get(call.params["ExecutionId"])
    if execution is None or execution.association.association_id != call.params["AssociationId"]:
        text = f"Association execution {call.params['ExecutionId']} does not exist."
        raise ServiceError("AssociationExecutionDoesNotExist", text)
    rows = []
    for target in execution.targets:
        row: dict[str, Any] = {
            "AssociationId": execution.association.association_id,
            "AssociationVersion": "1",
            "ExecutionId": execution.execution_id,
            "ResourceId": target.node.node_id,
            "ResourceType": "ManagedInstance",
            "Status": target.status,
            "DetailedStatus": target.detailed_status,
        }
        if target.done_at is not None:
            row["LastExecutionDate"] = to_datetime(target.done_at)
            if execution.association.purpose == "scan":
                # A command on the node does it; the compliance that it writes names the same command.
                command = scan_id(estate.draws, target.node, target.done_at)
                row["OutputSource"] = {"OutputSourceId": command, "OutputSourceType": "RunCommand"}
        rows.append(row)
    return {"AssociationExecutionTargets": rows}


def _cell_commands(estate: Estate, account_id: str, region: str) -> tuple[Command, ...]:
    return estate.commands.get((account_id, region), ())


def _commands(estate: Estate, account_id: str, region: str) -> Iterator[Row]:
    for command in _cell_commands(estate, account_id, region):
        status, details = command.status
        yield {
            "CommandId": command.command_id,
            "DocumentName": command.document,
            "DocumentVersion": "$DEFAULT",
            "Comment": command.comment,
            "ExpiresAfter": to_datetime(command.requested_at + DELIVERY_TIMEOUT + HOUR),
            "Parameters": command.parameters,
            "InstanceIds": [],
            "Targets": _target_rows(command.targets),
            "RequestedDateTime": to_datetime(command.requested_at),
            "Status": status,
            "StatusDetails": details,
            "OutputS3BucketName": command.bucket,
            "OutputS3KeyPrefix": "",
            "MaxConcurrency": command.max_concurrency,
            "MaxErrors": command.max_errors,
            "TargetCount": len(command.nodes),
            "CompletedCount": len(command.nodes) - command.count("Pending", "InProgress"),
            "ErrorCount": command.count("Failed", "ExecutionTimedOut"),
            "DeliveryTimedOutCount": command.count("DeliveryTimedOut"),
            "TimeoutSeconds": DELIVERY_TIMEOUT,
        }


def _invocation(command: Command, run: NodeRun) -> dict[str, Any]:
    return {
        "CommandId": command.command_id,
        "InstanceId": run.node.node_id,
        "InstanceName": "",
        "Comment": command.comment,
        "DocumentName": command.document,
        "DocumentVersion": "$DEFAULT",
        # Nodes are sent their part as others end theirs: each has its own instant.
        "RequestedDateTime": to_datetime(run.started_at),
        "Status": _STATUS.get(run.status, run.status),
        "StatusDetails": run.status,
        "StandardOutputUrl": "",
        "StandardErrorUrl": "",
        "CommandPlugins": [],
    }


def _invocations(estate: Estate, account_id: str, region: str) -> Iterator[Row]:
    for command in _cell_commands(estate, account_id, region):
        yield from (_invocation(command, run) for run in command.nodes)


def _detailed(estate: Estate, account_id: str, region: str) -> Iterator[Row]:
    for command in _cell_commands(estate, account_id, region):
        for run in command.nodes:
            row = _invocation(command, run)
            if run.ended_at is not None:
                row["CommandPlugins"] = [_plugin(command, run)]
            yield row


def _plugin(command: Command, run: NodeRun) -> dict[str, Any]:
    is_windows = run.node.platform.is_windows and command.document == "AWS-RunPatchBaseline"
    return {
        "Name": "PatchWindows" if is_windows else _PLUGINS[command.document],
        "Status": _STATUS.get(run.status, run.status),
        "StatusDetails": run.status,
        "ResponseCode": 0 if run.status == "Success" else 1,
        "ResponseStartDateTime": to_datetime(run.started_at),
        "ResponseFinishDateTime": to_datetime(run.ended_at or run.started_at),
        "Output": "DB_PASSWORD=not-a-real-one",
    }


def _automations(estate: Estate, account_id: str, region: str) -> Iterator[Row]:
    for automation in estate.automations.get((account_id, region), ()):
        yield _automation(automation)


def _automation(automation: Automation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "AutomationExecutionId": automation.automation_id,
        "DocumentName": automation.document,
        "DocumentVersion": "1",
        "AutomationExecutionStatus": automation.status,
        "ExecutionStartTime": to_datetime(automation.started_at),
        "ExecutedBy": automation.executed_by,
        "LogFile": "",
        "Outputs": automation.outputs,
        "Mode": "Auto",
        "Targets": _target_rows(automation.targets),
        "ResolvedTargets": {"ParameterValues": [], "Truncated": False},
        "AutomationType": "Local",
    }
    if automation.ended_at is not None:
        found["ExecutionEndTime"] = to_datetime(automation.ended_at)
    if automation.status == "Failed":
        found["FailureMessage"] = f"Step {automation.step} failed: DB_PASSWORD=not-a-real-one"
    optional = {
        "ParentAutomationExecutionId": automation.parent_id,
        "CurrentStepName": automation.step,
        "Target": automation.target,
    }
    return found | {name: value for name, value in optional.items() if value}

"""What Run Command and Automation show: what maintenance windows started, and what people ran by hand.

People run a script now and then, with a password in it, as people do. In the first production account somebody
tries every Monday to install on the nodes that fell silent; no agent ever fetches that. An image build runs every
Friday in the shared services, and fails at its updates in the last week of each month.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from patchlib.sandbox.world.associations import OUTPUT_BUCKET
from patchlib.sandbox.world.calendars import DAY, HOUR, to_datetime
from patchlib.sandbox.world.draws import Draws
from patchlib.sandbox.world.nodes import Node
from patchlib.sandbox.world.runs import DELIVERY_TIMEOUT, HISTORY, NodeRun, WindowRun
from patchlib.sandbox.world.windows import PATCH_DOCUMENT, RESTART_DOCUMENT

__all__ = ["Automation", "Command", "cell_automations", "cell_commands"]

# Invented: the share of days on which somebody runs a script in a cell.
_SCRIPT_DAYS = 0.06
_INSISTENT = ("210400173933", "eu-central-1")
_IMAGES = ("210400173962", "eu-central-1")
_IMAGE_DOCUMENT = "AWS-UpdateLinuxAmi"
Targets = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Command:
    """One command with its part on every node; instants in seconds since 1970."""

    command_id: str
    document: str
    requested_at: int
    targets: Targets
    parameters: dict[str, list[str]]
    nodes: tuple[NodeRun, ...]
    max_concurrency: str = "50"
    max_errors: str = "0"
    comment: str = ""
    bucket: str = ""

    def count(self, *statuses: str) -> int:
        """How many of its nodes are in one of these states."""
        return sum(run.status in statuses for run in self.nodes)

    @property
    def status(self) -> tuple[str, str]:
        """Status and StatusDetails, as ListCommands gives them."""
        if self.count("Pending", "InProgress"):
            return "InProgress", "InProgress"
        if self.count("Success") == len(self.nodes):
            return "Success", "Success"
        if self.count("DeliveryTimedOut") == len(self.nodes):
            return "TimedOut", "DeliveryTimedOut"
        # "not enough invocations failed for the status to be Failed": how Incomplete is explained in the user guide.
        is_failed = self.max_errors == "0" and self.count("Failed", "ExecutionTimedOut")
        return "Failed", "Failed" if is_failed else "Incomplete"


@dataclass(frozen=True)
class Automation:
    """One automation, or the part of one on a single target: then `parent_id` names it."""

    automation_id: str
    document: str
    started_at: int
    ended_at: int | None
    status: str
    executed_by: str
    step: str = ""
    parent_id: str = ""
    target: str = ""
    targets: Targets = ()
    outputs: dict[str, list[str]] = field(default_factory=dict)


def cell_commands(
    draws: Draws, cell: tuple[str, str], nodes: Sequence[Node], runs: Sequence[WindowRun], as_of: int
) -> tuple[Command, ...]:
    """The commands of a cell in the last 30 days, latest first."""
    found = [_of_window(run) for run in runs if run.window.task_document == PATCH_DOCUMENT and run.action_id]
    found += [*_scripts(draws, cell, nodes, as_of), *_insisting(draws, cell, nodes, as_of)]
    return tuple(sorted(found, key=lambda each: (-each.requested_at, each.command_id)))


def _of_window(run: WindowRun) -> Command:
    window = run.window
    return Command(
        command_id=run.action_id,
        document=window.task_document,
        requested_at=run.opened_at + 2,
        targets=((window.target_key, (window.patch_group,)),),
        parameters={
            "Operation": [window.operation],
            "RebootOption": [window.reboot_option],
            "SnapshotId": [run.execution_id],
        },
        nodes=run.nodes,
        max_concurrency=window.max_concurrency,
        max_errors=window.max_errors,
        # As windows mark their commands in AWS's published examples: execution and invocation.
        comment=f"{run.execution_id}:{run.invocation_id}",
        bucket=f"{OUTPUT_BUCKET}-{window.region}",
    )


def _days(as_of: int) -> range:
    return range((as_of - HISTORY) // DAY + 1, as_of // DAY + 1)


def _standing(nodes: Sequence[Node], at: int) -> list[Node]:
    """Single managed machines that were there: none of them goes, so a later world picks the same."""
    return [node for node in nodes if node.auto_scaling_group is None and node.launched_at <= at and node.is_listed(at)]


def _scripts(draws: Draws, cell: tuple[str, str], nodes: Sequence[Node], as_of: int) -> Iterator[Command]:
    for day in _days(as_of):
        at = day * DAY + draws.between(7 * HOUR, 16 * HOUR, "script", *cell, day)
        awake = [node for node in _standing(nodes, at) if node.silent_at > at + HOUR]
        if draws.uniform("script day", *cell, day) >= _SCRIPT_DAYS or not awake or at > as_of:
            continue
        first = min(awake, key=lambda node: draws.key("script node", day, node.node_id))
        alike = [node for node in awake if node.service == first.service][:3]
        line = "restart-service Agent" if first.platform.is_windows else "systemctl restart agent"
        yield Command(
            command_id=draws.uuid("script", *cell, day),
            document="AWS-RunPowerShellScript" if first.platform.is_windows else "AWS-RunShellScript",
            requested_at=at,
            targets=(("InstanceIds", tuple(node.node_id for node in alike)),),
            parameters={"commands": [f"DB_PASSWORD=not-a-real-one {line}"]},
            nodes=tuple(_script_run(draws, node, at, as_of) for node in alike),
        )


def _script_run(draws: Draws, node: Node, at: int, as_of: int) -> NodeRun:
    ended = at + draws.between(2, 40, "script length", node.node_id, at)
    is_good = draws.uniform("script result", node.node_id, at) < 0.9
    if ended > as_of:
        return NodeRun(node, at, None, "InProgress")
    return NodeRun(node, at, ended, "Success" if is_good else "Failed")


def _insisting(draws: Draws, cell: tuple[str, str], nodes: Sequence[Node], as_of: int) -> Iterator[Command]:
    for day in _days(as_of) if cell == _INSISTENT else ():
        at = day * DAY + 9 * HOUR + 600
        silent = [node for node in _standing(nodes, at) if node.lost_at <= at and node.is_patchable]
        if to_datetime(at).weekday() != 0 or not silent or at > as_of:
            continue
        status = "DeliveryTimedOut" if at + DELIVERY_TIMEOUT <= as_of else "Pending"
        yield Command(
            command_id=draws.uuid("insisting", *cell, day),
            document=PATCH_DOCUMENT,
            requested_at=at,
            targets=(("InstanceIds", tuple(node.node_id for node in silent[:50])),),
            parameters={"Operation": ["Install"], "RebootOption": ["NoReboot"]},
            nodes=tuple(NodeRun(node, at, None, status) for node in silent[:50]),
        )


def cell_automations(
    draws: Draws, cell: tuple[str, str], runs: Sequence[WindowRun], as_of: int
) -> tuple[Automation, ...]:
    """The automations of a cell in the last 30 days, latest first."""
    restarts = (run for run in runs if run.window.task_document == RESTART_DOCUMENT)
    found = [each for run in restarts for each in _restart(draws, run)]
    found += _image_builds(draws, cell, as_of)
    return tuple(sorted(found, key=lambda each: (-each.started_at, each.automation_id)))


def _restart(draws: Draws, run: WindowRun) -> Iterator[Automation]:
    window = run.window
    role = f"arn:aws:sts::{window.account_id}:assumed-role/AWSServiceRoleForAmazonSSM/OrchestrationService"
    status = {"IN_PROGRESS": "InProgress", "SUCCESS": "Success", "FAILED": "Failed"}[run.status]
    yield Automation(
        automation_id=run.action_id,
        document=window.task_document,
        started_at=run.opened_at,
        ended_at=run.ended_at,
        status=status,
        executed_by=role,
        targets=((window.target_key, (window.patch_group,)),),
    )
    for each in run.nodes:
        yield Automation(
            automation_id=draws.uuid("restart", run.action_id, each.node.node_id),
            document=window.task_document,
            started_at=each.started_at,
            ended_at=each.ended_at,
            status=each.status,
            executed_by=role,
            step="stopInstances" if each.status == "Failed" else "",
            parent_id=run.action_id,
            target=each.node.node_id,
        )


def _image_builds(draws: Draws, cell: tuple[str, str], as_of: int) -> Iterator[Automation]:
    for day in _days(as_of) if cell == _IMAGES else ():
        at = day * DAY + 18 * HOUR
        moment = to_datetime(at)
        if moment.weekday() != 4 or at > as_of:
            continue
        fails = to_datetime(at + 7 * DAY).month != moment.month
        ended = at + draws.between(900, 2400, "image build", day)
        yield Automation(
            automation_id=draws.uuid("image build", day),
            document=_IMAGE_DOCUMENT,
            started_at=at,
            ended_at=ended if ended <= as_of else None,
            status="InProgress" if ended > as_of else "Failed" if fails else "Success",
            executed_by=f"arn:aws:sts::{cell[0]}:assumed-role/image-builder/pipeline",
            step="installUpdates" if fails or ended > as_of else "",
            outputs={} if fails or ended > as_of else {"createImage.ImageId": [f"token=not-a-real-one {day}"]},
        )

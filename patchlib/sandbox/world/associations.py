"""State Manager associations: what scans the nodes every day, and what else runs on them.

    daily-patch-scan   scans every managed node; each node at its own second, as its patch state says
    AWS-QuickSetup-... in the accounts of PATCH_POLICY_ACCOUNT a Quick Setup patch policy scans one application's
                       nodes instead, with a baseline override from its own bucket; the daily scan leaves them out
    inventory          software inventory, twice a day
    ssm-agent-update   every Sunday; fails on the nodes whose agent is old, which is why it is
    legacy-install     meant to install on a patch group whose window is switched off; it targets a tag that no
                       node carries, so every execution is skipped

An agent fetches its associations itself: a node that fell silent takes part in no later execution. Simpler than
life: an association never changes, so its version is 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from patchlib.sandbox.world.calendars import DAY, HOUR
from patchlib.sandbox.world.draws import Draws
from patchlib.sandbox.world.nodes import Node
from patchlib.sandbox.world.runs import HISTORY

__all__ = [
    "OUTPUT_BUCKET",
    "PATCH_POLICY_ACCOUNT",
    "PATCH_POLICY_TAG",
    "Association",
    "Execution",
    "Target",
    "cell_associations",
    "execute",
    "has_latest_agent",
    "latest_results",
    "patch_policy_application",
    "patch_policy_bucket",
    "patch_policy_id",
]

PATCH_POLICY_ACCOUNT = "210400173974"
# What a patch policy tags the nodes with that it is to scan; here the application's own tag serves.
PATCH_POLICY_TAG = "tag:Application"
# Where the output of scans and patch commands goes, one bucket for each Region.
OUTPUT_BUCKET = "alderbrook-patch-logs"
_LATEST_AGENTS = 0.7
_LEGACY = "development-legacy"
# 1970-01-01 was a Thursday.
_FIRST_SUNDAY = 3 * DAY


@dataclass(frozen=True)
class Association:
    """One association. Instants and spans in seconds; the first of its executions is at `offset`.

    bucket:  where its output goes, "" = nowhere.
    purpose: scan, inventory, agent or nobody: what decides when it is done on a node and how.
    targets: as State Manager has them: key and values.
    """

    association_id: str
    name: str
    document: str
    purpose: str
    schedule: str
    every: int
    offset: int
    targets: tuple[tuple[str, tuple[str, ...]], ...]
    parameters: dict[str, list[str]] = field(default_factory=dict)
    severity: str = "UNSPECIFIED"
    excluded_application: str = ""
    bucket: str = ""

    def reaches(self, node: Node) -> bool:
        """Whether its targets hold the node, were it there."""
        application = node.tags.get("Application", "")
        if self.purpose == "nobody" or node.unmanaged or application == self.excluded_application:
            return False
        wanted = dict(self.targets).get(PATCH_POLICY_TAG)
        return wanted is None or application in wanted

    def openings(self, as_of: int) -> list[int]:
        """Its executions of the last 30 days, ascending."""
        first = (as_of - HISTORY - self.offset) // self.every + 1
        last = (as_of - self.offset) // self.every
        return [self.offset + number * self.every for number in range(first, last + 1)]


@dataclass(frozen=True)
class Target:
    """How an execution went on one node; done_at: None = not yet."""

    node: Node
    status: str
    detailed_status: str
    done_at: int | None


@dataclass(frozen=True)
class Execution:
    """One execution of an association."""

    association: Association
    execution_id: str
    created_at: int
    targets: tuple[Target, ...]

    @cached_property
    def counts(self) -> dict[str, int]:
        """Targets by status, in the order of their names."""
        statuses = [target.status for target in self.targets]
        return {status: statuses.count(status) for status in sorted(set(statuses))}

    @property
    def status(self) -> str:
        """Success only where every target succeeded; Skipped where there is none."""
        found = self.counts
        if not found:
            return "Skipped"
        return next(status for status in ("InProgress", "Failed", "Success") if status in found)

    @property
    def done_at(self) -> int | None:
        """When the last target reported, None when none did."""
        return max((target.done_at for target in self.targets if target.done_at is not None), default=None)


def latest_results(done: Iterable[Execution]) -> dict[str, dict[str, Target]]:
    """By node id, how each association (by id) last ended on it; executions ascending."""
    found: dict[str, dict[str, Target]] = {}
    for execution in done:
        for target in execution.targets:
            if target.done_at is not None:
                found.setdefault(target.node.node_id, {})[execution.association.association_id] = target
    return found


def has_latest_agent(draws: Draws, node: Node) -> bool:
    """Whether the node's agent is the latest one."""
    return draws.uniform("agent", node.node_id) < _LATEST_AGENTS


def patch_policy_id(draws: Draws, cell: tuple[str, str]) -> str:
    """The five characters that Quick Setup gives to a patch policy: one policy for each Region."""
    return "".join(draws.choose("bcdfghjkmnpqrstvwxz23456789", "patch policy", *cell, place) for place in range(5))


def patch_policy_bucket(draws: Draws, cell: tuple[str, str]) -> str:
    """The bucket from which a patch policy's scans take their baseline override."""
    return f"aws-quicksetup-patchpolicy-{cell[0]}-{patch_policy_id(draws, cell)}"


def patch_policy_application(cell: tuple[str, str], nodes: Sequence[Node]) -> str:
    """The application that the cell's patch policy scans; "" where there is no policy."""
    scanned = [node for node in nodes if node.is_patchable and node.auto_scaling_group is None]
    if cell[0] != PATCH_POLICY_ACCOUNT or not scanned:
        return ""
    # The oldest node decides: no later one can change the answer.
    return min(scanned, key=lambda node: (node.launched_at, node.node_id)).tags["Application"]


def _patch_policy(draws: Draws, cell: tuple[str, str], application: str) -> Association:
    number = patch_policy_id(draws, cell)
    return Association(
        association_id=draws.uuid("association", *cell, "patch policy"),
        # As Quick Setup names them, seen in several public accounts of its use (2026-11-25).
        name=f"AWS-QuickSetup-PatchPolicy-ScanForPatches-LA-{number}",
        document="AWS-RunPatchBaseline",
        purpose="scan",
        schedule="cron(0 1 * * ? *)",
        every=DAY,
        offset=HOUR,
        targets=((PATCH_POLICY_TAG, (application,)),),
        parameters={
            "Operation": ["Scan"],
            "RebootOption": ["NoReboot"],
            "BaselineOverride": [f"s3://{patch_policy_bucket(draws, cell)}/baseline_overrides.json"],
        },
    )


def cell_associations(draws: Draws, cell: tuple[str, str], nodes: Sequence[Node]) -> tuple[Association, ...]:
    """The associations of a cell that holds these nodes."""
    application = patch_policy_application(cell, nodes)

    def own(
        name: str, document: str, purpose: str, schedule: str, every: int, offset: int, **more: object
    ) -> Association:
        everything = (("InstanceIds", ("*",)),)
        known = {"targets": everything, **more}
        identity = draws.uuid("association", *cell, name)
        return Association(identity, name, document, purpose, schedule, every, offset, **known)  # type: ignore[arg-type]

    scan = {"Operation": ["Scan"], "RebootOption": ["NoReboot"]}
    found = [
        own(
            "daily-patch-scan", "AWS-RunPatchBaseline", "scan", "cron(0 1 * * ? *)", DAY, HOUR,
            parameters=scan, severity="HIGH", excluded_application=application, bucket=f"{OUTPUT_BUCKET}-{cell[1]}",
        ),
        own("inventory", "AWS-GatherSoftwareInventory", "inventory", "rate(12 hours)", DAY // 2, 20 * 60,
            parameters={"applications": ["Enabled"], "windowsUpdates": ["Enabled"]}),
        own("ssm-agent-update", "AWS-UpdateSSMAgent", "agent", "cron(0 2 ? * SUN *)", 7 * DAY,
            _FIRST_SUNDAY + 2 * HOUR),
    ]  # fmt: skip
    if application:
        found.append(_patch_policy(draws, cell, application))
    if any(node.patch_group == _LEGACY for node in nodes):
        install = {"Operation": ["Install"], "RebootOption": ["RebootIfNeeded"]}
        found.append(
            own("legacy-install", "AWS-RunPatchBaseline", "nobody", "cron(0 3 ? * SUN *)", 7 * DAY,
                _FIRST_SUNDAY + 3 * HOUR, parameters=install, targets=(("tag:Patch Group", ("legacy",)),))
        )  # fmt: skip
    return tuple(found)


def execute(draws: Draws, association: Association, nodes: Sequence[Node], created_at: int, as_of: int) -> Execution:
    """One execution of an association over the nodes of its cell, as it looks at `as_of`."""
    there = (node for node in nodes if association.reaches(node) and node.launched_at <= created_at < node.silent_at)
    return Execution(
        association=association,
        execution_id=draws.uuid("association execution", association.association_id, created_at),
        created_at=created_at,
        targets=tuple(_target(draws, association, node, created_at, as_of) for node in there),
    )


def _target(draws: Draws, association: Association, node: Node, created_at: int, as_of: int) -> Target:
    if association.purpose == "scan":
        length = 20 + node.scan_second % 70
        done_at = created_at // DAY * DAY + node.scan_second + length
        is_good = node.is_patchable
    else:
        done_at = created_at + draws.between(30, 1500, "association delay", node.node_id, created_at)
        is_good = association.purpose != "agent" or has_latest_agent(draws, node)
    if done_at > min(as_of, node.silent_at):
        is_over = node.silent_at <= as_of
        return Target(node, "Failed", "TimedOut", None) if is_over else Target(node, "InProgress", "InProgress", None)
    word = "Success" if is_good else "Failed"
    return Target(node, word, word, done_at)

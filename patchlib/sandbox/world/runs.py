"""What maintenance windows ran, node by node: the same operations that the nodes' own states come from.

A node starts `run_delay` seconds after its window opens and ends RUN_MINUTES later (see `dynamics`). Its run
fails when a try of that opening fails, so after an installation a run is `Failed` exactly where the node lists
a patch as Failed. A node that fell silent before is never reached; a node that nothing ever scans fails each time.

The nightly scan has a service role that was deleted: it opens, its task fails, and no node hears of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from patchlib.sandbox.world.calendars import DAY
from patchlib.sandbox.world.draws import Draws
from patchlib.sandbox.world.dynamics import RUN_MINUTES, Cohort
from patchlib.sandbox.world.nodes import Node
from patchlib.sandbox.world.windows import Window

__all__ = ["HISTORY", "NodeRun", "WindowRun", "execution_id", "failing", "window_runs"]

# AWS keeps the history of commands for 30 days; nothing older is answered for windows and associations either.
HISTORY = 30 * DAY
# Seconds until a command that no agent fetched is given up: TimeoutSeconds of the windows' tasks.
DELIVERY_TIMEOUT = 600
_RESTART_SECONDS = (75, 240)

Place = Mapping[str, tuple[Cohort, int]]


@dataclass(frozen=True)
class NodeRun:
    """One node's part in a run; instants in seconds since 1970.

    status:   as Run Command details it: Pending, InProgress, Success, Failed, DeliveryTimedOut, ExecutionTimedOut,
              InvalidPlatform.
    ended_at: None = the node did not report an end.
    """

    node: Node
    started_at: int
    ended_at: int | None
    status: str


@dataclass(frozen=True)
class WindowRun:
    """One opening of a window with all it did.

    action_id: the command or automation that its task started; "" where the task could start nothing.
    """

    window: Window
    opened_at: int
    as_of: int
    execution_id: str
    task_execution_id: str
    invocation_id: str
    action_id: str
    nodes: tuple[NodeRun, ...]

    @property
    def is_running(self) -> bool:
        """Whether some node has not ended yet."""
        return any(run.status in ("Pending", "InProgress") for run in self.nodes)

    @property
    def status(self) -> str:
        """The status of the execution, as windows spell it."""
        if self.is_running:
            return "IN_PROGRESS"
        is_good = bool(self.action_id) and all(run.status == "Success" for run in self.nodes)
        return "SUCCESS" if is_good else "FAILED"

    @cached_property
    def ended_at(self) -> int | None:
        """When the last node had ended or was given up; None while it runs."""
        if self.is_running:
            return None
        ends = (run.started_at + DELIVERY_TIMEOUT if run.ended_at is None else run.ended_at for run in self.nodes)
        return max(ends, default=self.opened_at + 1) + 4


def execution_id(draws: Draws, window: Window, opened_at: int) -> str:
    """The id of a window's execution; the SnapshotId of what it installs, as its task's parameter says."""
    return draws.uuid("window-execution", window.window_id, opened_at)


def failing(cohort: Cohort, opening: int) -> npt.NDArray[np.bool_]:
    """For each node of a cohort, whether a patch that it tries at an opening (by position) fails."""
    at = cohort.try_at(np.full_like(cohort.first_try, opening))
    fails = (cohort.first_try <= opening) & (opening < cohort.first_try + cohort.failed_tries)
    installed = np.where(at > cohort.restored, cohort.installed, cohort.installed_before_restore)
    is_open = cohort.present & ~cohort.in_image & (installed > at) & (cohort.rejected[None, :] > at)
    return np.asarray((fails & is_open).any(axis=1))


def window_runs(
    draws: Draws, windows: Sequence[Window], nodes: Sequence[Node], place: Place, as_of: int
) -> tuple[WindowRun, ...]:
    """Every opening of a cell's windows in the last 30 days, in order."""
    cohorts = {id(cohort): cohort for cohort, _ in (place[n.node_id] for n in nodes if n.node_id in place)}
    found = [
        _run(draws, window, int(position), nodes, place, list(cohorts.values()), as_of)
        for window in windows
        for position in np.flatnonzero((window.openings > as_of - HISTORY) & (window.openings <= as_of))
    ]
    return tuple(sorted(found, key=lambda run: (run.opened_at, run.window.name)))


def _run(
    draws: Draws,
    window: Window,
    position: int,
    nodes: Sequence[Node],
    place: Place,
    cohorts: Sequence[Cohort],
    as_of: int,
) -> WindowRun:
    opened_at = int(window.openings[position])
    own = execution_id(draws, window, opened_at)
    reached = [node for node in nodes if _reaches(window, node, opened_at)]
    if window.operation == "Scan":
        runs: Iterator[NodeRun] = iter(())
    elif window.operation == "Restart":
        runs = (_restarted(draws, node, opened_at, as_of) for node in reached)
    else:
        fails = {id(cohort): failing(cohort, position) for cohort in cohorts if cohort.schedules.install == window}
        runs = (_installed(node, opened_at, _fails(node, place, fails), as_of) for node in reached)
    return WindowRun(
        window=window,
        opened_at=opened_at,
        as_of=as_of,
        execution_id=own,
        task_execution_id=draws.uuid("window-execution-task", own),
        invocation_id=draws.uuid("window-invocation", own),
        action_id="" if window.operation == "Scan" else draws.uuid("window-action", own),
        nodes=tuple(runs),
    )


def _reaches(window: Window, node: Node, at: int) -> bool:
    """Whether a window's target holds the node: tagged, managed, there. An automation of EC2 finds EC2 only."""
    is_kind = window.operation != "Restart" or node.kind == "ec2"
    return node.patch_group == window.patch_group and is_kind and node.served_from <= at and node.is_listed(at)


def _fails(node: Node, place: Place, fails: Mapping[int, npt.NDArray[np.bool_]]) -> bool:
    if node.node_id not in place:
        return True
    cohort, row = place[node.node_id]
    return bool(fails[id(cohort)][row])


def _installed(node: Node, opened_at: int, fails: bool, as_of: int) -> NodeRun:
    started, ended = opened_at + node.run_delay, opened_at + node.run_delay + RUN_MINUTES * 60
    if not node.platform.operating_system and started <= as_of:
        return NodeRun(node, started, started + 1, "InvalidPlatform")
    if not node.is_patchable:
        ended = started + 5
    if started > as_of:
        return NodeRun(node, started, None, "Pending")
    if node.silent_at <= started:
        return NodeRun(node, started, None, "DeliveryTimedOut" if started + DELIVERY_TIMEOUT <= as_of else "Pending")
    if ended > as_of:
        return NodeRun(node, started, None, "InProgress")
    if node.silent_at < ended:
        return NodeRun(node, started, None, "ExecutionTimedOut")
    return NodeRun(node, started, ended, "Failed" if fails else "Success")


def _restarted(draws: Draws, node: Node, opened_at: int, as_of: int) -> NodeRun:
    ended = opened_at + draws.between(*_RESTART_SECONDS, "restart", node.node_id, opened_at)
    if ended > as_of:
        return NodeRun(node, opened_at, None, "InProgress")
    # A stopped instance cannot be restarted; one that only lost its agent can.
    return NodeRun(node, opened_at, ended, "Failed" if node.stopped_at <= opened_at else "Success")

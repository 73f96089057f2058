"""What a node's last patch operation saw: one state per patch, and the counts of it.

The counts are counted from the rows, so they agree with them. States are AWS's
(user guide, "Understanding patch compliance state values").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from patchlib.sandbox.world.baselines import Baseline
from patchlib.sandbox.world.calendars import DAY
from patchlib.sandbox.world.catalogue import Patch
from patchlib.sandbox.world.draws import Draws
from patchlib.sandbox.world.dynamics import RUN_MINUTES, Cohort, Schedules
from patchlib.sandbox.world.nodes import Node

__all__ = ["Observation", "Operation", "Row", "last_operation", "observe"]

NOT_COMPLIANT = ("Missing", "Failed", "InstalledPendingReboot", "InstalledRejected")
# Share of absent packages that a Linux scan reports as not applicable; Windows reports all of them.
REPORTED_NOT_APPLICABLE = 0.2
# Packages that nobody's rules approve, installed with the system: their versions are invented.
_OTHER_LINUX = ("bash", "chrony", "dracut", "e2fsprogs", "ethtool", "file", "gawk", "hostname", "kbd", "lsof", "mdadm",
                "nano", "parted", "psmisc", "quota", "sed", "strace", "which")  # fmt: skip
_OTHER_WINDOWS = tuple(f"KB59800{number:02d}" for number in range(11, 31))


@dataclass(frozen=True)
class Operation:
    """One run of AWS-RunPatchBaseline on a node; instants in seconds since 1970."""

    kind: Literal["Scan", "Install"]
    started_at: int
    ended_at: int


@dataclass(frozen=True)
class Row:
    """One patch as a scan lists it.

    installed_at: None = not installed.
    """

    title: str
    kb_id: str
    classification: str
    severity: str
    state: str
    installed_at: int | None = None
    cve_ids: tuple[str, ...] = ()
    compliance_level: str = "UNSPECIFIED"
    is_security: bool = False


@dataclass(frozen=True)
class Observation:
    """A node's patch state after its last operation."""

    node: Node
    baseline: Baseline
    operation: Operation
    reboot_option: str
    last_no_reboot_install_at: int | None
    unreported_not_applicable: int
    rows: tuple[Row, ...]

    @cached_property
    def counts(self) -> Counter[str]:
        """Rows by state."""
        return Counter(row.state for row in self.rows)

    @cached_property
    def non_compliant(self) -> Counter[str]:
        """Rows that are not compliant, by how they count: critical, security, other."""

        def way(row: Row) -> str:
            if row.compliance_level == "CRITICAL":
                return "critical"
            return "security" if row.is_security else "other"

        return Counter(way(row) for row in self.rows if row.state in NOT_COMPLIANT)


def last_operation(node: Node, schedules: Schedules, as_of: int) -> Operation | None:
    """The last scan or install that ended by `as_of`, None when there was none."""
    until = min(as_of, node.silent_at)
    start = (until - node.scan_second) // DAY * DAY + node.scan_second
    length = 20 + node.scan_second % 70
    start -= DAY if start + length > until else 0
    scan = Operation("Scan", start, start + length) if start >= node.launched_at else None
    runs = schedules.openings + node.run_delay
    ended = runs[(schedules.openings >= node.served_from) & (runs + RUN_MINUTES * 60 <= until)]
    if len(ended) and (scan is None or ended[-1] + RUN_MINUTES * 60 > scan.ended_at):
        return Operation("Install", int(ended[-1]), int(ended[-1]) + RUN_MINUTES * 60)
    return scan


def observe(cohort: Cohort, position: int, as_of: int) -> Observation | None:
    """What the last operation of one node of a cohort saw; None when nothing ever ran."""
    node = cohort.nodes[position]
    operation = last_operation(node, cohort.schedules, as_of)
    if operation is None or not node.is_patchable:
        return None
    rows = [*_rows(cohort, position, operation.ended_at), *_others(cohort.draws, node)]
    rows.sort(key=lambda row: (row.title, row.kb_id))
    option, last = _reboot_option(cohort.schedules, node, operation)
    return Observation(
        node=node,
        baseline=cohort.baseline,
        operation=operation,
        reboot_option=option,
        last_no_reboot_install_at=last,
        unreported_not_applicable=cohort.draws.between(180, 900, "unreported", node.platform.product),
        rows=tuple(rows),
    )


def _reboot_option(schedules: Schedules, node: Node, operation: Operation) -> tuple[str, int | None]:
    """(RebootOption of the operation, end of the last install without restart); a scan never restarts."""
    runs = schedules.openings + node.run_delay + RUN_MINUTES * 60
    past = runs[(schedules.openings >= node.served_from) & (runs <= operation.ended_at)]
    last = int(past[-1]) if schedules.needs_restart and len(past) else None
    if operation.kind == "Install" and schedules.install is not None:
        return schedules.install.reboot_option, last
    return "NoReboot", last


def _rows(cohort: Cohort, position: int, seen_at: int) -> Iterator[Row]:
    node_keys = cohort.draws.keys("node", [cohort.nodes[position].node_id])
    reported = cohort.draws.uniforms("reported", node_keys, cohort.family_keys)[0] < REPORTED_NOT_APPLICABLE
    tried = cohort.try_at(cohort.first_try)[position]
    for column in np.flatnonzero(cohort.catalogue.released <= seen_at):
        patch = cohort.catalogue.patches[column]
        state = _state(cohort, position, int(column), seen_at, bool(reported[column]), int(tried[column]))
        if state is not None:
            installed = int(cohort.installed[position, column])
            yield _row(patch, state, installed if state.startswith("Installed") else None, cohort.baseline)


def _state(cohort: Cohort, node: int, patch: int, seen_at: int, reported: bool, tried_at: int) -> str | None:
    """The state of a patch at an instant, None when a scan does not list it."""
    found = cohort.catalogue.patches[patch]
    if not cohort.present[node, patch]:
        return "NotApplicable" if found.is_windows or reported else None
    is_rejected = cohort.rejected[patch] <= seen_at
    is_approved = cohort.approved[patch] <= seen_at
    # What no rule approves is offered by Windows Update if it is a security update; Linux does not speak of it,
    # also not when a later version has brought it: rpm and dpkg list the newest version of a package only.
    is_offered = found.is_windows and found.is_security
    if cohort.installed[node, patch] <= seen_at:
        if is_rejected:
            return "InstalledRejected"
        if not (is_approved or is_offered or cohort.in_image[node, patch]):
            return None
        if cohort.effective[node, patch] > seen_at:
            return "InstalledPendingReboot"
        return "Installed" if is_approved else "InstalledOther"
    if is_rejected:
        return None
    if not is_approved:
        return "AvailableSecurityUpdate" if is_offered else None
    failed = tried_at <= seen_at and cohort.failed_tries[node, patch] > 0
    return "Failed" if failed else "Missing"


def _row(patch: Patch, state: str, installed_at: int | None, baseline: Baseline) -> Row:
    return Row(
        title=patch.title,
        kb_id=patch.kb_id,
        classification=patch.classification,
        severity=patch.severity,
        state=state,
        installed_at=installed_at,
        # "This property applies only to patches that are missing or failed" (API reference, PatchComplianceData).
        cve_ids=patch.cve_ids if state in ("Missing", "Failed") else (),
        compliance_level=baseline.compliance_level(patch),
        is_security=patch.is_security,
    )


def _others(draws: Draws, node: Node) -> Iterator[Row]:
    """Installed things that no rule of any baseline names."""
    system = node.platform
    at = node.built_at - 40 * DAY
    names = _OTHER_WINDOWS if system.is_windows else _OTHER_LINUX
    for name in names:
        if draws.uniform("other", node.service, node.platform.product, name) > 0.6:
            continue
        if system.is_windows:
            # The user guide's examples show other updates without title, classification and severity.
            yield Row("", name, "", "", "InstalledOther", at)
        else:
            arch = "amd64" if system.operating_system == "UBUNTU" else "x86_64"
            version = f"{draws.between(1, 9, 'major', name)}.{draws.between(0, 20, 'minor', name)}-{len(name)}"
            title = f"{name}.{arch}:0:{version}.{system.product.lower()}"
            yield Row(title, f"{name}.{arch}", "", "", "InstalledOther", at)

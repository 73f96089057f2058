"""What Amazon Inspector sees of the world: where it is on, which nodes it scans, and which weaknesses it finds on them.

It looks at packages, not at baselines. So it names what no rule has approved yet and what Patch Manager never scans,
and on Linux it is content with a package that waits for its restart. Of a Windows update it makes one finding with
all its CVEs, of a Linux package one for each CVE. A node's agent brings its packages every half hour; where it is
silent, Inspector keeps its last word.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from patchlib.sandbox.world.calendars import DAY, HOUR
from patchlib.sandbox.world.catalogue import Patch, severity_stratum
from patchlib.sandbox.world.draws import Draws
from patchlib.sandbox.world.dynamics import Cohort, Schedules
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.nodes import Node

__all__ = ["CLOSED_KEPT", "Reason", "Scanned", "Weakness", "scanned_nodes", "scans", "score", "weaknesses"]

Kind = Literal["ec2", "ecr", "lambda"]
Reason = Literal["SUCCESSFUL", "UNMANAGED_EC2_INSTANCE", "UNSUPPORTED_OS", "EC2_INSTANCE_STOPPED", "STALE_INVENTORY"]

_SECURITY, _PRODUCTION_A, _PRODUCTION_B = "210400173928", "210400173933", "210400173974"
# Elsewhere it is not activated.
_SCANS: dict[str, frozenset[Kind]] = {
    _SECURITY: frozenset({"ec2"}),
    _PRODUCTION_A: frozenset({"ec2", "ecr", "lambda"}),
    _PRODUCTION_B: frozenset({"ecr", "lambda"}),
}
_INVENTORY_EVERY = HOUR // 2
# "within 24 hours of release by vendor security advisories", Windows "within 48 hours" (user guide, "Finding types",
# read 2026-11-25).
_KNOWN_WITHIN = {False: 24 * HOUR, True: 48 * HOUR}
# A finding that was mended is kept so long (user guide, "Understanding findings", read 2026-11-25).
CLOSED_KEPT = 30 * DAY
_SCORES = {"Critical": (9.0, 9.8), "Important": (7.0, 8.9), "Moderate": (4.0, 6.9), "Low": (1.0, 3.9)}


@dataclass(frozen=True)
class Scanned:
    """How Inspector covers a node; scanned_at: last look at its packages, None = never."""

    node: Node
    reason: Reason
    scanned_at: int | None


@dataclass(frozen=True)
class Weakness:
    """What Inspector finds on a node, as one finding.

    name:     the CVE, on Windows the KB number.
    cve_ids:  that CVE, or all of the KB.
    packages: what mends it, each with the version that is there; None = the one before all that the world knows.
    found_at, closed_at: seconds since 1970; closed_at None = open.
    """

    node: Node
    name: str
    cve_ids: tuple[str, ...]
    packages: tuple[tuple[Patch, Patch | None], ...]
    found_at: int
    closed_at: int | None

    @property
    def patch(self) -> Patch:
        """The first that mends it, which has its severity."""
        return self.packages[0][0]


def scans(account_id: str) -> frozenset[Kind]:
    """What Inspector scans in an account, in every Region; empty where it is not activated."""
    return _SCANS.get(account_id, frozenset())


def score(draws: Draws, patch: Patch, cve_ids: tuple[str, ...]) -> float:
    """A base score [0, 10] within the severity of the patch: of several CVEs the highest."""
    low, high = _SCORES.get(severity_stratum(patch.severity), _SCORES["Moderate"])
    return round(max(low + (high - low) * draws.uniform("base score", cve) for cve in cve_ids), 1)


def scanned_nodes(estate: Estate, account_id: str, region: str) -> Iterator[Scanned]:
    """The EC2 instances of a cell that are there, scanned or not and why."""
    if "ec2" not in scans(account_id):
        return
    for node in estate.by_cell.get((account_id, region), ()):
        if node.kind != "ec2" or node.terminated_at <= estate.as_of:
            continue
        reason = _reason(estate, node)
        is_seen = reason not in ("UNMANAGED_EC2_INSTANCE", "UNSUPPORTED_OS")
        yield Scanned(node, reason, _last_look(estate, node) if is_seen else None)


def _reason(estate: Estate, node: Node) -> Reason:
    if not node.platform.operating_system:
        return "UNSUPPORTED_OS"
    if node.unmanaged:
        return "UNMANAGED_EC2_INSTANCE"
    if node.stopped_at <= estate.as_of:
        return "EC2_INSTANCE_STOPPED"
    return "STALE_INVENTORY" if node.lost_at <= estate.as_of else "SUCCESSFUL"


def _last_look(estate: Estate, node: Node) -> int:
    until = min(estate.as_of, node.silent_at)
    return max(node.launched_at, until - estate.draws.between(1, _INVENTORY_EVERY, "inspected", node.node_id, until))


def weaknesses(estate: Estate, account_id: str, region: str) -> Iterator[Weakness]:
    """What Inspector found on the nodes of a cell and has not forgotten yet."""
    seen = {each.node.node_id: each.scanned_at for each in scanned_nodes(estate, account_id, region)}
    for cohort in _cohorts(estate, account_id, region):
        for row, node in enumerate(cohort.nodes):
            looked_at = seen.get(node.node_id)
            if looked_at is not None:
                yield from _of_node(estate, cohort, row, looked_at)


def _cohorts(estate: Estate, account_id: str, region: str) -> Iterator[Cohort]:
    """The patchable nodes of a cell as the world moves them, and those that nothing scans or patches."""
    left: dict[tuple[str, str], list[Node]] = defaultdict(list)
    for node in estate.by_cell.get((account_id, region), ()):
        if not node.is_patchable and node.platform.product in estate.products and not node.unmanaged:
            left[node.platform.product, node.environment].append(node)
    for cohort in estate.cohorts:
        if (cohort.nodes[0].account_id, cohort.nodes[0].region) == (account_id, region):
            yield cohort
    for (product, _), nodes in left.items():
        baseline = estate.baselines[account_id, region].in_force(None, nodes[0].platform.operating_system)
        yield Cohort(estate.draws, tuple(nodes), estate.products[product], baseline, Schedules(None, None))


def _of_node(estate: Estate, cohort: Cohort, row: int, looked_at: int) -> Iterator[Weakness]:
    """One CVE in several packages is one finding, which stays open until all of them are mended."""
    node, is_windows = cohort.nodes[row], cohort.nodes[row].platform.is_windows
    for name, patches in _named(cohort, row, looked_at).items():
        found: list[tuple[int, int, int]] = []
        closed: list[tuple[int, int, int]] = []
        for column, at in patches.items():
            released = cohort.catalogue.patches[column].released_at
            known = released + estate.draws.between(HOUR, _KNOWN_WITHIN[is_windows], "known", name)
            found_at = max(known, node.launched_at + _INVENTORY_EVERY)
            closed_at = at + estate.draws.between(1, _INVENTORY_EVERY, "mended", node.node_id, name)
            if found_at <= looked_at and found_at < closed_at:
                (closed if closed_at <= looked_at else found).append((found_at, closed_at, column))
        if not found and not closed:
            continue
        chosen = found or closed
        packages = tuple((cohort.catalogue.patches[c], _before(cohort, row, c, looked_at)) for *_, c in chosen)
        cve_ids = packages[0][0].cve_ids if is_windows else (name,)
        ended = None if found else max(at for _, at, _ in closed)
        yield Weakness(node, name, cve_ids, packages, min(at for at, *_ in chosen), ended)


def _named(cohort: Cohort, row: int, looked_at: int) -> dict[str, dict[int, int]]:
    """By CVE, on Windows by KB number: the security patches that it is about, and when each was mended, if it was."""
    is_windows = cohort.nodes[row].platform.is_windows
    mended = (cohort.effective if is_windows else cohort.installed)[row]
    concerned = cohort.present[row] & ~cohort.in_image[row] & (cohort.catalogue.released <= looked_at)
    found: dict[str, dict[int, int]] = defaultdict(dict)
    for column in np.flatnonzero(concerned & (mended > looked_at - CLOSED_KEPT)):
        patch = cohort.catalogue.patches[column]
        if patch.is_security and patch.cve_ids:
            for name in (patch.kb_id,) if is_windows else patch.cve_ids:
                found[name][int(column)] = int(mended[column])
    return found


def _before(cohort: Cohort, row: int, column: int, moment: int) -> Patch | None:
    """The newest version of the patch's family that was there before it."""
    patches, installed = cohort.catalogue.patches, cohort.installed[row]
    for earlier in range(column - 1, -1, -1):
        if patches[earlier].family != patches[column].family:
            return None
        if installed[earlier] <= moment:
            return patches[earlier]
    return None

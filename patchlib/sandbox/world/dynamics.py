"""When each patch arrives on each node.

A patch with release r waits an operational delay D (see `delays`), drawn for every (node, patch). The node
tries it at the first opening of its maintenance window at or after

    e = max(r + D, approval by the baseline in force, launch of the node or its joining the patch group)

and fails the first c tries with probability FAILED_TRIES[c]. It must succeed before the patch is rejected
and before the node falls silent. A later update of the same family brings the earlier ones with it. A
patch released by the time of the node's image came with the image. Where the window does not restart, the
patch is effective at the node's next restart window.

A node that was restored from a backup lost what was installed between backup and restore; such a patch comes back at
the first opening after the restore.

Simpler than life: an update that a later one replaces stays listed until one of them is installed, windows are as they
are from the start, and a node that joins a patch group (see `incidents`) had no window before.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from patchlib.sandbox.world.baselines import Baseline
from patchlib.sandbox.world.calendars import DAY, NEVER, Instants
from patchlib.sandbox.world.catalogue import Catalogue, severity_stratum
from patchlib.sandbox.world.delays import ENVIRONMENT_HAZARD, SEVERITY_HAZARD, draw_delays
from patchlib.sandbox.world.draws import Draws
from patchlib.sandbox.world.nodes import Node
from patchlib.sandbox.world.windows import Window

__all__ = ["FAILED_TRIES", "RUN_MINUTES", "Cohort", "Schedules"]

Table = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

# Invented: how many tries fail before one succeeds.
FAILED_TRIES = {0: 0.93, 1: 0.05, 8: 0.02}
# A run installs six minutes after it starts and ends four minutes later, restart included.
RUN_MINUTES, INSTALL_MINUTES = 10, 6
# Share of nodes that have a package at all; a Windows component likewise.
_ALWAYS = ("cumulative update", "kernel", "glibc", "openssl", "systemd", "libc6", "linux-image-aws", "openssh")
_SOMETIMES = (0.5, 0.95)


@dataclass(frozen=True)
class Schedules:
    """The windows that serve a node: one that installs and, after NoReboot, one that restarts."""

    install: Window | None
    restart: Window | None

    @cached_property
    def openings(self) -> Instants:
        """Openings of the installing window, ascending."""
        return np.array([], dtype=np.int64) if self.install is None else self.install.openings

    @property
    def needs_restart(self) -> bool:
        """Whether installed patches wait for the restart window."""
        return self.install is not None and self.install.reboot_option == "NoReboot"

    @cached_property
    def restarts(self) -> Instants:
        """Openings of the restarting window, ascending, ended by NEVER."""
        found = np.array([], dtype=np.int64) if self.restart is None else self.restart.openings
        return np.append(found, NEVER)

    def effective(self, installed: Instants) -> Instants:
        """When patches installed at these instants take effect; NEVER stays NEVER."""
        if not self.needs_restart:
            return installed
        return self.restarts[np.minimum(np.searchsorted(self.restarts, installed), len(self.restarts) - 1)]


@dataclass(frozen=True)
class Cohort:
    """Nodes of one platform that share baseline and windows, with the patches of their product.

    Tables are nodes x patches; the patches are in the catalogue's order.
    """

    draws: Draws
    nodes: tuple[Node, ...]
    catalogue: Catalogue
    baseline: Baseline
    schedules: Schedules

    @cached_property
    def _node_keys(self) -> npt.NDArray[np.uint64]:
        return self.draws.keys("node", [node.node_id for node in self.nodes])

    @cached_property
    def _patch_keys(self) -> npt.NDArray[np.uint64]:
        return self.draws.keys("patch", [patch.ref for patch in self.catalogue.patches])

    @cached_property
    def family_keys(self) -> npt.NDArray[np.uint64]:
        """The draws' key of each patch's family, in the patches' order."""
        return self.draws.keys("family", [patch.family for patch in self.catalogue.patches])

    def _column(self, values: list[int]) -> Instants:
        return np.array(values, dtype=np.int64)[:, None]

    @cached_property
    def served_from(self) -> Instants:
        """From when on the window's openings reach each node, one row per node."""
        return self._column([node.served_from for node in self.nodes])

    @cached_property
    def approved(self) -> Instants:
        """Approval instants by patch."""
        return np.array([self.baseline.approved_at(patch) for patch in self.catalogue.patches], dtype=np.int64)

    @cached_property
    def rejected(self) -> Instants:
        """Rejection instants by patch, NEVER for most."""
        return np.array([self.baseline.rejected_at(patch) for patch in self.catalogue.patches], dtype=np.int64)

    @cached_property
    def hazard(self) -> Table:
        """Hazard multipliers by patch, at the environment of the nodes (one environment per cohort)."""
        environment = ENVIRONMENT_HAZARD[self.nodes[0].environment]
        severities = [severity_stratum(patch.severity) for patch in self.catalogue.patches]
        return np.array([environment * SEVERITY_HAZARD[severity] for severity in severities])

    @cached_property
    def present(self) -> Mask:
        """Whether the node has what the patch updates; the same for all updates of a family."""
        families = [patch.family for patch in self.catalogue.patches]
        low, high = _SOMETIMES
        shares = [
            1.0
            if family in _ALWAYS
            else low + (high - low) * self.draws.uniform("share", self.catalogue.product, family)
            for family in families
        ]
        keys = self.family_keys
        return np.asarray(self.draws.uniforms("present", self._node_keys, keys) < np.array(shares))

    @cached_property
    def in_image(self) -> Mask:
        """Whether the patch came with the node's image."""
        built = self._column([node.built_at for node in self.nodes])
        return np.asarray(self.catalogue.released[None, :] <= built)

    @cached_property
    def delay_days(self) -> Table:
        """The operational delay D of every (node, patch)."""
        disciplines = np.array([node.discipline for node in self.nodes], dtype=np.int64)
        return draw_delays(self.draws, self._node_keys, self._patch_keys, self.hazard, disciplines)

    @cached_property
    def failed_tries(self) -> npt.NDArray[np.int64]:
        """How many tries fail first."""
        draws = self.draws.uniforms("failed tries", self._node_keys, self._patch_keys)
        bounds = np.cumsum(list(FAILED_TRIES.values()))
        return np.array(list(FAILED_TRIES), dtype=np.int64)[np.minimum(np.searchsorted(bounds, draws), len(bounds) - 1)]

    @cached_property
    def first_try(self) -> npt.NDArray[np.int64]:
        """The position, among the window's openings, of the first try; len(openings) when there is none."""
        due = self.catalogue.released[None, :] + np.minimum(self.delay_days * DAY, 1e15).astype(np.int64)
        earliest = np.maximum(np.maximum(due, self.approved[None, :]), self.served_from)
        return np.searchsorted(self.schedules.openings, earliest)

    @cached_property
    def run_delay(self) -> Instants:
        """Seconds from a window's opening to the install on the node, one row per node."""
        return self._column([node.run_delay + INSTALL_MINUTES * 60 for node in self.nodes])

    @cached_property
    def silent(self) -> Instants:
        """From when on nothing happens to the node, one row per node."""
        return self._column([node.silent_at for node in self.nodes])

    def try_at(self, position: npt.NDArray[np.int64]) -> Instants:
        """The instants of tries at these openings; NEVER past the last opening."""
        openings = np.append(self.schedules.openings, NEVER)
        return openings[np.minimum(position, len(openings) - 1)] + self.run_delay

    @cached_property
    def restored(self) -> Instants:
        """When each node was restored from a backup, NEVER for most; one row per node."""
        return self._column([node.restored_at for node in self.nodes])

    @cached_property
    def _first_success(self) -> Instants:
        return self.try_at(self.first_try + self.failed_tries)

    def _unless_lost(self, at: Instants) -> Instants:
        lost = (at >= self.silent) | (at >= self.rejected[None, :]) | ~self.present | self.in_image
        return np.where(lost | (at >= NEVER), NEVER, at)

    def _on_node(self, own: Instants) -> Instants:
        built = self._column([node.built_at for node in self.nodes])
        carried = self.catalogue.carried(own)
        return np.where(self.present, np.where(self.in_image, built, carried), NEVER)

    @cached_property
    def own_install(self) -> Instants:
        """When the node installs the patch by itself, without a later one bringing it; NEVER when it does not.

        What a restore took away is installed again at the next opening.
        """
        at = self._first_success
        undone = (at > self._column([node.restored_from for node in self.nodes])) & (at <= self.restored)
        again = self.try_at(np.searchsorted(self.schedules.openings, self.restored))
        return self._unless_lost(np.where(undone, again, at))

    @cached_property
    def installed(self) -> Instants:
        """When the patch is on the node, by itself or with a later one of its family; NEVER when it never is.

        What came with the image counts from the image's build.
        """
        return self._on_node(self.own_install)

    @cached_property
    def installed_before_restore(self) -> Instants:
        """The same, as it was before a restore took anything away."""
        if (self.restored == NEVER).all():
            return self.installed
        return self._on_node(self._unless_lost(self._first_success))

    @cached_property
    def effective(self) -> Instants:
        """When the patch takes effect on the node."""
        return np.where(self.in_image & self.present, self.installed, self.schedules.effective(self.installed))

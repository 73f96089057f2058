"""The world's own facts: what patchlib should find, computed without its extraction or its SQL.

Counts come from the nodes and their observations. Survival curves come from the distribution the installs
were drawn from, not from the draws:

For a patch k on a node, with eligible openings o_1 < o_2 < ... (at or after approval and launch),
G(t) = P(D > t - release | class of the node's service), and c tries failing first with probability p_c, the
patch is not yet installed by its own try after opening o_j with probability

    s_k(j) = sum_c p_c * G(o_(j-c)),      G = 1 before the first eligible opening.

What a node's restore from a backup undid is installed again at the first opening o_a after the restore: for the
openings between backup and restore s_k stays what it was at the backup, and from o_a on it is as above.

Openings whose install would fall after the patch's rejection, or after the last operation that was
observed on the node, do not count. A later update of the family brings the earlier ones, and delays are independent, so

    S_m(j) = product of s_k(j) over k = m and every later k of the family.

Its lag is (effective instant of o_j) - release; the effective instant includes the restart. A pair (node,
patch) is watched from max(release, launch) to the node's last operation. Over the pairs of a stratum, the
curve is the product-limit of expected counts,

    S(t) = product over event times u <= t of 1 - E[events at u] / E[pairs watched and open just before u],

which is what a Kaplan-Meier estimate with delayed entry tends to, whatever mix of pairs a stratum holds.
Without delayed entry and censoring it is the plain mean of the S_m.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from patchlib.sandbox.world.calendars import DAY, Instants
from patchlib.sandbox.world.catalogue import severity_stratum
from patchlib.sandbox.world.delays import delay_survival
from patchlib.sandbox.world.dynamics import FAILED_TRIES, Cohort
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.nodes import Node
from patchlib.sandbox.world.observation import NOT_COMPLIANT, Observation

__all__ = ["Pairs", "Truth"]

Table = npt.NDArray[np.float64]
Event = Literal["effective", "installed"]
STALE_AFTER_DAYS, SCAN_INTERVAL_HOURS = 7, 24


@dataclass(frozen=True)
class Pairs:
    """What a stratum holds: one entry per pair, one event per pair and opening. Lags in days from release.

    entry, exit:  when the pair begins and ceases to be watched.
    lag, chance:  of each possible event, its lag and its probability; `pair` is the index of its pair.
    """

    entry: Table
    exit: Table
    lag: Table
    chance: Table
    pair: npt.NDArray[np.int64]


class Truth:
    """Facts of one estate at its as_of."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Every node there is, seen by the reader or not, terminated ones too."""
        return self._estate.nodes

    def cells(self, service: str = "ssm") -> dict[tuple[str, str], bool]:
        """(account id, Region) of every active account: whether the reader gets answers of the service there."""
        directory = self._estate.directory
        return {cell: directory.can_read(*cell, service) for cell in directory.cells}

    @property
    def unreadable_accounts(self) -> tuple[str, ...]:
        """Accounts nothing can be read from: suspended, or closed to the reader's role."""
        return tuple(a.account_id for a in self._estate.directory.accounts if not a.is_readable)

    @property
    def known_nodes(self) -> tuple[Node, ...]:
        """Nodes a reader can know of: listed by EC2 and not terminated, or managed where SSM is readable."""
        estate = self._estate
        return tuple(
            node
            for node in estate.nodes
            if node.terminated_at > estate.as_of
            and estate.directory.can_read(node.account_id, node.region, "ec2" if node.kind == "ec2" else "ssm")
        )

    def coverage_state(
        self, node: Node, excluded: Container[str] = (), stale_after_days: float = STALE_AFTER_DAYS
    ) -> str:
        """The coverage state of a node (the first that matches); `excluded` are node ids."""
        now = self._estate.as_of
        seen = self._estate.observations.get(node.node_id)
        rules = (
            ("not readable", not self._estate.directory.can_read(node.account_id, node.region, "ssm")),
            ("excluded", node.node_id in excluded),
            ("unsupported OS", not node.platform.operating_system and not node.unmanaged),
            ("stopped", node.stopped_at <= now),
            ("unmanaged", node.unmanaged),
            ("short-lived", now - node.launched_at < SCAN_INTERVAL_HOURS * 3600),
            ("never scanned", seen is None),
            ("stale", seen is not None and now - seen.operation.ended_at > stale_after_days * DAY),
        )
        return next((state for state, holds in rules if holds), "fresh")

    def coverage(self, excluded: Container[str] = ()) -> Counter[str]:
        """Known nodes by coverage state."""
        return Counter(self.coverage_state(node, excluded) for node in self.known_nodes)

    def observation(self, node_id: str) -> Observation | None:
        """What the node's last operation saw, readable or not; None when it was never scanned."""
        return self._estate.observations.get(node_id)

    def patch_counts(self) -> dict[str, Counter[str]]:
        """Patch rows by state, of every node that a reader finds listed and scanned."""
        return {
            node_id: Counter(row.state for row in seen.rows)
            for node_id, seen in self._estate.observations.items()
            if self._is_read(seen.node)
        }

    def _is_read(self, node: Node) -> bool:
        can_read = self._estate.directory.can_read(node.account_id, node.region, "ssm")
        return can_read and node.is_listed(self._estate.as_of)

    def compliance(self, ended_products: Container[str] = (), excluded: Container[str] = ()) -> dict[str, str]:
        """compliance_status of every known node but the excluded ones, by id.

        ended_products: SSM products past end of support; such a node is never compliant, whatever its rows say.
        """

        def status(node: Node) -> str:
            if self.coverage_state(node, excluded) != "fresh":
                return "unknown"
            if node.platform.product in ended_products:
                return "past end of support"
            counts = self._estate.observations[node.node_id].counts
            return "non-compliant" if any(counts[state] for state in NOT_COMPLIANT) else "compliant"

        return {node.node_id: status(node) for node in self.known_nodes if node.node_id not in excluded}

    @cached_property
    def _watched(self) -> tuple[tuple[Cohort, int, Observation], ...]:
        seen = self._estate.observations
        return tuple(
            (cohort, row, seen[node_id])
            for node_id, (cohort, row) in self._estate.place.items()
            if node_id in seen and self._is_read(cohort.nodes[row])
        )

    def survival(
        self,
        strata: Mapping[str, str] | None = None,
        days: npt.NDArray[np.float64] | None = None,
        event: Event = "effective",
    ) -> pd.DataFrame:
        """The exact curve of lag from release to effective.

        strata: see `pairs`.
        days:   lags to give the curve at; 0, 1, 2, ... 540 unless said.
        event:  `effective` times the event by the restart; `installed` by the install, as InstalledTime does,
                still counting only what was effective when last seen.

        Returns columns lag_days and survival (P(open after lag_days), exact up to rounding); NaN from where
        nobody is watched any more.
        """
        at = np.arange(541.0) if days is None else np.asarray(days, dtype=np.float64)
        return pd.DataFrame({"lag_days": at, "survival": _product_limit(self.pairs(strata, event), at)})

    def pairs(self, strata: Mapping[str, str] | None = None, event: Event = "effective") -> Pairs:
        """The watched pairs of a stratum with the chances of each possible event.

        strata: `severity` (on Microsoft's scale), `environment` (as tagged, 'unknown' without a tag),
                `operating_system` (SSM's enum) and `product` (SSM's product) narrow it; None = all pairs.

        Raises ValueError for another stratum.
        """
        wanted = dict(strata or {})
        severity = wanted.pop("severity", None)
        unknown = set(wanted) - {"environment", "operating_system", "product"}
        if unknown:
            raise ValueError(f"no such stratum: {', '.join(sorted(unknown))}")
        return _join(
            [
                _node_pairs(cohort, row, seen.operation.ended_at, severity, event)
                for cohort, row, seen in self._watched
                if wanted.items() <= _strata(seen.node).items()
            ]
        )


def _strata(node: Node) -> dict[str, str]:
    return {
        # The tags of a hybrid node are not among what EC2 tells.
        "environment": node.tags.get("Environment", "unknown") if node.kind == "ec2" else "unknown",
        "operating_system": node.platform.operating_system,
        "product": node.platform.product,
    }


def _watched_columns(cohort: Cohort, row: int, until: int, severity: str | None) -> npt.NDArray[np.intp]:
    """Patches whose fate on the node can be watched: present, not in its image, listed while they are open."""
    patches = cohort.catalogue.patches
    # A Linux scan lists no patch before its approval; a Windows scan lists security updates from their release.
    windows_security = np.array([patch.is_windows and patch.is_security for patch in patches])
    listed = np.where(windows_security, cohort.catalogue.released, cohort.approved) <= until
    wanted = np.array([severity in (None, severity_stratum(patch.severity)) for patch in patches])
    # A rejected one is no longer listed unless it is installed: seen or not by its fate, so not watched.
    listed &= cohort.rejected > until
    open_before = cohort.present[row] & ~cohort.in_image[row] & (cohort.catalogue.released <= until)
    return np.flatnonzero(open_before & listed & wanted)


def _not_installed(cohort: Cohort, row: int, openings: Instants, at: Instants) -> Table:
    """s_k(j): for every patch (rows) the chance that its own tries have not succeeded after each opening.

    openings, at: the node's openings up to its last operation, and the installs they would make.
    """
    released = cohort.catalogue.released[:, None]
    eligible_from = np.maximum(cohort.approved, cohort.nodes[row].served_from)[:, None]
    usable = openings[None, :] >= np.maximum(eligible_from, released)
    # Tries after the rejection do not count: the chance stays where it was.
    before_rejection = at[None, :] < cohort.rejected[:, None]
    waited = (openings[None, :] - released) / DAY
    due = delay_survival(waited, cohort.hazard[:, None], cohort.nodes[row].discipline)
    waiting = np.where(usable, due, 1.0)
    result = np.zeros_like(waiting)
    for tries, probability in FAILED_TRIES.items():
        shifted = np.ones_like(waiting)
        shifted[:, tries:] = waiting[:, : waiting.shape[1] - tries] if tries < waiting.shape[1] else 1.0
        result += probability * shifted
    result = np.where(cohort.present[row][:, None] & ~cohort.in_image[row][:, None], result, 1.0)
    # A restore took back what was installed since its backup, until the first opening after it.
    undone = np.flatnonzero((at > cohort.nodes[row].restored_from) & (at <= cohort.nodes[row].restored_at))
    if len(undone):
        result[:, undone] = result[:, undone[0] - 1 : undone[0]] if undone[0] else 1.0
    return np.asarray(np.minimum.accumulate(np.where(before_rejection, result, 1.0), axis=1))


def _carried(cohort: Cohort, own: Table) -> Table:
    """S_m(j): the product over a patch and the later ones of its family."""
    result = own.copy()
    ends = [*cohort.catalogue.family_starts[1:], len(own)]
    for start, end in zip(cohort.catalogue.family_starts, ends, strict=True):
        result[start:end] = np.cumprod(own[start:end][::-1], axis=0)[::-1]
    return result


def _node_pairs(cohort: Cohort, row: int, until: int, severity: str | None, timed_by: Event) -> Pairs:
    node = cohort.nodes[row]
    columns = _watched_columns(cohort, row, until, severity)
    openings = cohort.schedules.openings
    at = openings + int(cohort.run_delay[row, 0])
    is_tried = (openings >= node.served_from) & (at <= until) & (at < node.silent_at)
    openings, at = openings[is_tried], at[is_tried]
    survival = _carried(cohort, _not_installed(cohort, row, openings, at))[columns]
    chance = -np.diff(survival, axis=1, prepend=1.0)
    released = cohort.catalogue.released[columns]
    entry = (np.maximum(released, node.launched_at) - released) / DAY
    effective = cohort.schedules.effective(at)
    pair, event = np.nonzero((chance > 0) & (effective <= until)[None, :])
    timed = effective if timed_by == "effective" else at
    return Pairs(
        entry=entry,
        exit=(until - released) / DAY,
        lag=(timed[event] - released[pair]) / DAY,
        chance=chance[pair, event],
        pair=pair.astype(np.int64),
    )


def _join(parts: list[Pairs]) -> Pairs:
    def all_of(arrays: Iterator[Table]) -> Table:
        return np.concatenate([np.array([], dtype=np.float64), *arrays])

    starts = np.cumsum([0, *(len(part.entry) for part in parts)])
    shifted = [part.pair + start for part, start in zip(parts, starts, strict=False)]
    return Pairs(
        entry=all_of(part.entry for part in parts),
        exit=all_of(part.exit for part in parts),
        lag=all_of(part.lag for part in parts),
        chance=all_of(part.chance for part in parts),
        pair=np.concatenate([np.array([], dtype=np.int64), *shifted]),
    )


def _product_limit(pairs: Pairs, days: Table) -> Table:
    if not len(pairs.entry):
        return np.full(len(days), np.nan)
    times, group = np.unique(np.round(pairs.lag, 9), return_inverse=True)
    events = np.bincount(group, weights=pairs.chance, minlength=len(times))
    done = np.bincount(pairs.pair, weights=pairs.chance, minlength=len(pairs.entry))
    # Expected number open just before each time: entered, less what happened before, less what left unhappened.
    entered = np.searchsorted(np.sort(pairs.entry), times, side="left")
    happened = np.concatenate([[0.0], np.cumsum(events)[:-1]])
    order = np.argsort(pairs.exit)
    left = np.concatenate([[0.0], np.cumsum((1.0 - done)[order])])
    gone = left[np.searchsorted(pairs.exit[order], times, side="left")]
    at_risk = entered - happened - gone
    factors = 1.0 - events / np.maximum(at_risk, events)
    curve = np.concatenate([[1.0], np.cumprod(factors)])
    result = curve[np.searchsorted(times, days + 1e-9, side="right")]
    return np.where(days <= pairs.exit.max(), result, np.nan)

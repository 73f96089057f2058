"""Places that an earlier run read and that are there no more: accounts that left, Regions that were switched off.

Without a ledger row of its own, what was last read of such a place would count as its latest for ever. Accounts and
Regions that only the settings leave out get none: what is held of them stays, and grows old.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from patchlib.accounts import Account
from patchlib.base import Base
from patchlib.harvest import blank_record
from patchlib.settings import Settings
from patchlib.snapshot import CellRecord, CellState
from patchlib.sources import NODE_LISTINGS, Cell, Scope, is_source
from patchlib.sources import source as source_of

__all__ = ["Known", "known_of", "vanished"]

_LEFT = "the organisation no longer lists the account"
_OFF = "the account no longer has the Region enabled"
# States of the listings of nodes in which none is held.
_HOLDS_NONE = {"empty", "absent", "removed"}


@dataclass(frozen=True)
class Known:
    """What is held from before, by whichever runs.

    states: by account and Region, the latest ledger state of each source there; what was found gone is left out.
    members: the accounts that the caller's organisation had when it was last listed.
    """

    states: Mapping[Cell, Mapping[str, CellState]] = field(default_factory=dict)
    members: frozenset[str] = frozenset()

    def regions(self, account_id: str) -> set[str]:
        """The Regions of an account of which anything is known."""
        return {cell.region for cell in self.states if cell.account_id == account_id}


def known_of(base: Base) -> Known:
    """What one snapshot knows: its cells, and its accounts where all of them came from Organizations."""
    if base.manifest is None:
        return Known()
    states: dict[Cell, dict[str, CellState]] = defaultdict(dict)
    for record in base.manifest.cells:
        if record.state != "removed":
            states[Cell(record.account_id, record.region)][record.source] = record.state
    was_listed = base.manifest.settings.get("accounts") == "organization"
    return Known(states, frozenset(cell.account_id for cell in states) if was_listed else frozenset())


def vanished(known: Known, settings: Settings, listed: Iterable[str], accounts: Iterable[Account]) -> list[CellRecord]:
    """Ledger rows of what is known and this run no longer finds.

    listed: every account that Organizations lists now, active or not; empty where it could not be asked.
    An account that has left is `removed`, and so is a Region that was switched off without a node: what was held of
    them is no part of the estate. With nodes the Region is `disabled`, because they are still there and unseen; one
    that an organisation's policy had closed stays `closed`.
    """
    accounts = tuple(accounts)
    present, regions = {*listed}, _regions(settings, accounts)
    # An account that the settings name is read wherever it stands: it has rows of its own.
    left = known.members - present - {each.account_id for each in accounts}
    rows: list[CellRecord] = []
    for cell, states in sorted(known.states.items()):
        if present and cell.account_id in left:
            rows += _rows(cell, states, {Scope.ACCOUNT, Scope.CELL}, "removed", _LEFT)
        elif cell.account_id in regions and cell.region not in regions[cell.account_id]:
            rows += _rows(cell, states, {Scope.CELL}, _switched_off(states), _OFF)
    return rows


def _regions(settings: Settings, accounts: Iterable[Account]) -> Mapping[str, set[str]]:
    """The enabled Regions of accounts that told them, where all that are enabled are to be read."""
    if settings.regions != "enabled":
        return {}
    return {each.account_id: {*each.regions} for each in accounts if each.failed is None and each.knows_regions}


def _switched_off(held: Mapping[str, CellState]) -> CellState:
    states = {held[name] for name in NODE_LISTINGS if name in held}
    if states <= _HOLDS_NONE:
        return "removed"
    return "closed" if states == {"closed"} else "disabled"


def _rows(cell: Cell, sources: Iterable[str], scopes: set[Scope], state: CellState, why: str) -> list[CellRecord]:
    asked = [source_of(name) for name in sources if is_source(name)]
    return [blank_record(source, cell, state, message=why) for source in asked if source.scope in scopes]

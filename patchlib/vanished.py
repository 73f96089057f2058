"""Places that an earlier run read and that are there no more: accounts that left, Regions that were switched off.

Without a ledger row of its own, what was last read of such a place would count as its latest for ever. Accounts and
Regions that only the settings leave out get none: what is held of them stays, and grows old.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from patchlib.accounts import Account
from patchlib.base import Base
from patchlib.harvest import blank_record
from patchlib.settings import Settings
from patchlib.snapshot import CellRecord, CellState
from patchlib.sources import NODE_LISTINGS, Cell, Scope, Source, is_source
from patchlib.sources import source as source_of

__all__ = ["vanished"]

_LEFT = "the organisation no longer lists the account"
_OFF = "the account no longer has the Region enabled"
# States of the listings of nodes in which none is held: the place is empty, or was found gone before.
_HOLDS_NONE = {"empty", "absent", "removed"}


def vanished(base: Base, settings: Settings, listed: Iterable[str], accounts: Iterable[Account]) -> list[CellRecord]:
    """Ledger rows of what the base has and this run no longer finds.

    listed: every account that Organizations lists now, active or not; empty where it could not be asked.
    An account that has left is `removed`, and so is a Region that was switched off without a node: what was held of
    them is no part of the estate. With nodes the Region is `disabled`, because they are still there and unseen; one
    that an organisation's policy had closed stays `closed`.
    """
    cells: dict[Cell, dict[str, CellRecord]] = defaultdict(dict)
    for record in base.manifest.cells if base.manifest else ():
        if is_source(record.source):
            cells[Cell(record.account_id, record.region)][record.source] = record
    present, regions = {*listed}, _regions(settings, accounts)
    rows: list[CellRecord] = []
    for cell, records in sorted(cells.items()):
        if present and cell.account_id not in present and _was_listed(base):
            rows += _rows(cell, records, {Scope.ACCOUNT, Scope.CELL}, "removed", _LEFT)
        elif cell.account_id in regions and cell.region not in regions[cell.account_id]:
            rows += _rows(cell, records, {Scope.CELL}, _switched_off(records), _OFF)
    return rows


def _was_listed(base: Base) -> bool:
    """Whether all the base's accounts came from Organizations, so that one that is missing there has left."""
    return base.manifest is not None and base.manifest.settings.get("accounts") == "organization"


def _regions(settings: Settings, accounts: Iterable[Account]) -> Mapping[str, set[str]]:
    """The enabled Regions of accounts that told them, where all that are enabled are to be read."""
    if settings.regions != "enabled":
        return {}
    return {each.account_id: {*each.regions} for each in accounts if each.failed is None and each.knows_regions}


def _switched_off(records: Mapping[str, CellRecord]) -> CellState:
    states = {records[name].state for name in NODE_LISTINGS if name in records}
    if states <= _HOLDS_NONE:
        return "removed"
    return "closed" if states == {"closed"} else "disabled"


def _rows(
    cell: Cell, records: Mapping[str, CellRecord], scopes: set[Scope], state: CellState, why: str
) -> list[CellRecord]:
    asked: list[Source] = [source_of(name) for name, record in records.items() if record.state != "removed"]
    return [blank_record(source, cell, state, message=why) for source in asked if source.scope in scopes]

"""What stays as it is while the world ages: seed, accounts, services, images, baselines, windows, and who was when.

Estates of several instants stand on the same grounds, and nothing of this is made twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from patchlib.sandbox.world.baselines import CellBaselines, cell_baselines
from patchlib.sandbox.world.calendars import DAY, HOUR
from patchlib.sandbox.world.catalogue import Catalogue, catalogues
from patchlib.sandbox.world.directory import Directory, directory
from patchlib.sandbox.world.draws import Draws
from patchlib.sandbox.world.fleet import Fleet
from patchlib.sandbox.world.images import Images
from patchlib.sandbox.world.network import Networks, plan_networks
from patchlib.sandbox.world.nodes import Node
from patchlib.sandbox.world.services import Service, plan_services
from patchlib.sandbox.world.windows import Window, cell_windows, patch_groups

__all__ = ["Cell", "Grounds", "by_cell"]

Cell = tuple[str, str]  # (account id, Region)


def by_cell(nodes: Iterable[Node]) -> dict[Cell, list[Node]]:
    """Nodes by account and Region."""
    cells: dict[Cell, list[Node]] = defaultdict(list)
    for node in nodes:
        cells[node.account_id, node.region].append(node)
    return cells


class Grounds:
    """An organisation of that many nodes and accounts, at no instant yet; parts are made when first asked for.

    Raises ValueError for fewer than one node or account.
    """

    def __init__(self, seed: int, nodes: int, accounts: int) -> None:
        if nodes < 1 or accounts < 1:
            raise ValueError(f"an organisation needs a node and an account, not {nodes} and {accounts}")
        self.seed = seed
        self.draws = Draws(seed)
        self.directory: Directory = directory(accounts)
        self.images = Images(self.draws)
        self.services: tuple[Service, ...] = tuple(plan_services(self.draws, self.directory, nodes))
        self.networks: Networks = plan_networks(self.draws, self.services)
        self.products: dict[str, Catalogue] = catalogues()
        self.fleet = Fleet(self.draws, self.images, self.services, self.networks)
        self._days: dict[int, dict[Cell, list[Node]]] = {}

    @cached_property
    def baselines(self) -> dict[Cell, CellBaselines]:
        """The baselines of each cell."""
        found = {}
        for account_id, region in self.directory.cells:
            account = self.directory.account(account_id)
            if account is not None:
                found[account_id, region] = cell_baselines(
                    self.draws, account, region, self.products, patch_groups(account)
                )
        return found

    @cached_property
    def windows(self) -> dict[Cell, tuple[Window, ...]]:
        """The maintenance windows of each cell."""
        accounts = ((self.directory.account(account_id), region) for account_id, region in self.directory.cells)
        return {(a.account_id, region): cell_windows(self.draws, a, region) for a, region in accounts if a is not None}

    def nodes_on(self, moment: int) -> dict[Cell, list[Node]]:
        """The nodes of each cell at one o'clock of a day: what an Auto Scaling group replaced since is among them."""
        day = moment // DAY * DAY + HOUR
        if day not in self._days:
            self._days[day] = by_cell(self.fleet.at(day))
        return self._days[day]

"""The world assembled: accounts, nodes, baselines, windows, and what every node's last operation saw."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property

from patchlib.sandbox.world.associations import (
    Association,
    Execution,
    Target,
    cell_associations,
    execute,
    latest_results,
)
from patchlib.sandbox.world.baselines import CellBaselines, cell_baselines
from patchlib.sandbox.world.calendars import DAY, HOUR, instant
from patchlib.sandbox.world.catalogue import Catalogue, catalogues
from patchlib.sandbox.world.commands import Automation, Command, cell_automations, cell_commands
from patchlib.sandbox.world.directory import Directory, directory
from patchlib.sandbox.world.draws import Draws
from patchlib.sandbox.world.dynamics import Cohort, Schedules
from patchlib.sandbox.world.fleet import fleet
from patchlib.sandbox.world.groups import Group, plan_groups
from patchlib.sandbox.world.images import Image, Images
from patchlib.sandbox.world.network import Networks, plan_networks
from patchlib.sandbox.world.nodes import Node
from patchlib.sandbox.world.observation import Observation, observe
from patchlib.sandbox.world.runs import WindowRun, window_runs
from patchlib.sandbox.world.services import Service, plan_services
from patchlib.sandbox.world.windows import Window, cell_windows, group_windows, patch_groups

__all__ = ["FIRST_AS_OF", "LAST_AS_OF", "Estate"]

Cell = tuple[str, str]  # (account id, Region)

# The catalogue begins in 2025-05 and ends with 2027: a world is looked at from its second month on.
FIRST_AS_OF = instant("2025-06-01")
LAST_AS_OF = instant("2027-12-31")


class Estate:
    """Everything there is at `as_of` (seconds since 1970); parts are made when first asked for.

    Raises ValueError for fewer than one node or account, or an as_of outside the catalogue's time.
    """

    def __init__(self, seed: int, nodes: int, accounts: int, as_of: int) -> None:
        if nodes < 1 or accounts < 1:
            raise ValueError(f"an organisation needs a node and an account, not {nodes} and {accounts}")
        if not FIRST_AS_OF <= as_of <= LAST_AS_OF:
            raise ValueError("the sandbox's patches reach from 2025-06-01 to 2027-12-31; as_of is outside")
        self.seed, self.as_of = seed, as_of
        self._days: dict[int, dict[Cell, list[Node]]] = {}
        self.draws = Draws(seed)
        self.directory: Directory = directory(accounts)
        self.images = Images(self.draws)
        self.services: tuple[Service, ...] = tuple(plan_services(self.draws, self.directory, nodes))
        self.networks: Networks = plan_networks(self.draws, self.services)
        self.nodes: tuple[Node, ...] = fleet(self.draws, self.images, self.services, self.networks, as_of)
        self.products: dict[str, Catalogue] = catalogues()

    @cached_property
    def by_id(self) -> dict[str, Node]:
        """The nodes by id."""
        return {node.node_id: node for node in self.nodes}

    @cached_property
    def by_cell(self) -> dict[Cell, list[Node]]:
        """The nodes of each cell."""
        cells: dict[Cell, list[Node]] = defaultdict(list)
        for node in self.nodes:
            cells[node.account_id, node.region].append(node)
        return cells

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

    @cached_property
    def groups(self) -> dict[Cell, tuple[Group, ...]]:
        """The Auto Scaling groups of each cell."""
        return plan_groups(self.draws, self.images, self.services, self.nodes, self.as_of)

    @cached_property
    def images_in_use(self) -> dict[str, Image]:
        """The images of the nodes, by id."""
        return {node.image.image_id: node.image for node in self.nodes if node.image is not None}

    @cached_property
    def cohorts(self) -> tuple[Cohort, ...]:
        """The patchable nodes, by what decides when they are patched."""
        groups: dict[tuple[str, str, str, str | None], list[Node]] = defaultdict(list)
        for node in self.nodes:
            if node.is_patchable:
                groups[node.account_id, node.region, node.platform.product, node.patch_group].append(node)
        return tuple(
            Cohort(
                draws=self.draws,
                nodes=tuple(nodes),
                catalogue=self.products[product],
                baseline=self.baselines[account, region].in_force(group, nodes[0].platform.operating_system),
                schedules=Schedules(*group_windows(self.windows[account, region], group)),
            )
            for (account, region, product, group), nodes in groups.items()
        )

    @cached_property
    def place(self) -> dict[str, tuple[Cohort, int]]:
        """Each patchable node's cohort and its row there."""
        return {node.node_id: (cohort, row) for cohort in self.cohorts for row, node in enumerate(cohort.nodes)}

    @cached_property
    def observations(self) -> dict[str, Observation]:
        """What each scanned node's last operation saw, by node id."""
        found = {}
        for node_id, (cohort, row) in self.place.items():
            observation = observe(cohort, row, self.as_of)
            if observation is not None:
                found[node_id] = observation
        return found

    @cached_property
    def window_runs(self) -> dict[Cell, tuple[WindowRun, ...]]:
        """What the maintenance windows of each cell ran in the last 30 days, in order of opening."""
        return {
            cell: window_runs(self.draws, windows, self.by_cell.get(cell, []), self.place, self.as_of)
            for cell, windows in self.windows.items()
        }

    @cached_property
    def associations(self) -> dict[Cell, tuple[Association, ...]]:
        """The State Manager associations of each cell that has managed nodes."""
        return {cell: cell_associations(self.draws, cell, nodes) for cell, nodes in self.by_cell.items()}

    @cached_property
    def association_executions(self) -> dict[Cell, dict[str, Execution]]:
        """What the associations of each cell did in the last 30 days, by execution id, ascending."""
        found = {
            cell: [
                execute(self.draws, association, self._nodes_on(opening)[cell], opening, self.as_of)
                for association in associations
                for opening in association.openings(self.as_of)
            ]
            for cell, associations in self.associations.items()
        }
        return {
            cell: {each.execution_id: each for each in sorted(rows, key=lambda each: each.created_at)}
            for cell, rows in found.items()
        }

    @cached_property
    def association_results(self) -> dict[str, dict[str, Target]]:
        """By node id, how each association last ended on it."""
        return {
            node_id: results
            for done in self.association_executions.values()
            for node_id, results in latest_results(done.values()).items()
        }

    @cached_property
    def commands(self) -> dict[Cell, tuple[Command, ...]]:
        """The commands of each cell in the last 30 days, latest first."""
        return {
            cell: cell_commands(self.draws, cell, self.by_cell.get(cell, []), runs, self.as_of)
            for cell, runs in self.window_runs.items()
        }

    @cached_property
    def automations(self) -> dict[Cell, tuple[Automation, ...]]:
        """The automations of each cell in the last 30 days, latest first."""
        return {cell: cell_automations(self.draws, cell, runs, self.as_of) for cell, runs in self.window_runs.items()}

    def _nodes_on(self, moment: int) -> dict[Cell, list[Node]]:
        """The nodes of each cell at one o'clock of a day: what an Auto Scaling group replaced since is among them."""
        day = moment // DAY * DAY + HOUR
        if day not in self._days:
            cells: dict[Cell, list[Node]] = defaultdict(list)
            for node in fleet(self.draws, self.images, self.services, self.networks, day):
                cells[node.account_id, node.region].append(node)
            self._days[day] = cells
        return self._days[day]

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
from patchlib.sandbox.world.baselines import CellBaselines
from patchlib.sandbox.world.calendars import instant
from patchlib.sandbox.world.commands import Automation, Command, cell_automations, cell_commands
from patchlib.sandbox.world.dynamics import Cohort, Schedules
from patchlib.sandbox.world.grounds import Cell, Grounds, by_cell
from patchlib.sandbox.world.groups import Group, plan_groups
from patchlib.sandbox.world.images import Image
from patchlib.sandbox.world.incidents import directory_at
from patchlib.sandbox.world.nodes import Node
from patchlib.sandbox.world.observation import Observation, observe
from patchlib.sandbox.world.runs import WindowRun, window_runs
from patchlib.sandbox.world.windows import Window, group_windows

__all__ = ["FIRST_AS_OF", "LAST_AS_OF", "Estate"]

# The catalogue begins in 2025-05 and ends with 2027: a world is looked at from its second month on.
FIRST_AS_OF = instant("2025-06-01")
LAST_AS_OF = instant("2027-12-31")


class Estate:
    """Everything there is at `as_of` (seconds since 1970); parts are made when first asked for.

    grounds: those of the same organisation at another instant, else its own are made.
    Raises ValueError for fewer than one node or account, or an as_of outside the catalogue's time.
    """

    def __init__(self, seed: int, nodes: int, accounts: int, as_of: int, grounds: Grounds | None = None) -> None:
        self.grounds = grounds or Grounds(seed, nodes, accounts)
        if not FIRST_AS_OF <= as_of <= LAST_AS_OF:
            raise ValueError("the sandbox's patches reach from 2025-06-01 to 2027-12-31; as_of is outside")
        self.seed, self.as_of = seed, as_of
        self.draws, self.images = self.grounds.draws, self.grounds.images
        self.directory = directory_at(self.grounds.directory, as_of)
        self.services, self.networks = self.grounds.services, self.grounds.networks
        self.products = self.grounds.products
        self.nodes: tuple[Node, ...] = self.grounds.fleet.at(as_of)

    @cached_property
    def by_id(self) -> dict[str, Node]:
        """The nodes by id."""
        return {node.node_id: node for node in self.nodes}

    @cached_property
    def by_cell(self) -> dict[Cell, list[Node]]:
        """The nodes of each cell."""
        return by_cell(self.nodes)

    @property
    def baselines(self) -> dict[Cell, CellBaselines]:
        """The baselines of each cell."""
        return self.grounds.baselines

    @property
    def windows(self) -> dict[Cell, tuple[Window, ...]]:
        """The maintenance windows of each cell."""
        return self.grounds.windows

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
                execute(self.draws, association, self.grounds.nodes_on(opening)[cell], opening, self.as_of)
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

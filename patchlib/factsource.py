"""Which way each fact is read, among those that AWS offers: by calls, by rate and by how fresh it is.

The calls are computed for the estate at hand, so that the choice can be argued with; a way is chosen when a source
of the catalogue takes it. What an answer lacks is read from AWS's own models and API reference (2026-11-25).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from patchlib.callcost import pages, shares
from patchlib.settings import Rates
from patchlib.sources import is_source
from patchlib.sources import source as source_of

__all__ = ["Fleet", "Way", "ways"]

# S3 lists 1000 keys a page (API reference, ListObjectsV2); a data sync writes an object per node and type.
_KEYS = 1000
# What `patchlib extract --data-sync` allows itself: a tenth of what AWS promises per prefix (S3 user guide, "Best
# practices design patterns", read 2026-11-25).
_S3_RATE = 550.0
_DETAIL = ("ssm", "DescribeInstancePatches")


@dataclass(frozen=True)
class Fleet:
    """What decides how many calls each way takes.

    nodes: by cell that holds any. regions: different ones among them. patch_rows: per node. open_rows: of those, the
    rows that are not in order. findings: active ones per node. changed_share: nodes with a new scan since the last run.
    instances: by cell, where they are not as many as the managed nodes.
    """

    nodes: tuple[int, ...]
    regions: int
    patch_rows: int = 400
    open_rows: int = 50
    findings: int = 30
    changed_share: float = 0.1
    instances: tuple[int, ...] = ()

    @property
    def total(self) -> int:
        """All nodes."""
        return sum(self.nodes)

    @property
    def changed(self) -> int:
        """Nodes with a new scan."""
        return round(self.total * self.changed_share)


@dataclass(frozen=True)
class Way:
    """One way to a fact.

    calls: for the fleet. busiest_calls: of them, in the account and Region that takes most. rate: calls a second that
    the budget starts with there, or that AWS publishes. fresh: how old the answer can be. chosen: a source takes it.
    """

    fact: str
    way: str
    calls: int
    busiest_calls: int
    rate: float
    fresh: str
    chosen: bool
    why: str

    @property
    def minutes(self) -> float:
        """Of the account and Region with most calls, one after the other [min]."""
        return self.busiest_calls / self.rate / 60


def ways(fleet: Fleet, rates: Rates, *, data_sync: bool = False) -> tuple[Way, ...]:
    """Every way to every fact, the fact's cheapest first as AWS's own order goes: bucket, organisation, cell, item.

    data_sync: the run reads a bucket (`--data-sync`), which makes its objects the source.
    """
    return (*_managed_nodes(fleet, rates, data_sync), *_states(fleet, rates, data_sync),
            *_details(fleet, rates, data_sync), *_instances(fleet, rates), *_findings(fleet, rates))  # fmt: skip


def _cells(nodes: Sequence[int], page_size: int) -> tuple[int, int]:
    """Calls of a listing in every cell, and in the largest one."""
    found = [pages(each, page_size) for each in nodes]
    return sum(found), max(found, default=0)


def _blocks(fleet: Fleet, size: int) -> tuple[int, int]:
    found = [ceil(nodes / size) for nodes in fleet.nodes]
    return sum(found), max(found, default=0)


def _once(rows: int, page_size: int) -> tuple[int, int]:
    calls = pages(rows, page_size)
    return calls, calls


def _per_node(fleet: Fleet, rows: int, page_size: int | None, *, changed: bool) -> tuple[int, int]:
    """Calls of one listing per node; where only changed ones are asked, these lie evenly."""
    each = pages(rows, page_size)
    nodes = fleet.changed if changed else fleet.total
    largest = max(fleet.nodes, default=0)
    busiest = ceil(largest * fleet.changed_share) if changed else largest
    return nodes * each, busiest * each


def _objects(fleet: Fleet) -> tuple[int, int]:
    """Requests for one type of a data sync: the keys under each account and Region, and the objects."""
    calls = sum(pages(nodes, _KEYS) for nodes in fleet.nodes) + fleet.total
    return calls, calls  # one bucket, whatever accounts write to it


def _way(fact: str, way: str, calls: tuple[int, int], rate: float, fresh: str, why: str, *, chosen: bool | str) -> Way:
    taken = is_source(chosen) if isinstance(chosen, str) else chosen
    return Way(fact, way, calls[0], calls[1], rate, fresh, taken, why)


def _page(name: str) -> int:
    """The page size that the catalogue declares."""
    size = source_of(name).page_size
    assert size is not None, name
    return size


def _sync(fact: str, kind: str, fleet: Fleet, rates: Rates, data_sync: bool) -> Way:
    return _way(
        fact, f"S3 Resource Data Sync, {kind}", _objects(fleet),
        rates.operations.get("s3:GetObject", _S3_RATE), "as old as the object",
        "only with --data-sync: needs a bucket that the accounts write to; later only changed objects are read",
        chosen=data_sync,
    )  # fmt: skip


def _managed_nodes(fleet: Fleet, rates: Rates, data_sync: bool) -> Sequence[Way]:
    fact = "managed nodes"
    return (
        _sync(fact, "AWS:InstanceInformation", fleet, rates, data_sync),
        _way(
            fact, "ssm:ListNodes, whole organisation", _once(fleet.total, 50), rates.of("ssm", "ListNodes"),
            "as old as its CaptureTime",
            "gives no ping time, role, activation or association status, and needs the unified console's sync and its "
            "delegated administrator", chosen=False,
        ),
        _way(
            fact, "ssm:DescribeInstanceProperties, per cell", _cells(fleet.nodes, 1000),
            rates.of("ssm", "DescribeInstanceProperties"), "now",
            "AWS documents it as the console's own operation: nothing promises that it stays", chosen=False,
        ),
        _way(
            fact, "ssm:DescribeInstanceInformation, per cell", _cells(fleet.nodes, _page("ssm_managed_node")),
            rates.of("ssm", "DescribeInstanceInformation"), "now", "all fields, documented for use",
            chosen="ssm_managed_node",
        ),
    )  # fmt: skip


def _states(fleet: Fleet, rates: Rates, data_sync: bool) -> Sequence[Way]:
    fact = "patch states"
    rate = rates.of("ssm", "DescribeInstancePatchStates")
    return (
        _sync(fact, "AWS:PatchSummary", fleet, rates, data_sync),
        _way(
            fact, "config:SelectAggregateResourceConfig, two types", _once(2 * fleet.total, 100),
            rates.of("config", "SelectAggregateResourceConfig"), "as old as the recorder's last item",
            "needs a recorder in every account and an aggregator, and AWS charges for each recorded item", chosen=False,
        ),
        _way(
            fact, "ssm:DescribeInstancePatchStates, one id a call", _per_node(fleet, 1, None, changed=False), rate,
            "now", "up to 50 times the calls of the next for the same rows", chosen=False,
        ),
        _way(
            fact, "ssm:DescribeInstancePatchStates, 50 ids a call", _blocks(fleet, _page("ssm_patch_state")), rate,
            "now", "tells which details have changed", chosen="ssm_patch_state",
        ),
    )  # fmt: skip


def _details(fleet: Fleet, rates: Rates, data_sync: bool) -> Sequence[Way]:
    fact, size, rate = "patch detail", _page("ssm_patch"), rates.of(*_DETAIL)
    hidden = "installed patches would vanish from history, and with them the lag of what was closed"
    return (
        _sync(fact, "AWS:ComplianceItem", fleet, rates, data_sync),
        _way(
            fact, "ssm:DescribeInstancePatches, all nodes and states",
            _per_node(fleet, fleet.patch_rows, size, changed=False), rate, "now",
            "the first run and --full; later it would ask again for what cannot have changed", chosen=False,
        ),
        _way(
            fact, "ssm:DescribeInstancePatches, all nodes, filtered by State",
            _per_node(fleet, fleet.open_rows, size, changed=False), rate, "now", hidden, chosen=False,
        ),
        _way(
            fact, "ssm:DescribeInstancePatches, changed nodes, filtered by State",
            _per_node(fleet, fleet.open_rows, size, changed=True), rate, "now", hidden, chosen=False,
        ),
        _way(
            fact, "ssm:DescribeInstancePatches, changed nodes, all states",
            _per_node(fleet, fleet.patch_rows, size, changed=True), rate, "now: no new scan, no new detail",
            "a detail is asked again when its patch state is another, and checked against its counts",
            chosen="ssm_patch",
        ),
    )  # fmt: skip


def _instances(fleet: Fleet, rates: Rates) -> Sequence[Way]:
    fact, instances = "instances", fleet.instances or fleet.nodes
    return (
        _way(
            fact, "config:SelectAggregateResourceConfig", _once(sum(instances), 100),
            rates.of("config", "SelectAggregateResourceConfig"), "as old as the recorder's last item",
            "needs a recorder in every account and an aggregator, and misses what is not recorded", chosen=False,
        ),
        _way(
            fact, "ec2:DescribeInstances, per cell", _cells(instances, _page("ec2_instance")),
            rates.of("ec2", "DescribeInstances"), "now",
            "one call a cell up to 1000 instances, and it says which cells are empty", chosen="ec2_instance",
        ),
    )  # fmt: skip


def _findings(fleet: Fleet, rates: Rates) -> Sequence[Way]:
    each = [pages(rows, 100) for rows in shares(fleet.total * fleet.findings, fleet.regions)]
    rate = rates.of("inspector2", "ListFindings")
    return (
        _way(
            "vulnerability findings", "inspector2:ListFindings, delegated administrator, per Region",
            (sum(each), max(each, default=0)), rate, "continuous",
            "all of a Region over one rate, and what one account may read of all others; what the administrator does "
            "not administer is missing and nothing says so", chosen=False,
        ),
        _way(
            "vulnerability findings", "inspector2:ListFindings, per account and Region",
            _cells([nodes * fleet.findings for nodes in fleet.nodes], 100), rate, "continuous",
            "each account answers for itself, beside its own status and coverage; weekly whole, between that what "
            "changed", chosen="inspector2_finding",
        ),
    )  # fmt: skip

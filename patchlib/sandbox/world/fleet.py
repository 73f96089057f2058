"""The fleet: the nodes of every service, when each was launched and what becomes of it.

A single machine is launched once and keeps its id, but for the few that were built anew (see `incidents`). An Auto
Scaling group is replaced, instance by instance, at its refreshes; the overnight batch starts a new instance every day.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from patchlib.sandbox.world.calendars import DAY, HOUR, NEVER, from_datetime, instant, to_datetime
from patchlib.sandbox.world.directory import HOME_REGION
from patchlib.sandbox.world.draws import Draws
from patchlib.sandbox.world.images import APPLIANCE, BOTTLEROCKET, Images
from patchlib.sandbox.world.incidents import REBUILT_AT, befallen, is_rebuilt
from patchlib.sandbox.world.network import Networks
from patchlib.sandbox.world.nodes import Node
from patchlib.sandbox.world.services import Service
from patchlib.sandbox.world.windows import HORIZON, patch_groups

__all__ = ["REFRESH_STEP", "SCRIPT_NAME", "SCRIPT_OWNER", "Fleet", "batch_launches", "instance_id", "refreshes"]

# What goes wrong with a node, each with its share of the fleet.
STOPPED, UNMANAGED, NEVER_SCANNED, LOST = 0.030, 0.025, 0.015, 0.040
NO_PATCH_GROUP, NO_ENVIRONMENT, NO_OWNER, NO_CRITICALITY = 0.05, 0.04, 0.08, 0.25
# Seconds between two instances of a refresh: the group waits for each to become healthy.
REFRESH_STEP = 600
# Markup in tag values: a page that shows tags must escape them.
SCRIPT_NAME = "<script>alert(1)</script>"
SCRIPT_OWNER = '"><img src=x onerror=alert(1)>'


def refreshes(draws: Draws, service: Service, as_of: int) -> list[int]:
    """When the instances of a group were replaced, oldest first."""
    return [at for at in _planned(draws, service, to_datetime(as_of).year) if at <= as_of]


def _planned(draws: Draws, service: Service, last_year: int) -> list[int]:
    """Every refresh of a group from its first start to the end of a year."""
    if service.refresh_months is None:
        return []
    day = draws.between(4, 12, "refresh day", service.name)
    planned = (
        from_datetime(datetime(year, month, day, 9, tzinfo=UTC))
        for year in range(2023, last_year + 1)
        for month in range(service.refresh_months, 13, service.refresh_months)
    )
    return [at for at in planned if service.started_at <= at]


def instance_id(draws: Draws, service: Service, slot: int, launched: int) -> str:
    """The id of the instance that a group or batch started in a slot at an instant."""
    return "i-0" + draws.hexadecimal(16, "node", service.name, slot, launched)


def batch_launches(as_of: int) -> int:
    """The last start of a batch's instances: every day at 05:30, gone a day later."""
    return (as_of - 5 * HOUR - 1800) // DAY * DAY + 5 * HOUR + 1800


class Fleet:
    """The nodes of some services, whichever instant is looked at: each of them is drawn up once."""

    def __init__(self, draws: Draws, images: Images, services: Iterable[Service], networks: Networks) -> None:
        self._draws, self._images, self._networks = draws, images, networks
        self._services = tuple(services)
        self._refreshes = {each.name: _planned(draws, each, HORIZON[1].year) for each in self._services}
        self._made: dict[tuple[str, int, int, int], Node] = {}

    def at(self, as_of: int) -> tuple[Node, ...]:
        """The nodes that exist at an instant (and those terminated within the hour before)."""
        found = [
            self._node(service, slot, launched, terminated)
            for service in self._services
            for slot in range(service.size)
            for launched, terminated in self._launches(service, slot, as_of)
            if launched <= as_of
        ]
        return tuple(befallen(self._draws, node, as_of) for node in _scripted(found))

    def _node(self, service: Service, slot: int, launched: int, terminated: int) -> Node:
        key = (service.name, slot, launched, terminated)
        if key not in self._made:
            self._made[key] = _node(self._draws, self._images, self._networks, service, slot, launched, terminated)
        return self._made[key]

    def _generation(self, service: Service, as_of: int) -> int:
        """When a group's instances of an instant were started: its last refresh, or its first start."""
        return max((at for at in self._refreshes[service.name] if at <= as_of), default=service.started_at)

    def _launches(self, service: Service, slot: int, as_of: int) -> list[tuple[int, int]]:
        """(launched, terminated) of the instances of one slot that are still listed."""
        if service.kind == "group":
            step = slot * REFRESH_STEP
            return [(self._generation(service, as_of - step) + step, NEVER)]
        if service.kind == "batch":
            # EC2 lists a terminated instance for about an hour.
            today = batch_launches(as_of)
            listed = [(today, NEVER)]
            return [(today - DAY, today), *listed] if as_of - today < HOUR else listed
        started = service.started_at + int(self._draws.uniform("launch", service.name, slot) * 60 * DAY)
        if service.kind == "standalone" and started < REBUILT_AT and is_rebuilt(self._draws, service.name, slot):
            both = [(started, REBUILT_AT), (REBUILT_AT, NEVER)]
            return both if as_of < REBUILT_AT + HOUR else both[1:]
        return [(started, NEVER)]


def _node(
    draws: Draws, images: Images, networks: Networks, service: Service, slot: int, launched: int, terminated: int
) -> Node:
    is_first = service.kind in ("standalone", "hybrid") and launched != REBUILT_AT
    who = (service.name, slot) if is_first else (service.name, slot, launched)
    is_hybrid = service.kind == "hybrid"
    in_group = service.kind in ("group", "batch")
    golden = service.account.account_id if service.kind == "group" else None
    group = f"{service.name}-asg" if in_group else None
    node = Node(
        node_id=("mi-0" if is_hybrid else "i-0") + draws.hexadecimal(16, "node", *who),
        account_id=service.account.account_id,
        region=service.region,
        service=service.name,
        name=f"{service.name}-{slot + 1:02d}",
        platform=service.platform,
        environment=service.account.environment,
        launched_at=launched,
        image=None if is_hybrid else images.newest(service.platform, service.region, launched, golden),
        instance_type=service.instance_type,
        zone=service.region + "abc"[slot % 3],
        private_ip=networks.address(service, slot),
        discipline=service.discipline,
        scan_second=draws.between(HOUR, 5 * HOUR - 1, "scan", *who),
        run_delay=draws.between(180, 5400, "run delay", *who),
        patch_group=None if in_group else _patch_group(draws, service, who),
        kind="hybrid" if is_hybrid else "ec2",
        auto_scaling_group=group,
        terminated_at=terminated,
    )
    return replace(_fate(draws, node, service, who), tags=_tags(draws, node, service, who))


def _patch_group(draws: Draws, service: Service, who: tuple[object, ...]) -> str | None:
    if draws.uniform("no patch group", *who) < NO_PATCH_GROUP or service.platform is APPLIANCE:
        return None
    groups = patch_groups(service.account)
    # One service in five or so is on the second group; Windows prefers the monthly one.
    threshold = 0.62 if service.platform.is_windows and service.account.environment == "production" else 0.25
    return groups[1] if len(groups) > 1 and draws.uniform("group", service.name) < threshold else groups[0]


def _fate(draws: Draws, node: Node, service: Service, who: tuple[object, ...]) -> Node:
    """What goes wrong with the node, if anything; at most one thing."""
    if service.kind == "batch":
        return node
    if service.platform is APPLIANCE:
        return replace(node, unmanaged=True)
    if service.platform is BOTTLEROCKET:
        return replace(node, scanned=False)
    draw = draws.uniform("fate", *who)
    start = node.launched_at + 20 * DAY
    moment = instant("2026-05-01") + int(draws.uniform("fate moment", *who) * 170 * DAY)
    if draw < STOPPED:
        return replace(node, stopped_at=max(start, moment)) if service.kind == "standalone" else node
    if draw < STOPPED + UNMANAGED:
        return replace(node, unmanaged=True) if service.kind != "hybrid" else node
    if draw < STOPPED + UNMANAGED + NEVER_SCANNED:
        return replace(node, scanned=False)
    return replace(node, lost_at=max(start, moment)) if draw < STOPPED + UNMANAGED + NEVER_SCANNED + LOST else node


def _tags(draws: Draws, node: Node, service: Service, who: tuple[object, ...]) -> dict[str, str]:
    def keep(tag: str, share_missing: float) -> bool:
        return draws.uniform("tag", tag, *who) >= share_missing

    tags = {"Name": node.name, "Application": service.application}
    if keep("Environment", NO_ENVIRONMENT):
        tags["Environment"] = node.environment
    if keep("Owner", NO_OWNER):
        tags["Owner"] = service.owner
    if keep("Criticality", NO_CRITICALITY):
        tags["Criticality"] = service.criticality
    if node.patch_group is not None:
        tags["Patch Group"] = node.patch_group
    if node.auto_scaling_group is not None:
        tags["aws:autoscaling:groupName"] = node.auto_scaling_group
    if service.platform is APPLIANCE:
        tags["Appliance"] = "network-firewall"
    return tags


def _scripted(nodes: list[Node]) -> list[Node]:
    """Put markup into two tag values: a page that shows tags must escape them."""
    plain = [
        position
        for position, node in enumerate(nodes)
        if node.patch_group
        and node.region == HOME_REGION
        and node.environment != "production"
        and not node.unmanaged
        and REBUILT_AT not in (node.launched_at, node.terminated_at)
    ]
    # The two oldest: they are the same two, whenever one looks.
    plain.sort(key=lambda position: (nodes[position].launched_at, nodes[position].node_id))
    for position, tag, value in zip(plain, ("Name", "Owner"), (SCRIPT_NAME, SCRIPT_OWNER), strict=False):
        node = nodes[position]
        nodes[position] = replace(node, tags={**node.tags, tag: value})
    return nodes

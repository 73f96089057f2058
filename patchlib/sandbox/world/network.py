"""The network of every cell: one VPC, three subnets for nodes, three for load balancers, and who may reach whom.

An address is decided by a service's place among the services of its cell, so it stays while the fleet ages.
Zones a, b and c have a subnet for nodes each; slots of a service go round them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, ip_address, ip_network

from patchlib.sandbox.world.directory import HOME_REGION, REGIONS
from patchlib.sandbox.world.draws import Draws
from patchlib.sandbox.world.services import Service

__all__ = ["RESERVED_ADDRESSES", "ZONES", "Cell", "Network", "Networks", "SecurityGroup", "Subnet", "plan_networks"]

Cell = tuple[str, str]  # (account id, Region)

ZONES = "abc"
# AWS keeps five addresses of every subnet: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
RESERVED_ADDRESSES = 5
_FIRST_HOST = 10
_SMALLEST = 256
ANYWHERE, INSIDE = "0.0.0.0/0", "10.0.0.0/8"


@dataclass(frozen=True)
class Subnet:
    """One subnet.

    is_public: the internet reaches it. is_edge: it is there for load balancers, without nodes.
    planned: nodes that the fleet's services place in it; others: addresses that something else
    holds.
    """

    subnet_id: str
    zone: str
    block: IPv4Network
    is_public: bool
    is_edge: bool = False
    planned: int = 0
    others: int = 0

    def free(self, nodes: int) -> int:
        """Addresses left, with that many nodes in it."""
        return max(0, self.block.num_addresses - RESERVED_ADDRESSES - self.others - nodes)


@dataclass(frozen=True)
class SecurityGroup:
    """A group and whom it lets in: (first port, last port, source), a source being a block or a group's id."""

    group_id: str
    name: str
    description: str
    inbound: tuple[tuple[int, int, str], ...] = ()


@dataclass(frozen=True)
class Network:
    """The network of one cell. by_service: the security groups that a service's nodes carry."""

    vpc_id: str
    block: IPv4Network
    subnets: tuple[Subnet, ...]
    groups: Mapping[str, SecurityGroup]
    by_service: Mapping[str, tuple[SecurityGroup, ...]]

    def subnet(self, zone: str) -> Subnet:
        """The subnet of a zone in which nodes stand."""
        return next(each for each in self.subnets if each.zone == zone and not each.is_edge)

    def edges(self) -> tuple[Subnet, ...]:
        """The subnets of load balancers."""
        return tuple(each for each in self.subnets if each.is_edge)


@dataclass(frozen=True)
class Networks:
    """The networks of all cells, and where in its cell each service begins to count addresses."""

    by_cell: Mapping[Cell, Network] = field(default_factory=dict)
    first_host: Mapping[str, int] = field(default_factory=dict)

    def address(self, service: Service, slot: int) -> str:
        """The private address of a slot of a service; outside EC2 an address of the plant's own network."""
        if service.kind == "hybrid":
            return f"192.168.{slot // 200}.{slot % 200 + 11}"
        block = self.by_cell[service.account.account_id, service.region].subnet(_zone(service, slot)).block
        return str(ip_address(int(block.network_address) + _FIRST_HOST + self.first_host[service.name] + slot))


def _zone(service: Service, slot: int) -> str:
    return service.region + ZONES[slot % len(ZONES)]


def plan_networks(draws: Draws, services: Iterable[Service]) -> Networks:
    """The networks that these services need."""
    by_cell: dict[Cell, list[Service]] = defaultdict(list)
    first_host: dict[str, int] = {}
    for service in services:
        if service.kind != "hybrid":
            placed = by_cell[service.account.account_id, service.region]
            first_host[service.name] = sum(each.size for each in placed)
            placed.append(service)
    found = {cell: _network(draws, cell, placed) for cell, placed in by_cell.items()}
    return Networks(found, first_host)


def _network(draws: Draws, cell: Cell, services: list[Service]) -> Network:
    hosts = sum(service.size for service in services) + _FIRST_HOST + RESERVED_ADDRESSES
    size = max(_SMALLEST, 1 << (hosts - 1).bit_length())
    block = ip_network((f"10.{draws.between(16, 63, 'net', *cell)}.0.0", min(16, 30 - (size - 1).bit_length())), False)
    groups = _groups(draws, cell, services)
    return Network(
        vpc_id="vpc-0" + draws.hexadecimal(16, "vpc", *cell),
        block=block,  # type: ignore[arg-type]
        subnets=_subnets(draws, cell, services, int(block.network_address), size),
        groups=groups,
        by_service={service.name: _carried(draws, cell, service, groups) for service in services},
    )


def _subnets(draws: Draws, cell: Cell, services: list[Service], base: int, size: int) -> tuple[Subnet, ...]:
    environment = services[0].account.environment
    found = []
    for number, letter in enumerate(ZONES):
        zone = cell[1] + letter
        planned = sum(_zone(service, slot) == zone for service in services for slot in range(service.size))
        usable = size - RESERVED_ADDRESSES
        # Pods and functions hold addresses too. One subnet of production is all but full: new nodes beside the old
        # ones, as a refresh wants them, hardly find a place there.
        is_tight = environment == "production" and cell[1] != HOME_REGION and letter == "a"
        room = 3 if is_tight else int((usable - planned) * (0.2 + 0.7 * draws.uniform("room", *cell, letter)))
        found.append(
            Subnet(
                subnet_id="subnet-0" + draws.hexadecimal(16, "subnet", *cell, zone),
                zone=zone,
                block=IPv4Network((base + number * size, 32 - (size - 1).bit_length())),
                # Somebody put the nodes of a zone of development where the internet reaches them.
                is_public=environment == "development" and cell[1] == HOME_REGION and letter == "c",
                planned=planned,
                others=max(0, usable - planned - room),
            )
        )
    for number, letter in enumerate(ZONES):
        found.append(
            Subnet(
                subnet_id="subnet-0" + draws.hexadecimal(16, "edge subnet", *cell, letter),
                zone=cell[1] + letter,
                block=IPv4Network((base + 3 * size + number * 32, 27)),
                is_public=True,
                is_edge=True,
                others=draws.between(2, 9, "edge addresses", *cell, letter),
            )
        )
    return tuple(found)


def _groups(draws: Draws, cell: Cell, services: list[Service]) -> dict[str, SecurityGroup]:
    """The security groups of a cell by name: of every service, of load balancers, and those that nobody took back."""

    def group(name: str, description: str, *inbound: tuple[int, int, str]) -> SecurityGroup:
        return SecurityGroup("sg-0" + draws.hexadecimal(16, "security group", *cell, name), name, description, inbound)

    default = group("default", "default VPC security group")
    public = group("load-balancer-public", "web from anywhere", (80, 80, ANYWHERE), (443, 443, ANYWHERE))
    inner = group("load-balancer-internal", "web from inside", (443, 443, INSIDE))
    found = [default, public, inner]
    for service in services:
        remote = 3389 if service.platform.is_windows else 22
        sources = (public, inner) if service.kind == "group" else ()
        web = tuple((8080, 8080, each.group_id) for each in sources)
        found.append(group(f"{service.name}-nodes", f"nodes of {service.name}", *web, (remote, remote, "10.0.0.0/16")))
    environment = services[0].account.environment
    if environment in ("development", "staging"):
        found.append(group("remote-access-temporary", "remove after migration", (22, 22, ANYWHERE), (22, 22, "::/0")))
    if environment == "development":
        found.append(group("remote-desktop-temporary", "remove after migration", (3389, 3389, ANYWHERE)))
    return {each.name: each for each in found}


def _carried(
    draws: Draws, cell: Cell, service: Service, groups: Mapping[str, SecurityGroup]
) -> tuple[SecurityGroup, ...]:
    """What the nodes of a service carry. The temporary groups of staging's second Region are left over, unused."""
    own = groups[f"{service.name}-nodes"]
    open_to_all = groups.get("remote-desktop-temporary" if service.platform.is_windows else "remote-access-temporary")
    is_left_over = service.account.environment == "staging" and cell[1] == REGIONS[1]
    if open_to_all is None or is_left_over or draws.uniform("opened", service.name) >= 0.3:
        return (own,)
    return (own, open_to_all)

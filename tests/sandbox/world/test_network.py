"""Promises of the network."""

from collections import Counter
from ipaddress import ip_address

from patchlib.sandbox.world.calendars import instant
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.network import RESERVED_ADDRESSES


def test_every_instance_has_an_address_of_its_own_subnet(estate: Estate) -> None:
    """Inside the block, behind the addresses that AWS keeps, and no two living nodes share one."""
    living = Counter[tuple[str, str, str]]()
    for node in estate.nodes:
        if node.kind != "ec2":
            continue
        block = estate.networks.by_cell[node.account_id, node.region].subnet(node.zone).block
        assert ip_address(node.private_ip) in block
        assert int(ip_address(node.private_ip)) - int(block.network_address) >= RESERVED_ADDRESSES
        living[node.account_id, node.region, node.private_ip] += node.terminated_at > estate.as_of
    assert max(living.values()) == 1


def test_subnets_of_a_cell_do_not_overlap_and_stand_in_its_vpc(estate: Estate) -> None:
    """Those of load balancers included."""
    for network in estate.networks.by_cell.values():
        blocks = [subnet.block for subnet in network.subnets]
        assert all(block.subnet_of(network.block) for block in blocks)
        assert not any(a.overlaps(b) for n, a in enumerate(blocks) for b in blocks[:n])
        assert len(network.edges()) == 3


def test_a_large_cell_gets_larger_subnets() -> None:
    """The world keeps its promises at any size."""
    world = Estate(7, 6000, 9, instant("2026-11-02T06:00:00Z"))
    assert min(subnet.block.prefixlen for n in world.networks.by_cell.values() for subnet in n.subnets) < 24
    for node in world.nodes[:2000]:
        if node.kind == "ec2":
            network = world.networks.by_cell[node.account_id, node.region]
            assert ip_address(node.private_ip) in network.subnet(node.zone).block


def test_addresses_stay_while_the_fleet_ages(estate: Estate) -> None:
    """A node that two instants know has one address at both."""
    later = Estate(7, 800, 9, instant("2027-03-01T06:00:00Z"))
    before = {node.node_id: node.private_ip for node in estate.nodes}
    both = [node for node in later.nodes if node.node_id in before]
    assert len(both) > 300
    assert all(node.private_ip == before[node.node_id] for node in both)

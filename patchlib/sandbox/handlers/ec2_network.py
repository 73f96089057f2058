"""Amazon EC2: security groups, route tables and subnets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from patchlib.sandbox.endpoint import Handler
from patchlib.sandbox.handlers.listing import listed
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.network import Network, SecurityGroup, Subnet

__all__ = ["handlers"]

_EVERYWHERE = "0.0.0.0/0"


def handlers(estate: Estate) -> dict[str, Handler]:
    """The network operations over one estate."""
    return {
        "DescribeSecurityGroups": listed("ec2_security_group", estate, _security_groups),
        "DescribeRouteTables": listed("ec2_route_table", estate, _route_tables),
        "DescribeSubnets": listed("ec2_subnet", estate, _subnets),
    }


def _networks(estate: Estate, account_id: str, region: str) -> Iterator[Network]:
    network = estate.networks.by_cell.get((account_id, region))
    if network is not None:
        yield network


def _security_groups(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for network in _networks(estate, account_id, region):
        for group in network.groups.values():
            yield {
                "GroupId": group.group_id,
                "GroupName": group.name,
                "Description": group.description,
                "OwnerId": account_id,
                "VpcId": network.vpc_id,
                "SecurityGroupArn": f"arn:aws:ec2:{region}:{account_id}:security-group/{group.group_id}",
                "IpPermissions": _permissions(group, account_id),
                "IpPermissionsEgress": [
                    _permission("-1", IpRanges=[{"CidrIp": _EVERYWHERE}]),
                ],
            }


def _permission(protocol: str, **members: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {"UserIdGroupPairs": [], "IpRanges": [], "Ipv6Ranges": [], "PrefixListIds": []}
    return {"IpProtocol": protocol} | empty | members


def _permissions(group: SecurityGroup, account_id: str) -> list[dict[str, Any]]:
    """The rules as EC2 groups them: one permission per range of ports, with all its sources."""
    found: dict[tuple[int, int], dict[str, Any]] = {}
    for first, last, source in group.inbound:
        permission = found.setdefault((first, last), _permission("tcp", FromPort=first, ToPort=last))
        if source.startswith("sg-"):
            permission["UserIdGroupPairs"].append({"GroupId": source, "UserId": account_id})
        elif ":" in source:
            permission["Ipv6Ranges"].append({"CidrIpv6": source})
        else:
            permission["IpRanges"].append({"CidrIp": source})
    if group.name == "default":
        return [_permission("-1", UserIdGroupPairs=[{"GroupId": group.group_id, "UserId": account_id}])]
    return list(found.values())


def _route_tables(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for network in _networks(estate, account_id, region):
        local = {
            "DestinationCidrBlock": str(network.block),
            "GatewayId": "local",
            "Origin": "CreateRouteTable",
            "State": "active",
        }
        outward = {"DestinationCidrBlock": _EVERYWHERE, "Origin": "CreateRoute", "State": "active"}
        gateway = {"GatewayId": "igw-0" + estate.draws.hexadecimal(16, "internet gateway", account_id, region)}
        nat = {"NatGatewayId": "nat-0" + estate.draws.hexadecimal(16, "nat gateway", account_id, region)}
        # The peering to the old data centre's VPC was deleted; its route was not.
        peering = {"VpcPeeringConnectionId": "pcx-0" + estate.draws.hexadecimal(16, "peering", account_id, region)}
        lost = {"DestinationCidrBlock": "172.16.0.0/12", "Origin": "CreateRoute", "State": "blackhole"} | peering
        inner = [local, outward | nat, lost]
        yield _table(estate, account_id, network, "main", inner, [], is_main=True)
        public = [subnet for subnet in network.subnets if subnet.is_public]
        yield _table(estate, account_id, network, "public", [local, outward | gateway], public)


def _table(
    estate: Estate,
    account_id: str,
    network: Network,
    name: str,
    routes: list[dict[str, Any]],
    subnets: list[Subnet],
    *,
    is_main: bool = False,
) -> dict[str, Any]:
    table = "rtb-0" + estate.draws.hexadecimal(16, "route table", network.vpc_id, name)

    def association(subnet: str) -> dict[str, Any]:
        return {
            "Main": not subnet,
            "RouteTableAssociationId": "rtbassoc-0" + estate.draws.hexadecimal(16, "association", table, subnet),
            "RouteTableId": table,
            "AssociationState": {"State": "associated"},
        } | ({"SubnetId": subnet} if subnet else {})

    return {
        "RouteTableId": table,
        "VpcId": network.vpc_id,
        "OwnerId": account_id,
        "Routes": routes,
        "Associations": [association(each) for each in ([""] if is_main else [s.subnet_id for s in subnets])],
        "PropagatingVgws": [],
        "Tags": [{"Key": "Name", "Value": name}],
    }


def _subnets(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    nodes = Counter(
        node.zone
        for node in estate.by_cell.get((account_id, region), [])
        if node.kind == "ec2" and node.terminated_at > estate.as_of
    )
    for network in _networks(estate, account_id, region):
        for subnet in network.subnets:
            yield {
                "SubnetId": subnet.subnet_id,
                "SubnetArn": f"arn:aws:ec2:{region}:{account_id}:subnet/{subnet.subnet_id}",
                "VpcId": network.vpc_id,
                "OwnerId": account_id,
                "State": "available",
                "CidrBlock": str(subnet.block),
                "AvailabilityZone": subnet.zone,
                "AvailableIpAddressCount": subnet.free(0 if subnet.is_edge else nodes[subnet.zone]),
                "DefaultForAz": False,
                "MapPublicIpOnLaunch": subnet.is_public,
                "Tags": [{"Key": "Name", "Value": f"{'edge' if subnet.is_edge else 'nodes'}-{subnet.zone}"}],
            }

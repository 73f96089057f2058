"""Amazon EC2: the network facts that say whether a node can be reached and whether a new one finds an address."""

from __future__ import annotations

from patchlib.sources.declaration import Scope, Source

__all__ = ["SOURCES"]

SOURCES = (
    Source(
        name="ec2_security_group",
        service="ec2",
        operation="DescribeSecurityGroups",
        scope=Scope.CELL,
        items="SecurityGroups[]",
        page_size=1000,
        about="security groups with their rules: what may reach a node",
        system="Network",
        key=("GroupId",),
    ),
    Source(
        name="ec2_route_table",
        service="ec2",
        operation="DescribeRouteTables",
        scope=Scope.CELL,
        items="RouteTables[]",
        page_size=100,
        about="route tables: which subnets reach the internet, and which are reached from it",
        system="Network",
        key=("RouteTableId",),
    ),
    Source(
        name="ec2_subnet",
        service="ec2",
        operation="DescribeSubnets",
        scope=Scope.CELL,
        items="Subnets[]",
        page_size=1000,
        about="subnets with their free addresses: room for the new nodes of a replacement",
        system="Network",
        key=("SubnetId",),
    ),
)

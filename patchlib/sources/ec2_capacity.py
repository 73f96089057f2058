"""Amazon EC2: what capacity is held or paid in advance, and how large the instance types in use are."""

from __future__ import annotations

from collections.abc import Iterator

from patchlib.sources.declaration import Context, Request, Scope, Source, blocks

__all__ = ["SOURCES"]

# DescribeInstanceTypes takes at most 100 instance types (API reference, parameter InstanceTypes).
TYPE_BLOCK = 100


def _types_in_use(context: Context) -> Iterator[Request]:
    in_use = sorted({row["InstanceType"] for row in context.rows("ec2_instance") if row.get("InstanceType")})
    for block in blocks(in_use, TYPE_BLOCK):
        # vCPU and memory are the type's own, whatever the Region; one that the Region asked does not offer would fail
        # the whole call without IncludeUnsupportedInRegion.
        yield Request({"InstanceTypes": block, "IncludeUnsupportedInRegion": True})


SOURCES = (
    Source(
        name="ec2_dedicated_host",
        service="ec2",
        operation="DescribeHosts",
        scope=Scope.CELL,
        items="Hosts[]",
        page_size=500,
        about="Dedicated Hosts and what runs on them: a licence may tie a node to its host",
        system="Capacity",
        key=("HostId",),
    ),
    Source(
        name="ec2_capacity_reservation",
        service="ec2",
        operation="DescribeCapacityReservations",
        scope=Scope.CELL,
        items="CapacityReservations[]",
        page_size=1000,
        about="Capacity Reservations and what of them is free: room for a replacement beside the old nodes",
        system="Capacity",
        key=("CapacityReservationId",),
    ),
    Source(
        name="ec2_reserved_instances",
        service="ec2",
        operation="DescribeReservedInstances",
        scope=Scope.CELL,
        items="ReservedInstances[]",
        about="Reserved Instances: which types are paid for, and until when",
        system="Capacity",
        key=("ReservedInstancesId",),
        # Bought where the bill is paid, which may be an account without a node.
        on_nodes=False,
    ),
    Source(
        name="ec2_instance_type",
        service="ec2",
        operation="DescribeInstanceTypes",
        scope=Scope.ESTATE,
        items="InstanceTypes[]",
        about="vCPUs and memory of the instance types in use",
        system="Capacity",
        unit="key",
        key=("InstanceType",),
        needs=("ec2_instance",),
        requests=_types_in_use,
        least="one call per 100 types in use, once for the whole estate: a type is the same everywhere",
    ),
)

"""Amazon EC2: Dedicated Hosts, Capacity Reservations, Reserved Instances, and instance types."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from patchlib.sandbox.endpoint import Call, Handler, ServiceError
from patchlib.sandbox.handlers.listing import listed
from patchlib.sandbox.world.calendars import DAY, instant, to_datetime
from patchlib.sandbox.world.directory import HOME_REGION
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.network import ZONES
from patchlib.sandbox.world.nodes import Node
from patchlib.sandbox.world.services import Service

__all__ = ["handlers", "host_of"]

# vCPUs and memory [MiB]: https://aws.amazon.com/ec2/instance-types/ (2026-11)
_TYPES = {
    "c6i.xlarge": (4, 8192),
    "m6i.large": (2, 8192),
    "m6i.xlarge": (4, 16384),
    "m7i.large": (2, 8192),
    "r6i.large": (2, 16384),
    "t3.large": (2, 8192),
    "t3.medium": (2, 4096),
}
# An m6i host has 64 physical cores on two sockets, 128 vCPUs:
# https://aws.amazon.com/ec2/dedicated-hosts/pricing/ (2026-11)
_HOST_FAMILY, _HOST_CORES, _HOST_VCPUS = "m6i", 64, 128
_HOSTS_SINCE = "2025-02-03T08:00:00Z"
_RESERVED_SINCE = "2026-01-15T07:30:00Z"
_YEAR = 365 * DAY


def handlers(estate: Estate) -> dict[str, Handler]:
    """The capacity operations over one estate."""
    return {
        "DescribeHosts": listed("ec2_dedicated_host", estate, _hosts),
        "DescribeCapacityReservations": listed("ec2_capacity_reservation", estate, _reservations),
        "DescribeReservedInstances": listed("ec2_reserved_instances", estate, _reserved),
        "DescribeInstanceTypes": _instance_types,
    }


def _licensed(estate: Estate, account_id: str, region: str) -> Service | None:
    """The Windows service of a production account's home Region that is licensed by the host."""
    for service in estate.services:
        fits = service.platform.is_windows and service.instance_type.startswith(f"{_HOST_FAMILY}.")
        here = (service.account.account_id, service.region) == (account_id, region)
        if fits and here and service.kind == "standalone" and service.account.environment == "production":
            return service if region == HOME_REGION else None
    return None


def _host_id(estate: Estate, service: Service, zone: str) -> str:
    return "h-0" + estate.draws.hexadecimal(16, "dedicated host", service.name, zone)


def host_of(estate: Estate, node: Node) -> str | None:
    """The Dedicated Host on which a node runs, None for the others."""
    service = _licensed(estate, node.account_id, node.region)
    return _host_id(estate, service, node.zone) if service is not None and service.name == node.service else None


def _hosts(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    """One host per zone for the licensed service; where it has no nodes, the host stands idle and is paid for."""
    service = _licensed(estate, account_id, region)
    if service is None or instant(_HOSTS_SINCE) > estate.as_of:
        return
    nodes = [node for node in estate.by_cell.get((account_id, region), []) if node.service == service.name]
    for zone in (region + letter for letter in "abc"):
        guests = [node for node in nodes if node.zone == zone]
        used = sum(_TYPES[node.instance_type][0] for node in guests)
        total = _HOST_VCPUS // _TYPES[service.instance_type][0]
        yield {
            "HostId": _host_id(estate, service, zone),
            "State": "available",
            "AvailabilityZone": zone,
            "AutoPlacement": "off",
            "HostRecovery": "on",
            "HostMaintenance": "on",
            "AllowsMultipleInstanceTypes": "on",
            "OwnerId": account_id,
            "AllocationTime": to_datetime(instant(_HOSTS_SINCE)),
            "HostProperties": {
                "InstanceFamily": _HOST_FAMILY,
                "Cores": _HOST_CORES,
                "Sockets": 2,
                "TotalVCpus": _HOST_VCPUS,
            },
            "AvailableCapacity": {
                "AvailableVCpus": _HOST_VCPUS - used,
                "AvailableInstanceCapacity": [
                    {
                        "InstanceType": service.instance_type,
                        "TotalCapacity": total,
                        "AvailableCapacity": total - len(guests),
                    }
                ],
            },
            "Instances": [
                {"InstanceId": node.node_id, "InstanceType": node.instance_type, "OwnerId": account_id}
                for node in guests
            ],
            "Tags": [{"Key": "Application", "Value": service.application}],
        }


def _reservations(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    """Open reservations for the type of production's first group in a Region: room in zone a, none in b."""
    groups = [g for g in estate.groups.get((account_id, region), ()) if g.service.kind == "group"]
    if not groups or groups[0].service.account.environment != "production" or instant(_RESERVED_SINCE) > estate.as_of:
        return
    service = groups[0].service
    running = Counter(
        node.zone
        for node in estate.by_cell.get((account_id, region), [])
        if node.kind == "ec2"
        and node.instance_type == service.instance_type
        and node.platform.platform_details == service.platform.platform_details
        and estate.as_of < min(node.terminated_at, node.stopped_at)
    )
    for letter, end in (("a", "2026-12-31T23:59:59Z"), ("b", None)):
        planned = _planned(estate, service, letter)
        total = planned + 3 if letter == "a" else max(1, planned // 2)
        used = min(total, running[region + letter])
        name = "cr-0" + estate.draws.hexadecimal(16, "capacity reservation", service.name, letter)
        is_over = end is not None and instant(end) <= estate.as_of
        found: dict[str, Any] = {
            "CapacityReservationId": name,
            "CapacityReservationArn": f"arn:aws:ec2:{region}:{account_id}:capacity-reservation/{name}",
            "OwnerId": account_id,
            "InstanceType": service.instance_type,
            "InstancePlatform": service.platform.platform_details,
            "AvailabilityZone": region + letter,
            "Tenancy": "default",
            "TotalInstanceCount": total,
            "AvailableInstanceCount": 0 if is_over else total - used,
            "EbsOptimized": True,
            "State": "expired" if is_over else "active",
            "StartDate": to_datetime(instant(_RESERVED_SINCE)),
            "CreateDate": to_datetime(instant(_RESERVED_SINCE)),
            "EndDateType": "unlimited" if end is None else "limited",
            "InstanceMatchCriteria": "open",
            "ReservationType": "default",
        }
        yield found | ({"EndDate": to_datetime(instant(end))} if end else {})


def _planned(estate: Estate, like: Service, letter: str) -> int:
    """Nodes of a type and platform that the services of a cell place in a zone."""
    return sum(
        ZONES[slot % len(ZONES)] == letter
        for service in estate.services
        if (service.account, service.region, service.instance_type) == (like.account, like.region, like.instance_type)
        and service.kind != "hybrid"
        and service.platform.platform_details == like.platform.platform_details
        for slot in range(service.size)
    )


def _reserved(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    """What production bought in two rounds for the types of its single machines; the first round has ended."""
    wanted = Counter[tuple[str, str]]()
    for service in estate.services:
        here = (service.account.account_id, service.region) == (account_id, region)
        if here and service.kind == "standalone" and service.account.environment == "production":
            product = "Windows" if service.platform.is_windows else "Linux/UNIX"
            wanted[service.instance_type, product] += service.size
    for (instance_type, product), size in sorted(wanted.items()):
        for round_, (start, share) in enumerate((("2024-11-20T09:00:00Z", 0.5), ("2025-11-20T09:00:00Z", 0.7))):
            began, count = instant(start), int(size * share)
            if count < 1 or began > estate.as_of:
                continue
            yield {
                "ReservedInstancesId": estate.draws.uuid(
                    "reserved", account_id, region, instance_type, product, round_
                ),
                "InstanceType": instance_type,
                "ProductDescription": product,
                "InstanceCount": count,
                "InstanceTenancy": "default",
                "OfferingClass": "standard",
                "OfferingType": "No Upfront",
                "Scope": "Region",
                "CurrencyCode": "USD",
                "Start": to_datetime(began),
                "End": to_datetime(began + _YEAR),
                "Duration": _YEAR,
                "FixedPrice": 0.0,
                "UsagePrice": 0.0,
                "State": "active" if estate.as_of < began + _YEAR else "retired",
            }


def _instance_types(call: Call) -> dict[str, Any]:
    for name in call.params:
        if name not in ("InstanceTypes", "IncludeUnsupportedInRegion"):
            raise ServiceError("InvalidParameterValue", f"The sandbox does not follow {name} of DescribeInstanceTypes.")
    asked = call.params.get("InstanceTypes") or sorted(_TYPES)
    unknown = [name for name in asked if name not in _TYPES]
    if unknown:
        raise ServiceError("InvalidInstanceType", f"The following supplied instance types do not exist: {unknown}")
    return {"InstanceTypes": [_type(name) for name in asked]}


def _type(name: str) -> dict[str, Any]:
    vcpus, memory = _TYPES[name]
    return {
        "InstanceType": name,
        "CurrentGeneration": True,
        "BareMetal": False,
        "Hypervisor": "nitro",
        "BurstablePerformanceSupported": name.startswith("t"),
        "ProcessorInfo": {"SupportedArchitectures": ["x86_64"], "Manufacturer": "Intel"},
        "VCpuInfo": {"DefaultVCpus": vcpus, "DefaultCores": vcpus // 2, "DefaultThreadsPerCore": 2},
        "MemoryInfo": {"SizeInMiB": memory},
        "InstanceStorageSupported": False,
        "DedicatedHostsSupported": True,
        "SupportedInRegion": True,
    }

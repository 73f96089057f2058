"""Amazon EC2: Regions, instances and images."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from patchlib.sandbox.endpoint import Call, Handler, ServiceError
from patchlib.sandbox.world.calendars import DAY, to_datetime
from patchlib.sandbox.world.directory import OTHER_REGIONS, REGIONS
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.images import Image
from patchlib.sandbox.world.nodes import Node

__all__ = ["handlers"]

_STATES = {"running": 16, "terminated": 48, "stopped": 80}
# Instances of one reservation: what one RunInstances call started together.
_PER_RESERVATION = 4
# Deregistered though instances still run from it: DescribeImages does not find such an image.
_DEREGISTERED_AFTER_DAYS = 1250


def handlers(estate: Estate) -> dict[str, Handler]:
    """The operations of EC2 over one estate."""
    return {
        "DescribeRegions": _regions,
        "DescribeInstances": lambda call: _instances(estate, call),
        "DescribeImages": lambda call: _images(estate, call),
    }


def _filters(call: Call, known: tuple[str, ...]) -> dict[str, list[str]]:
    """The call's filters by name. Raises InvalidParameterValue for one that the sandbox does not follow."""
    found = {item["Name"]: list(item.get("Values", [])) for item in call.params.get("Filters", [])}
    for name in found:
        if name not in known:
            raise ServiceError("InvalidParameterValue", f"The filter '{name}' is invalid")
    return found


def _regions(call: Call) -> dict[str, Any]:
    statuses = dict.fromkeys(REGIONS, "opt-in-not-required")
    if call.params.get("AllRegions"):
        statuses |= dict.fromkeys(OTHER_REGIONS, "not-opted-in")
    asked = _filters(call, ("region-name", "opt-in-status"))
    names = call.params.get("RegionNames") or asked.get("region-name") or sorted(statuses)
    for name in names:
        if name not in statuses:
            raise ServiceError("InvalidParameterValue", f"Invalid region name: {name}")
    wanted = asked.get("opt-in-status", list(statuses.values()))
    return {
        "Regions": [
            {"RegionName": name, "Endpoint": f"ec2.{name}.amazonaws.com", "OptInStatus": statuses[name]}
            for name in names
            if statuses[name] in wanted
        ]
    }


def _instance_state(node: Node, as_of: int) -> str:
    if node.terminated_at <= as_of:
        return "terminated"
    return "stopped" if node.stopped_at <= as_of else "running"


def _instances(estate: Estate, call: Call) -> dict[str, Any]:
    nodes = [n for n in estate.by_cell.get((call.account_id, call.region), []) if n.kind == "ec2"]
    asked = _filters(call, ("instance-state-name", "instance-id"))
    ids = call.params.get("InstanceIds") or asked.get("instance-id")
    if call.params.get("InstanceIds"):
        missing = sorted(set(call.params["InstanceIds"]) - {node.node_id for node in nodes})
        if missing:
            raise ServiceError("InvalidInstanceID.NotFound", f"The instance ID '{missing[0]}' does not exist")
    states = asked.get("instance-state-name", list(_STATES))
    chosen = [n for n in nodes if (not ids or n.node_id in ids) and _instance_state(n, estate.as_of) in states]
    reservations = []
    for (service, block), members in groupby(chosen, key=lambda n: (n.service, _slot(n) // _PER_RESERVATION)):
        reservations.append(
            {
                "ReservationId": "r-0" + estate.draws.hexadecimal(16, "reservation", service, block),
                "OwnerId": call.account_id,
                "Groups": [],
                "Instances": [_instance(estate, node) for node in members],
            }
        )
    return {"Reservations": reservations}


def _slot(node: Node) -> int:
    return int(node.name.rpartition("-")[2])


def _instance(estate: Estate, node: Node) -> dict[str, Any]:
    state = _instance_state(node, estate.as_of)
    image = node.image
    assert image is not None
    found: dict[str, Any] = {
        "InstanceId": node.node_id,
        "ImageId": image.image_id,
        "InstanceType": node.instance_type,
        "LaunchTime": to_datetime(node.launched_at),
        "State": {"Code": _STATES[state], "Name": state},
        "Placement": {"AvailabilityZone": node.zone, "GroupName": "", "Tenancy": "default"},
        "PlatformDetails": node.platform.platform_details,
        "UsageOperation": node.platform.usage_operation,
        "Architecture": "x86_64",
        "Hypervisor": "xen",
        "VirtualizationType": "hvm",
        "RootDeviceType": "ebs",
        "RootDeviceName": "/dev/sda1",
        "EbsOptimized": True,
        "AmiLaunchIndex": 0,
        "Monitoring": {"State": "disabled"},
        "ProductCodes": [],
        "SecurityGroups": [],
        "MetadataOptions": {"State": "applied", "HttpTokens": "required", "HttpEndpoint": "enabled"},
        "Tags": [{"Key": key, "Value": value} for key, value in node.tags.items()],
    }
    if node.platform.is_windows:
        found["Platform"] = "windows"
    if state != "terminated":
        found |= _network(estate, node)
    if not node.unmanaged:
        profile = f"arn:aws:iam::{node.account_id}:instance-profile/managed-node"
        found["IamInstanceProfile"] = {"Arn": profile, "Id": "AIPA" + estate.draws.hexadecimal(17, "profile").upper()}
    if state == "stopped":
        stopped = to_datetime(node.stopped_at)
        found["StateTransitionReason"] = f"User initiated ({stopped:%Y-%m-%d %H:%M:%S} GMT)"
    return found


def _network(estate: Estate, node: Node) -> dict[str, Any]:
    place = (node.account_id, node.region)
    return {
        "PrivateIpAddress": node.private_ip,
        "PrivateDnsName": f"ip-{node.private_ip.replace('.', '-')}.{node.region}.compute.internal",
        "VpcId": "vpc-0" + estate.draws.hexadecimal(16, "vpc", *place),
        "SubnetId": "subnet-0" + estate.draws.hexadecimal(16, "subnet", *place, node.zone),
    }


def _images(estate: Estate, call: Call) -> dict[str, Any]:
    asked = _filters(call, ("image-id",))
    nodes = estate.by_cell.get((call.account_id, call.region), [])
    listed = {
        node.image.image_id: node.image
        for node in nodes
        if node.image is not None and (estate.as_of - node.image.built_at) < _DEREGISTERED_AFTER_DAYS * DAY
    }
    ids = call.params.get("ImageIds")
    if ids:
        missing = [image_id for image_id in ids if image_id not in listed]
        if missing:
            raise ServiceError("InvalidAMIID.NotFound", f"The image id '[{missing[0]}]' does not exist")
    wanted = ids or asked.get("image-id")
    if not wanted:
        raise ServiceError("InvalidParameterValue", "The sandbox lists images by id only; give ImageIds or image-id")
    return {"Images": [_image(listed[name]) for name in sorted(listed) if name in set(wanted)]}


def _image(image: Image) -> dict[str, Any]:
    found: dict[str, Any] = {
        "ImageId": image.image_id,
        "Name": image.name,
        "ImageLocation": f"{image.owner_alias or image.owner_id}/{image.name}",
        "CreationDate": f"{to_datetime(image.built_at):%Y-%m-%dT%H:%M:%S}.000Z",
        "DeprecationTime": f"{to_datetime(image.deprecated_at):%Y-%m-%dT%H:%M:%S}.000Z",
        "OwnerId": image.owner_id,
        "State": "available",
        "Public": image.owner_alias is not None,
        "PlatformDetails": image.platform.platform_details,
        "UsageOperation": image.platform.usage_operation,
        "Architecture": "x86_64",
        "ImageType": "machine",
        "Hypervisor": "xen",
        "VirtualizationType": "hvm",
        "RootDeviceType": "ebs",
        "RootDeviceName": "/dev/sda1",
        "EnaSupport": True,
        "Description": f"{image.platform.platform_name or image.name}, built {to_datetime(image.built_at):%Y-%m-%d}",
    }
    if image.owner_alias is not None:
        found["ImageOwnerAlias"] = image.owner_alias
    if image.platform.is_windows:
        found["Platform"] = "windows"
    return found

"""Amazon EC2: Regions, instances and images."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from patchlib.sandbox.endpoint import Call, Handler, ServiceError
from patchlib.sandbox.handlers.ec2_capacity import host_of
from patchlib.sandbox.handlers.ec2_launch import image_snapshot_id, own_images, volume_id
from patchlib.sandbox.handlers.listing import listed
from patchlib.sandbox.world.calendars import DAY, to_datetime
from patchlib.sandbox.world.directory import OTHER_REGIONS, REGIONS
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.images import Image
from patchlib.sandbox.world.nodes import Node

__all__ = ["handlers"]

_STATES = {"running": 16, "terminated": 48, "stopped": 80}
# Instances of one reservation: what one RunInstances call started together.
_PER_RESERVATION = 4
# EC2 shows the day of an image's last launch, a day late (API reference, Image.LastLaunchedTime).
_LAUNCH_SHOWN_AFTER = DAY


def handlers(estate: Estate) -> dict[str, Handler]:
    """The operations of EC2 over one estate."""
    return {
        "DescribeRegions": _regions,
        "DescribeInstances": lambda call: _instances(estate, call),
        "DescribeInstanceImageMetadata": listed("ec2_instance_image", estate, _instance_images),
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
        "Placement": _placement(estate, node),
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
        "BlockDeviceMappings": [],
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


def _placement(estate: Estate, node: Node) -> dict[str, Any]:
    host = host_of(estate, node)
    base = {"AvailabilityZone": node.zone, "GroupName": "", "Tenancy": "default" if host is None else "host"}
    return base if host is None else base | {"HostId": host, "Affinity": "host"}


def _network(estate: Estate, node: Node) -> dict[str, Any]:
    network = estate.networks.by_cell[node.account_id, node.region]
    subnet = network.subnet(node.zone)
    volume = {"VolumeId": volume_id(estate, node), "Status": "attached", "DeleteOnTermination": True}
    found = {
        "PrivateIpAddress": node.private_ip,
        "PrivateDnsName": f"ip-{node.private_ip.replace('.', '-')}.{node.region}.compute.internal",
        "VpcId": network.vpc_id,
        "SubnetId": subnet.subnet_id,
        "SecurityGroups": [
            {"GroupId": group.group_id, "GroupName": group.name} for group in network.by_service[node.service]
        ],
        "BlockDeviceMappings": [
            {"DeviceName": "/dev/sda1", "Ebs": volume | {"AttachTime": to_datetime(node.launched_at)}}
        ],
    }
    if subnet.is_public:
        # Documentation addresses belong to nobody (RFC 5737).
        found["PublicIpAddress"] = f"203.0.113.{node.private_ip.rpartition('.')[2]}"
    return found


def _instance_images(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for node in estate.by_cell.get((account_id, region), []):
        if node.image is None:
            continue
        state = _instance_state(node, estate.as_of)
        shown = _image(node.image, estate)
        members = ("ImageId", "Name", "OwnerId", "ImageOwnerAlias", "CreationDate", "DeprecationTime")
        metadata = {name: shown[name] for name in members if name in shown}
        is_gone = node.image.deregistered_at <= estate.as_of
        yield {
            "InstanceId": node.node_id,
            "InstanceType": node.instance_type,
            "LaunchTime": to_datetime(node.launched_at),
            "AvailabilityZone": node.zone,
            "State": {"Code": _STATES[state], "Name": state},
            "OwnerId": account_id,
            "Tags": [{"Key": key, "Value": value} for key, value in node.tags.items()],
            "ImageMetadata": metadata
            | {"State": "deregistered" if is_gone else "available", "ImageAllowed": True, "IsPublic": shown["Public"]},
        }


def _known_images(estate: Estate, account_id: str, region: str) -> dict[str, Image]:
    """What DescribeImages finds: images in use, and the account's own builds; those deregistered are in neither."""
    found = {
        node.image.image_id: node.image
        for node in estate.by_cell.get((account_id, region), [])
        if node.image is not None
    }
    found |= {image.image_id: image for image in own_images(estate, account_id, region)}
    return {name: image for name, image in found.items() if image.deregistered_at > estate.as_of}


def _images(estate: Estate, call: Call) -> dict[str, Any]:
    asked = _filters(call, ("image-id",))
    known = _known_images(estate, call.account_id, call.region)
    ids, owners = call.params.get("ImageIds"), call.params.get("Owners")
    if ids:
        missing = [image_id for image_id in ids if image_id not in known]
        if missing:
            raise ServiceError("InvalidAMIID.NotFound", f"The image id '[{missing[0]}]' does not exist")
    if owners and owners != ["self"]:
        raise ServiceError("InvalidParameterValue", "The sandbox lists images by owner self, or by id")
    wanted = ids or asked.get("image-id")
    if not wanted and not owners:
        raise ServiceError("InvalidParameterValue", "The sandbox lists images by owner self, or by id")
    chosen = [
        known[name]
        for name in sorted(known)
        if (not wanted or name in set(wanted)) and (not owners or known[name].owner_id == call.account_id)
    ]
    return {"Images": [_image(image, estate) for image in chosen]}


def _image(image: Image, estate: Estate) -> dict[str, Any]:
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
    else:
        found |= _own_image(estate, image)
    if image.platform.is_windows:
        found["Platform"] = "windows"
    return found


def _own_image(estate: Estate, image: Image) -> dict[str, Any]:
    """What only an image's owner sees: the snapshot behind it and when anybody last launched from it."""
    found: dict[str, Any] = {
        "BlockDeviceMappings": [
            {
                "DeviceName": "/dev/sda1",
                "Ebs": {"SnapshotId": image_snapshot_id(estate, image), "VolumeSize": 30, "DeleteOnTermination": True},
            }
        ]
    }
    launched = [n.launched_at for n in estate.nodes if n.image is image]
    shown = [at for at in launched if at + _LAUNCH_SHOWN_AFTER <= estate.as_of]
    if shown:
        found["LastLaunchedTime"] = f"{to_datetime(max(shown)):%Y-%m-%dT%H:%M:%S}.000Z"
    return found

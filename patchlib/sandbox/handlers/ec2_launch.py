"""Amazon EC2: launch templates with their versions, and the snapshots of volumes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from patchlib.sandbox.endpoint import Call, Handler, ServiceError
from patchlib.sandbox.handlers.listing import listed
from patchlib.sandbox.world.calendars import DAY, HOUR, to_datetime
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.groups import Group, TemplateVersion
from patchlib.sandbox.world.images import Image
from patchlib.sandbox.world.nodes import Node

__all__ = ["handlers", "image_snapshot_id", "own_images", "volume_id"]

# Single machines of production are backed up every Sunday, six of ten of them, and kept for two weeks.
_BACKED_UP, _KEPT_WEEKS = 0.6, 2
_FIRST_SUNDAY = 3 * DAY  # 1970-01-04
_VOLUME_GIB = 30


def handlers(estate: Estate) -> dict[str, Handler]:
    """The operations of launch templates and snapshots over one estate."""
    return {
        "DescribeLaunchTemplates": listed("ec2_launch_template", estate, _templates),
        "DescribeLaunchTemplateVersions": lambda call: _versions(estate, call),
        "DescribeSnapshots": listed("ec2_ebs_snapshot", estate, _snapshots, by={"OwnerIds": "_owner"}),
    }


def _with_template(estate: Estate, account_id: str, region: str) -> list[Group]:
    return [group for group in estate.groups.get((account_id, region), ()) if group.configuration is None]


def _creator(group: Group) -> str:
    return f"arn:aws:sts::{group.service.account.account_id}:assumed-role/ImagePipeline/publish"


def _templates(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for group in _with_template(estate, account_id, region):
        yield {
            "LaunchTemplateId": group.template_id,
            "LaunchTemplateName": group.template_name,
            "CreateTime": to_datetime(group.versions[0].created_at),
            "CreatedBy": _creator(group),
            "DefaultVersionNumber": group.default_number,
            "LatestVersionNumber": group.latest.number,
            "Tags": [{"Key": "Application", "Value": group.service.application}],
        }


def _versions(estate: Estate, call: Call) -> dict[str, Any]:
    """Versions of one template, or of all by $Latest and $Default; a version that is both comes once."""
    groups = _with_template(estate, call.account_id, call.region)
    asked = [str(each) for each in call.params.get("Versions", [])]
    template = call.params.get("LaunchTemplateId")
    for name in call.params:
        if name not in ("Versions", "LaunchTemplateId", "ResolveAlias"):
            raise ServiceError("InvalidParameterValue", f"The sandbox does not follow {name} of launch templates.")
    if template is None and (not asked or any(each not in ("$Latest", "$Default") for each in asked)):
        raise ServiceError("MissingParameter", "Specify a launch template, or the versions $Latest or $Default.")
    if template is not None:
        groups = [group for group in groups if group.template_id == template]
        if not groups:
            raise ServiceError(
                "InvalidLaunchTemplateId.NotFound",
                f"The specified launch template, with template ID {template}, does not exist.",
            )
    found = [_version(group, number) for group in groups for number in _numbers(group, asked)]
    return {"LaunchTemplateVersions": found}


def _numbers(group: Group, asked: list[str]) -> list[int]:
    aliases = {"$Latest": group.latest.number, "$Default": group.default_number}
    known = [version.number for version in group.versions]
    wanted = {aliases.get(each) or int(each) for each in asked} if asked else set(known)
    missing = sorted(wanted - set(known))
    if missing:
        raise ServiceError(
            "InvalidLaunchTemplateId.VersionNotFound",
            f"Could not find launch template version {missing[0]} for launch template {group.template_id}.",
        )
    return sorted(wanted)


def _version(group: Group, number: int) -> dict[str, Any]:
    version: TemplateVersion = group.versions[number - 1]
    service = group.service
    return {
        "LaunchTemplateId": group.template_id,
        "LaunchTemplateName": group.template_name,
        "VersionNumber": number,
        "VersionDescription": f"{service.application} on {service.platform.product}",
        "CreateTime": to_datetime(version.created_at),
        "CreatedBy": _creator(group),
        "DefaultVersion": number == group.default_number,
        "LaunchTemplateData": {
            "ImageId": version.image_id,
            "InstanceType": service.instance_type,
            "EbsOptimized": True,
            "IamInstanceProfile": {"Name": "managed-node"},
            # The first versions of a template are older than the rule that tokens are required.
            "MetadataOptions": {"HttpTokens": "optional" if number < 3 else "required", "HttpEndpoint": "enabled"},
        },
    }


def own_images(estate: Estate, account_id: str, region: str) -> list[Image]:
    """The golden images that an account has built for the groups of a Region, deregistered ones included."""
    groups = estate.groups.get((account_id, region), ())
    found: dict[str, Image] = {}
    for group in groups:
        service = group.service
        if service.kind == "group":
            first = estate.images.newest(service.platform, region, service.started_at, account_id)
            later = estate.images.published(service.platform, region, service.started_at, estate.as_of, account_id)
            found |= {image.image_id: image for image in (first, *(image for _, image in later))}
    return sorted(found.values(), key=lambda image: (image.built_at, image.image_id))


def volume_id(estate: Estate, node: Node) -> str:
    """The root volume of a node."""
    return "vol-0" + estate.draws.hexadecimal(16, "volume", node.node_id)


def image_snapshot_id(estate: Estate, image: Image) -> str:
    """The snapshot behind an own image."""
    return "snap-0" + estate.draws.hexadecimal(16, "image snapshot", image.image_id)


def _snapshots(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for image in own_images(estate, account_id, region):
        # A snapshot outlives its image: deregistering leaves it, and its bill, behind.
        volume = "vol-0" + estate.draws.hexadecimal(16, "build volume", image.image_id)
        text = f"Created by CreateImage for {image.image_id}"
        yield _snapshot(account_id, image_snapshot_id(estate, image), volume, image.built_at, text)
    sunday = (estate.as_of - _FIRST_SUNDAY) // (7 * DAY) * 7 * DAY + _FIRST_SUNDAY
    for node in estate.by_cell.get((account_id, region), []):
        if not _is_backed_up(estate, node):
            continue
        for week in range(_KEPT_WEEKS):
            at = sunday - week * 7 * DAY + 2 * HOUR
            if node.launched_at < at <= min(estate.as_of, node.terminated_at):
                name = "snap-0" + estate.draws.hexadecimal(16, "backup", node.node_id, at)
                yield _snapshot(account_id, name, volume_id(estate, node), at, f"weekly backup of {node.node_id}")


def _is_backed_up(estate: Estate, node: Node) -> bool:
    is_single = node.kind == "ec2" and node.auto_scaling_group is None and node.environment == "production"
    return is_single and estate.draws.uniform("backed up", node.node_id) < _BACKED_UP


def _snapshot(account_id: str, snapshot_id: str, volume: str, at: int, text: str) -> dict[str, Any]:
    return {
        "_owner": "self",
        "SnapshotId": snapshot_id,
        "VolumeId": volume,
        "State": "completed",
        "StartTime": to_datetime(at),
        "CompletionTime": to_datetime(at + 900),
        "Progress": "100%",
        "OwnerId": account_id,
        "Description": text,
        "VolumeSize": _VOLUME_GIB,
        "Encrypted": True,
        "StorageTier": "standard",
    }

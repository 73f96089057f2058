"""Promises of the EC2 handlers."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from patchlib.sandbox.endpoint import ServiceError
from patchlib.sandbox.organisation import Organisation
from tests.sandbox.handlers.conftest import PRODUCTION, SHARED, Ask


def instances(ask: Ask, account: str = PRODUCTION, region: str = "eu-central-1", **params: Any) -> list[dict[str, Any]]:
    reservations = ask("ec2", "DescribeInstances", account_id=account, region=region, **params)["Reservations"]
    return [instance for reservation in reservations for instance in reservation["Instances"]]


def test_two_regions_are_enabled(ask: Ask) -> None:
    """Only two Regions are enabled; AllRegions lists others as not opted in."""
    names = [region["RegionName"] for region in ask("ec2", "DescribeRegions")["Regions"]]
    assert names == ["eu-central-1", "us-east-1"]
    everything = ask("ec2", "DescribeRegions", AllRegions=True)["Regions"]
    assert Counter(region["OptInStatus"] for region in everything)["not-opted-in"] == len(everything) - 2


def test_every_ec2_node_is_listed_in_its_cell(ask: Ask, organisation: Organisation) -> None:
    """The instances of all cells are the EC2 nodes of the world, once each."""
    directory = organisation.estate.directory
    listed = [i["InstanceId"] for cell in directory.cells for i in instances(ask, *cell)]
    assert sorted(listed) == sorted(n.node_id for n in organisation.truth.nodes if n.kind == "ec2")


def test_states(ask: Ask) -> None:
    """Running, stopped and just terminated instances are listed, with AWS's codes."""
    states = {(i["State"]["Name"], i["State"]["Code"]) for i in instances(ask)}
    assert states == {("running", 16), ("stopped", 80), ("terminated", 48)}


def test_images_in_use_are_found(ask: Ask) -> None:
    """By filter, images in use are described; a few old ones are deregistered and simply absent."""
    in_use = sorted({i["ImageId"] for i in instances(ask, SHARED)} | {i["ImageId"] for i in instances(ask)})
    images = ask("ec2", "DescribeImages", Filters=[{"Name": "image-id", "Values": in_use}])["Images"]
    found = {image["ImageId"] for image in images}
    assert found < set(in_use)
    assert {"amazon", "aws-marketplace", None} == {image.get("ImageOwnerAlias") for image in images}


def test_a_deregistered_image_fails_a_call_by_id(ask: Ask, organisation: Organisation) -> None:
    """By ImageIds, one unknown id fails the whole call, as EC2 does."""
    with pytest.raises(ServiceError, match=r"InvalidAMIID\.NotFound"):
        ask("ec2", "DescribeImages", ImageIds=["ami-00000000000000000"])


def test_unknown_filters_are_refused(ask: Ask) -> None:
    """A filter that the sandbox does not follow is refused, not ignored."""
    with pytest.raises(ServiceError, match="InvalidParameterValue"):
        ask("ec2", "DescribeInstances", Filters=[{"Name": "tag:Name", "Values": ["x"]}])


def test_instances_by_id(ask: Ask) -> None:
    """InstanceIds narrow; an unknown one is EC2's error."""
    first = instances(ask)[0]["InstanceId"]
    assert [i["InstanceId"] for i in instances(ask, InstanceIds=[first])] == [first]
    with pytest.raises(ServiceError, match=r"InvalidInstanceID\.NotFound"):
        instances(ask, InstanceIds=["i-00000000000000000"])


def test_windows_is_named(ask: Ask, organisation: Organisation) -> None:
    """Windows instances, and only they, carry Platform windows."""
    for instance in instances(ask):
        node = organisation.estate.by_id[instance["InstanceId"]]
        assert (instance.get("Platform") == "windows") == node.platform.is_windows


def test_own_images_are_listed_without_an_instance(ask: Ask) -> None:
    """Owners self gives the account's own builds, more than run; those it took away are absent."""
    own = ask("ec2", "DescribeImages", Owners=["self"])["Images"]
    assert {image["OwnerId"] for image in own} == {PRODUCTION}
    in_use = {i["ImageId"] for i in instances(ask)}
    assert {image["ImageId"] for image in own} - in_use
    assert any("LastLaunchedTime" in image for image in own)


def test_instances_tell_their_image_even_when_it_is_gone(ask: Ask, organisation: Organisation) -> None:
    """Every instance names its image; what DescribeImages does not find is deregistered here."""
    for account, region in organisation.estate.directory.cells:
        cell = {"account_id": account, "region": region}
        told = ask("ec2", "DescribeInstanceImageMetadata", **cell)["InstanceImageMetadata"]
        assert {(t["InstanceId"], t["ImageMetadata"]["ImageId"]) for t in told} == {
            (i["InstanceId"], i["ImageId"]) for i in instances(ask, account, region)
        }
        gone = {t["ImageMetadata"]["ImageId"] for t in told if t["ImageMetadata"]["State"] == "deregistered"}
        in_use = {t["ImageMetadata"]["ImageId"] for t in told}
        asked = [{"Name": "image-id", "Values": sorted(in_use)}]
        found = ask("ec2", "DescribeImages", Filters=asked, **cell)["Images"] if in_use else []
        assert in_use - {image["ImageId"] for image in found} == gone

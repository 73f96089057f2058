"""Promises of launch templates and snapshots."""

from __future__ import annotations

import pytest

from patchlib.sandbox.endpoint import ServiceError
from patchlib.sandbox.organisation import Organisation
from tests.sandbox.handlers.conftest import PRODUCTION, Ask


def test_a_version_that_is_latest_and_default_comes_once(ask: Ask) -> None:
    """As EC2 lists it; the two numbers are those of the template."""
    templates = ask("ec2", "DescribeLaunchTemplates")["LaunchTemplates"]
    listed = ask("ec2", "DescribeLaunchTemplateVersions", Versions=["$Latest", "$Default"])["LaunchTemplateVersions"]
    names = [(each["LaunchTemplateId"], each["VersionNumber"]) for each in listed]
    assert len(names) == len(set(names))
    assert set(names) == {
        (each["LaunchTemplateId"], each[number])
        for each in templates
        for number in ("LatestVersionNumber", "DefaultVersionNumber")
    }
    assert any(each["LatestVersionNumber"] == each["DefaultVersionNumber"] for each in templates)
    assert any(each["LatestVersionNumber"] > each["DefaultVersionNumber"] for each in templates)


def test_numbers_are_told_of_one_template_only(ask: Ask) -> None:
    """Without a template a number is refused; with one, an unknown number has EC2's own error."""
    template = ask("ec2", "DescribeLaunchTemplates")["LaunchTemplates"][0]["LaunchTemplateId"]
    [found] = ask("ec2", "DescribeLaunchTemplateVersions", LaunchTemplateId=template, Versions=["1"])[
        "LaunchTemplateVersions"
    ]
    assert found["VersionNumber"] == 1
    with pytest.raises(ServiceError, match="MissingParameter"):
        ask("ec2", "DescribeLaunchTemplateVersions", Versions=["1"])
    with pytest.raises(ServiceError, match="VersionNotFound"):
        ask("ec2", "DescribeLaunchTemplateVersions", LaunchTemplateId=template, Versions=["9999"])
    with pytest.raises(ServiceError, match=r"InvalidLaunchTemplateId\.NotFound"):
        ask("ec2", "DescribeLaunchTemplateVersions", LaunchTemplateId="lt-0")


def test_snapshots_are_the_accounts_own(ask: Ask, organisation: Organisation) -> None:
    """Backups of single production machines, and what stands behind own images, deregistered ones included."""
    listed = ask("ec2", "DescribeSnapshots", OwnerIds=["self"])["Snapshots"]
    assert {each["OwnerId"] for each in listed} == {PRODUCTION}
    volumes = {
        device["Ebs"]["VolumeId"]
        for reservation in ask("ec2", "DescribeInstances")["Reservations"]
        for instance in reservation["Instances"]
        for device in instance["BlockDeviceMappings"]
    }
    backed_up = {each["VolumeId"] for each in listed} & volumes
    assert 0 < len(backed_up) < len(volumes)
    images = ask("ec2", "DescribeImages", Owners=["self"])["Images"]
    behind = {image["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"] for image in images}
    left_behind = {e["SnapshotId"] for e in listed if "CreateImage" in e["Description"]} - behind
    assert behind < {each["SnapshotId"] for each in listed}
    assert left_behind

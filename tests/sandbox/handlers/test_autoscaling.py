"""Promises of the Auto Scaling handlers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from patchlib.sandbox.endpoint import ServiceError
from patchlib.sandbox.organisation import Organisation
from tests.sandbox.handlers.conftest import DEVELOPMENT, Ask


def groups(ask: Ask, organisation: Organisation) -> list[tuple[dict[str, str], dict[str, Any]]]:
    cells = [{"account_id": account, "region": region} for account, region in organisation.estate.directory.cells]
    listed = [(cell, ask("autoscaling", "DescribeAutoScalingGroups", **cell)["AutoScalingGroups"]) for cell in cells]
    return [(cell, group) for cell, found in listed for group in found]


def test_members_are_the_instances_that_carry_the_groups_tag(ask: Ask, organisation: Organisation) -> None:
    """Of every group, in every cell."""
    for cell, group in groups(ask, organisation):
        tagged = {
            instance["InstanceId"]
            for reservation in ask("ec2", "DescribeInstances", **cell)["Reservations"]
            for instance in reservation["Instances"]
            if {"Key": "aws:autoscaling:groupName", "Value": group["AutoScalingGroupName"]} in instance["Tags"]
            and instance["State"]["Name"] != "terminated"
        }
        assert {member["InstanceId"] for member in group["Instances"]} == tagged


def test_templates_and_versions_that_groups_name_exist(ask: Ask, organisation: Organisation) -> None:
    """By id; a number is one that the template has."""
    for cell, group in groups(ask, organisation):
        mix = group.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
        named = group.get("LaunchTemplate") or mix.get("LaunchTemplateSpecification")
        if named is None:
            configurations = ask("autoscaling", "DescribeLaunchConfigurations", **cell)["LaunchConfigurations"]
            assert group["LaunchConfigurationName"] in {c["LaunchConfigurationName"] for c in configurations}
            continue
        asked = {"LaunchTemplateId": named["LaunchTemplateId"], "Versions": [named["Version"]]}
        assert len(ask("ec2", "DescribeLaunchTemplateVersions", **asked, **cell)["LaunchTemplateVersions"]) == 1


def test_a_group_with_a_lost_image_is_short_of_a_member(ask: Ask, organisation: Organisation) -> None:
    """It wants more members than it has, its launches fail daily, and the image is not found."""
    short = [(c, g) for c, g in groups(ask, organisation) if g["DesiredCapacity"] > len(g["Instances"])]
    assert short
    for cell, group in short:
        name = group["AutoScalingGroupName"]
        activities = ask("autoscaling", "DescribeScalingActivities", AutoScalingGroupName=name, **cell)["Activities"]
        messages = {each["StatusMessage"] for each in activities if each["StatusCode"] == "Failed"}
        [message] = messages
        image = message.split("'")[1].strip("[]")
        asked = [{"Name": "image-id", "Values": [image]}]
        assert ask("ec2", "DescribeImages", Filters=asked, **cell)["Images"] == []


def test_refreshes_are_told_of_one_group(ask: Ask, organisation: Organisation) -> None:
    """Every outcome is there; a rollback says why; an unknown group is Auto Scaling's error."""
    found = [
        refresh
        for cell, group in groups(ask, organisation)
        for refresh in ask(
            "autoscaling", "DescribeInstanceRefreshes", AutoScalingGroupName=group["AutoScalingGroupName"], **cell
        )["InstanceRefreshes"]
    ]
    assert {each["Status"] for each in found} >= {"Successful", "RollbackSuccessful", "Cancelled", "Failed"}
    assert all(("RollbackDetails" in each) == (each["Status"] == "RollbackSuccessful") for each in found)
    assert all(each["InstancesToUpdate"] == 0 for each in found if each["Status"] == "Successful")
    with pytest.raises(ServiceError, match="ValidationError"):
        ask("autoscaling", "DescribeInstanceRefreshes", AutoScalingGroupName="none")


def test_activities_begin_at_the_bound(ask: Ask, organisation: Organisation) -> None:
    """StartTimeLowerBound leaves out what began earlier, and nothing else."""
    everything = ask("autoscaling", "DescribeScalingActivities")["Activities"]
    bound = organisation.as_of - timedelta(days=7)
    asked = [{"Name": "StartTimeLowerBound", "Values": [bound.isoformat()]}]
    recent = ask("autoscaling", "DescribeScalingActivities", Filters=asked)["Activities"]
    assert recent == [each for each in everything if each["StartTime"] >= bound]
    assert 0 < len(recent) < len(everything)


def test_scheduled_actions_run_on_working_days(ask: Ask, organisation: Organisation) -> None:
    """Development stops overnight, production does not; the next run lies ahead, as its expression says."""
    assert ask("autoscaling", "DescribeScheduledActions")["ScheduledUpdateGroupActions"] == []
    actions = ask("autoscaling", "DescribeScheduledActions", account_id=DEVELOPMENT)["ScheduledUpdateGroupActions"]
    assert {row["DesiredCapacity"] == 0 for row in actions} == {False, True}
    for row in actions:
        starts = row["StartTime"]
        assert timedelta(0) < starts - organisation.as_of <= timedelta(days=3)
        assert row["Recurrence"].split()[:2] == [str(starts.minute), str(starts.hour)]
        assert starts.weekday() < 5


def test_critical_groups_drain_and_others_do_not(ask: Ask, organisation: Organisation) -> None:
    """A hook belongs to the group that it was asked for."""
    held = set()
    for cell, group in groups(ask, organisation):
        name = group["AutoScalingGroupName"]
        hooks = ask("autoscaling", "DescribeLifecycleHooks", AutoScalingGroupName=name, **cell)["LifecycleHooks"]
        assert all(hook["AutoScalingGroupName"] == name for hook in hooks)
        assert ("InstanceMaintenancePolicy" in group) == bool(hooks)
        held.add(bool(hooks))
    assert held == {False, True}

"""Promises of the instance status handler."""

from __future__ import annotations

from patchlib.sandbox.organisation import Organisation
from tests.sandbox.handlers.conftest import Ask
from tests.sandbox.handlers.test_ec2 import instances


def test_events_lie_ahead_and_on_running_instances(ask: Ask, organisation: Organisation) -> None:
    """Some instances have one, most have none; without IncludeAllInstances only those that run are listed."""
    asked = [{"Name": "event.code", "Values": ["system-reboot", "instance-retirement"]}]
    chosen = ask("ec2", "DescribeInstanceStatus", Filters=asked)["InstanceStatuses"]
    whole = ask("ec2", "DescribeInstanceStatus")["InstanceStatuses"]
    running = {each["InstanceId"] for each in instances(ask) if each["State"]["Name"] == "running"}
    assert {each["InstanceId"] for each in whole} == running
    assert 0 < len(chosen) < len(whole) / 4
    assert all(event["NotBefore"] >= organisation.as_of for each in chosen for event in each["Events"])

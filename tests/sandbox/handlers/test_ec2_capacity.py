"""Promises of the capacity handlers."""

from __future__ import annotations

from collections import Counter

import pytest

from patchlib.sandbox.endpoint import ServiceError
from patchlib.sandbox.organisation import Organisation
from tests.sandbox.handlers.conftest import Ask
from tests.sandbox.handlers.test_ec2 import instances

SECOND_PRODUCTION = "210400173974"


def test_hosts_and_instances_name_each_other(ask: Ask) -> None:
    """Who stands on a host is in the host's list, and what it uses is not free."""
    hosts = ask("ec2", "DescribeHosts", account_id=SECOND_PRODUCTION)["Hosts"]
    placed = {
        (i["Placement"]["HostId"], i["InstanceId"])
        for i in instances(ask, SECOND_PRODUCTION)
        if i["Placement"]["Tenancy"] == "host"
    }
    assert placed
    assert placed == {(host["HostId"], guest["InstanceId"]) for host in hosts for guest in host["Instances"]}
    for host in hosts:
        assert host["AvailableCapacity"]["AvailableVCpus"] < host["HostProperties"]["TotalVCpus"]


def test_a_reservation_is_used_by_what_runs(ask: Ask) -> None:
    """In one zone there is room for a replacement beside the old nodes, in the other none."""
    reservations = ask("ec2", "DescribeCapacityReservations")["CapacityReservations"]
    running = Counter(
        (i["InstanceType"], i["PlatformDetails"], i["Placement"]["AvailabilityZone"])
        for i in instances(ask)
        if i["State"]["Name"] == "running"
    )
    for each in reservations:
        used = each["TotalInstanceCount"] - each["AvailableInstanceCount"]
        fits = running[each["InstanceType"], each["InstancePlatform"], each["AvailabilityZone"]]
        assert used == min(each["TotalInstanceCount"], fits)
    assert {each["AvailableInstanceCount"] == 0 for each in reservations} == {True, False}
    assert {each["EndDateType"] for each in reservations} == {"limited", "unlimited"}


def test_reserved_instances_have_ended_and_end_soon(ask: Ask, organisation: Organisation) -> None:
    """The first round is retired; the second ends within three weeks of the demo's present."""
    reserved = ask("ec2", "DescribeReservedInstances")["ReservedInstances"]
    active = [each for each in reserved if each["State"] == "active"]
    assert active
    assert {each["State"] for each in reserved} == {"active", "retired"}
    assert all((each["End"] - organisation.as_of).days < 21 for each in active)


def test_every_type_of_the_fleet_is_known(ask: Ask, organisation: Organisation) -> None:
    """By name, and all of them when none is named; an unknown type fails the call, as EC2 does."""
    used = sorted({node.instance_type for node in organisation.estate.nodes if node.kind == "ec2"})
    found = ask("ec2", "DescribeInstanceTypes", InstanceTypes=used)["InstanceTypes"]
    assert [each["InstanceType"] for each in found] == used
    assert all(each["VCpuInfo"]["DefaultVCpus"] >= 2 for each in found)
    with pytest.raises(ServiceError, match="InvalidInstanceType"):
        ask("ec2", "DescribeInstanceTypes", InstanceTypes=["t9.huge"])

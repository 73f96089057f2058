"""Promises of the network handlers."""

from __future__ import annotations

from patchlib.sandbox.organisation import Organisation
from tests.sandbox.handlers.conftest import DEVELOPMENT, PRODUCTION, Ask
from tests.sandbox.handlers.test_ec2 import instances


def test_what_an_instance_names_exists(ask: Ask, organisation: Organisation) -> None:
    """Its security groups and its subnet are listed in its cell, in its VPC."""
    for account, region in organisation.estate.networks.by_cell:
        cell = {"account_id": account, "region": region}
        groups = {g["GroupId"]: g for g in ask("ec2", "DescribeSecurityGroups", **cell)["SecurityGroups"]}
        subnets = {s["SubnetId"]: s for s in ask("ec2", "DescribeSubnets", **cell)["Subnets"]}
        for instance in instances(ask, account, region):
            if instance["State"]["Name"] == "terminated":
                assert "SubnetId" not in instance
                continue
            assert subnets[instance["SubnetId"]]["AvailabilityZone"] == instance["Placement"]["AvailabilityZone"]
            assert instance["SecurityGroups"]
            for carried in instance["SecurityGroups"]:
                assert groups[carried["GroupId"]]["GroupName"] == carried["GroupName"]
                assert groups[carried["GroupId"]]["VpcId"] == instance["VpcId"]


def test_remote_access_is_open_to_all_somewhere(ask: Ask) -> None:
    """Development has a group that lets anybody in by SSH, some nodes carry it, one of them has a public address."""
    groups = ask("ec2", "DescribeSecurityGroups", account_id=DEVELOPMENT)["SecurityGroups"]
    opened = {
        group["GroupId"]
        for group in groups
        for rule in group["IpPermissions"]
        if rule.get("FromPort") == 22 and {"CidrIp": "0.0.0.0/0"} in rule["IpRanges"]
    }
    assert opened
    carrying = [i for i in instances(ask, DEVELOPMENT) if opened & {g["GroupId"] for g in i["SecurityGroups"]}]
    assert carrying
    assert any("PublicIpAddress" in instance for instance in carrying)


def test_a_subnet_of_production_is_all_but_full(ask: Ask) -> None:
    """Three addresses are left where a refresh wants more; elsewhere there is room."""
    subnets = ask("ec2", "DescribeSubnets", account_id=PRODUCTION, region="us-east-1")["Subnets"]
    free = {s["AvailabilityZone"]: s["AvailableIpAddressCount"] for s in subnets if s["CidrBlock"].endswith("/24")}
    assert 0 <= free["us-east-1a"] < 10
    assert min(free["us-east-1b"], free["us-east-1c"]) > 20


def test_public_subnets_have_a_route_to_the_internet(ask: Ask) -> None:
    """And a route that leads to something gone is there to be found."""
    tables = ask("ec2", "DescribeRouteTables")["RouteTables"]
    [main] = [table for table in tables if any(each["Main"] for each in table["Associations"])]
    [public] = [table for table in tables if table is not main]
    subnets = ask("ec2", "DescribeSubnets")["Subnets"]
    named = {association["SubnetId"] for association in public["Associations"]}
    assert named == {subnet["SubnetId"] for subnet in subnets if subnet["MapPublicIpOnLaunch"]}
    assert any(route.get("GatewayId", "").startswith("igw-") for route in public["Routes"])
    assert [r["State"] for r in main["Routes"]] == ["active", "active", "blackhole"]

"""Promises of the load balancing handlers."""

from __future__ import annotations

from typing import Any

import pytest

from patchlib.sandbox.endpoint import ServiceError
from patchlib.sandbox.organisation import Organisation
from tests.sandbox.handlers.conftest import Ask


def _healths(ask: Ask, organisation: Organisation) -> list[tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]]:
    """Every (load balancer, target group, targets)."""
    found = []
    for account, region in organisation.estate.directory.cells:
        cell = {"account_id": account, "region": region}
        balancers = {b["LoadBalancerArn"]: b for b in ask("elbv2", "DescribeLoadBalancers", **cell)["LoadBalancers"]}
        for group in ask("elbv2", "DescribeTargetGroups", **cell)["TargetGroups"]:
            [balancer] = [balancers[arn] for arn in group["LoadBalancerArns"]]
            asked = {"TargetGroupArn": group["TargetGroupArn"]}
            targets = ask("elbv2", "DescribeTargetHealth", **asked, **cell)["TargetHealthDescriptions"]
            found.append((balancer, group, targets))
    return found


def test_targets_are_the_members_of_the_group_that_registers_them(ask: Ask, organisation: Organisation) -> None:
    """Auto Scaling and the load balancer tell the same."""
    members = {
        arn: {member["InstanceId"] for member in group["Instances"]}
        for account, region in organisation.estate.directory.cells
        for group in ask("autoscaling", "DescribeAutoScalingGroups", account_id=account, region=region)[
            "AutoScalingGroups"
        ]
        for arn in group["TargetGroupARNs"]
    }
    healths = _healths(ask, organisation)
    assert len(healths) == len(members) > 5
    for _, group, targets in healths:
        assert {target["Target"]["Id"] for target in targets} == members[group["TargetGroupArn"]]


def test_a_public_load_balancer_has_unhealthy_targets(ask: Ask, organisation: Organisation) -> None:
    """Somewhere in what the reader may see; most targets are healthy, and an unhealthy one says why."""
    readable = {a.account_id for a in organisation.estate.directory.accounts if a.is_readable}
    states = [
        (balancer["Scheme"], target["TargetHealth"])
        for balancer, _, targets in _healths(ask, organisation)
        if balancer["LoadBalancerArn"].split(":")[4] in readable
        for target in targets
    ]
    unhealthy = [(scheme, health) for scheme, health in states if health["State"] == "unhealthy"]
    assert "internet-facing" in {scheme for scheme, _ in unhealthy}
    assert all(health["Reason"] for _, health in unhealthy)
    assert len(unhealthy) < 0.2 * len(states)


def test_a_listener_forwards_to_its_own_target_group(ask: Ask, organisation: Organisation) -> None:
    """HTTPS to the nodes, HTTP to HTTPS; an old policy of TLS is there to be found."""
    policies = set()
    for balancer, group, _ in _healths(ask, organisation):
        arn = balancer["LoadBalancerArn"]
        account, region = arn.split(":")[4], arn.split(":")[3]
        plain, secure = ask("elbv2", "DescribeListeners", LoadBalancerArn=arn, account_id=account, region=region)[
            "Listeners"
        ]
        assert plain["DefaultActions"][0]["Type"] == "redirect"
        assert secure["DefaultActions"][0]["TargetGroupArn"] == group["TargetGroupArn"]
        policies.add(secure["SslPolicy"])
    assert len(policies) == 2


@pytest.mark.parametrize(
    ("operation", "params", "code"),
    [
        ("DescribeListeners", {"LoadBalancerArn": "arn:none"}, "LoadBalancerNotFound"),
        ("DescribeListeners", {}, "ValidationError"),
        ("DescribeTargetHealth", {"TargetGroupArn": "arn:none"}, "TargetGroupNotFound"),
    ],
)
def test_what_is_not_there_is_the_services_error(ask: Ask, operation: str, params: dict[str, str], code: str) -> None:
    """In its own words."""
    with pytest.raises(ServiceError, match=code):
        ask("elbv2", operation, **params)

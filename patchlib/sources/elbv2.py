"""Elastic Load Balancing: load balancers, listeners, target groups and the health of their targets."""

from __future__ import annotations

from collections.abc import Iterator

from patchlib.sources.declaration import Context, Drop, Request, Scope, Source

__all__ = ["SOURCES"]

_SIGN_IN = ("AuthenticateOidcConfig", "AuthenticateCognitoConfig")


def _per_load_balancer(context: Context) -> Iterator[Request]:
    for row in context.rows("elbv2_load_balancer"):
        arn = row["LoadBalancerArn"]
        yield Request({"LoadBalancerArn": arn}, item=arn)


def _per_target_group(context: Context) -> Iterator[Request]:
    for row in context.rows("elbv2_target_group"):
        arn = row["TargetGroupArn"]
        yield Request({"TargetGroupArn": arn}, item=arn)


SOURCES = (
    Source(
        name="elbv2_load_balancer",
        service="elbv2",
        operation="DescribeLoadBalancers",
        scope=Scope.CELL,
        items="LoadBalancers[]",
        page_size=400,
        about="load balancers, public or internal",
        system="Load balancing",
        key=("LoadBalancerArn",),
        remember=("LoadBalancerArn",),
    ),
    Source(
        name="elbv2_listener",
        service="elbv2",
        operation="DescribeListeners",
        scope=Scope.CELL,
        items="Listeners[]",
        page_size=400,
        about="what a load balancer answers on, and where it sends it",
        system="Load balancing",
        key=("ListenerArn",),
        unit="item",
        needs=("elbv2_load_balancer",),
        requests=_per_load_balancer,
        drop=(
            Drop("Listeners[].DefaultActions[].AuthenticateOidcConfig.ClientSecret"),
            *(Drop(f"Listeners[].DefaultActions[].{each}.AuthenticationRequestExtraParams") for each in _SIGN_IN),
        ),
        least="one call per load balancer: without one, the API wants the listeners' own ARNs",
    ),
    Source(
        name="elbv2_target_group",
        service="elbv2",
        operation="DescribeTargetGroups",
        scope=Scope.CELL,
        items="TargetGroups[]",
        page_size=400,
        about="target groups: what a load balancer sends to, and how it checks health",
        system="Load balancing",
        key=("TargetGroupArn",),
        remember=("TargetGroupArn",),
    ),
    Source(
        name="elbv2_target_health",
        service="elbv2",
        operation="DescribeTargetHealth",
        scope=Scope.CELL,
        items="TargetHealthDescriptions[]",
        about="whether each target is healthy now: what can be taken out for patching",
        system="Load balancing",
        key=("target_group_arn", "Target"),
        unit="item",
        request_columns={"target_group_arn": "TargetGroupArn"},
        needs=("elbv2_target_group",),
        requests=_per_target_group,
        least="one call per target group: the API takes one at a time, and health changes by itself",
    ),
)

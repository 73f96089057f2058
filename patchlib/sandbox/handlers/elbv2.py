"""Elastic Load Balancing: load balancers, listeners, target groups and the health of their targets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from patchlib.sandbox.endpoint import Call, Handler, ServiceError
from patchlib.sandbox.handlers.listing import listed
from patchlib.sandbox.world.calendars import HOUR, to_datetime
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.groups import Group
from patchlib.sandbox.world.nodes import Node

__all__ = ["Balance", "balanced", "handlers"]

# What customers and partners reach; other groups stand behind an internal load balancer, or none.
_PUBLIC = ("storefront", "checkout", "order-routing", "search-index", "customer-portal", "partner-gateway")
_INTERNAL, _REPLACES, _UNHEALTHY = 0.45, 0.4, 0.12
_ZONE_IDS = {"eu-central-1": "Z215JYRZR1TBD5", "us-east-1": "Z35SXDOTRQ7X7K"}
_TLS_NOW, _TLS_OLD = "ELBSecurityPolicy-TLS13-1-2-2021-06", "ELBSecurityPolicy-2016-08"
_PORT = 8080


@dataclass(frozen=True)
class Balance:
    """The load balancer of a group. replaces_unhealthy: the group acts on what the load balancer finds."""

    group: Group
    is_public: bool
    load_balancer_arn: str
    target_group_arn: str
    listener_arn: str
    replaces_unhealthy: bool


def balanced(estate: Estate, group: Group) -> Balance | None:
    """The load balancer in front of a group, None where there is none."""
    service = group.service
    is_public = service.application in _PUBLIC
    if service.kind != "group" or not (is_public or estate.draws.uniform("balanced", service.name) < _INTERNAL):
        return None
    base = f"arn:aws:elasticloadbalancing:{service.region}:{service.account.account_id}"
    balancer, targets = (estate.draws.hexadecimal(16, kind, service.name) for kind in ("balancer", "targets"))
    name = f"app/{service.name}-lb/{balancer}"
    return Balance(
        group=group,
        is_public=is_public,
        load_balancer_arn=f"{base}:loadbalancer/{name}",
        target_group_arn=f"{base}:targetgroup/{service.name}-tg/{targets}",
        listener_arn=f"{base}:listener/{name}",
        replaces_unhealthy=estate.draws.uniform("replaces unhealthy", service.name) < _REPLACES,
    )


def handlers(estate: Estate) -> dict[str, Handler]:
    """The operations of Elastic Load Balancing over one estate."""
    return {
        "DescribeLoadBalancers": listed(
            "elbv2_load_balancer", estate, _balancers, by={"LoadBalancerArns": "LoadBalancerArn"}
        ),
        "DescribeListeners": lambda call: _listeners(estate, call),
        "DescribeTargetGroups": listed(
            "elbv2_target_group", estate, _target_groups, by={"TargetGroupArns": "TargetGroupArn"}
        ),
        "DescribeTargetHealth": lambda call: _health(estate, call),
    }


def _balances(estate: Estate, account_id: str, region: str) -> Iterator[Balance]:
    for group in estate.groups.get((account_id, region), ()):
        found = balanced(estate, group)
        if found is not None:
            yield found


def _balancers(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    network = estate.networks.by_cell.get((account_id, region))
    for balance in _balances(estate, account_id, region):
        assert network is not None  # a group stands in a network
        service = balance.group.service
        guard = network.groups["load-balancer-public" if balance.is_public else "load-balancer-internal"]
        prefix = "" if balance.is_public else "internal-"
        yield {
            "LoadBalancerArn": balance.load_balancer_arn,
            "LoadBalancerName": f"{service.name}-lb",
            "DNSName": f"{prefix}{service.name}-lb.{region}.elb.amazonaws.com",
            "CanonicalHostedZoneId": _ZONE_IDS[region],
            "CreatedTime": to_datetime(service.started_at - HOUR),
            "Scheme": "internet-facing" if balance.is_public else "internal",
            "VpcId": network.vpc_id,
            "State": {"Code": "active"},
            "Type": "application",
            "AvailabilityZones": [
                {"ZoneName": subnet.zone, "SubnetId": subnet.subnet_id, "LoadBalancerAddresses": []}
                for subnet in network.edges()
            ],
            "SecurityGroups": [guard.group_id],
            "IpAddressType": "ipv4",
        }


def _listeners(estate: Estate, call: Call) -> dict[str, Any]:
    arn = call.params.get("LoadBalancerArn")
    if arn is None or call.params.keys() - {"LoadBalancerArn"}:
        raise ServiceError("ValidationError", "The sandbox lists the listeners of one load balancer")
    for balance in _balances(estate, call.account_id, call.region):
        if balance.load_balancer_arn == arn:
            return {"Listeners": _listeners_of(estate, balance)}
    raise ServiceError("LoadBalancerNotFound", f"Load balancers '[{arn}]' not found")


def _listeners_of(estate: Estate, balance: Balance) -> list[dict[str, Any]]:
    service = balance.group.service
    certificate = f"arn:aws:acm:{service.region}:{service.account.account_id}:certificate"
    target = {"TargetGroupArn": balance.target_group_arn}
    forward = {"Type": "forward", **target, "ForwardConfig": {"TargetGroups": [target | {"Weight": 1}]}}
    redirect = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}
    is_old = estate.draws.uniform("listener policy", service.name) < _REPLACES

    def listener(name: str, port: int, protocol: str, action: dict[str, Any], **more: Any) -> dict[str, Any]:
        number = estate.draws.hexadecimal(16, "listener", service.name, name)
        common = {"ListenerArn": f"{balance.listener_arn}/{number}", "LoadBalancerArn": balance.load_balancer_arn}
        return common | {"Port": port, "Protocol": protocol, "DefaultActions": [action]} | more

    return [
        listener("plain", 80, "HTTP", redirect),
        listener(
            "secure",
            443,
            "HTTPS",
            forward,
            SslPolicy=_TLS_OLD if is_old else _TLS_NOW,
            Certificates=[{"CertificateArn": f"{certificate}/{estate.draws.uuid('certificate', service.name)}"}],
        ),
    ]


def _target_groups(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for balance in _balances(estate, account_id, region):
        service = balance.group.service
        yield {
            "TargetGroupArn": balance.target_group_arn,
            "TargetGroupName": f"{service.name}-tg",
            "Protocol": "HTTP",
            "Port": _PORT,
            "VpcId": estate.networks.by_cell[account_id, region].vpc_id,
            "HealthCheckProtocol": "HTTP",
            "HealthCheckPort": "traffic-port",
            "HealthCheckEnabled": True,
            "HealthCheckIntervalSeconds": 30,
            "HealthCheckTimeoutSeconds": 5,
            "HealthyThresholdCount": 5,
            "UnhealthyThresholdCount": 2,
            "HealthCheckPath": "/healthz",
            "Matcher": {"HttpCode": "200"},
            "LoadBalancerArns": [balance.load_balancer_arn],
            "TargetType": "instance",
            "ProtocolVersion": "HTTP1",
            "IpAddressType": "ipv4",
        }


def _health(estate: Estate, call: Call) -> dict[str, Any]:
    arn = call.params["TargetGroupArn"]
    if call.params.keys() - {"TargetGroupArn"}:
        raise ServiceError("ValidationError", "The sandbox tells the health of all targets of a group")
    for balance in _balances(estate, call.account_id, call.region):
        if balance.target_group_arn == arn:
            return {"TargetHealthDescriptions": [_target(estate, balance, node) for node in balance.group.members]}
    raise ServiceError("TargetGroupNotFound", f"Target groups '{arn}' not found")


def _target(estate: Estate, balance: Balance, node: Node) -> dict[str, Any]:
    # Where the group acts on it, an unhealthy member is soon gone; elsewhere it stays.
    is_unhealthy = not balance.replaces_unhealthy and estate.draws.uniform("unhealthy", node.node_id) < _UNHEALTHY
    health = {"State": "healthy"}
    if is_unhealthy:
        health = {
            "State": "unhealthy",
            "Reason": "Target.ResponseCodeMismatch",
            "Description": "Health checks failed with these codes: [503]",
        }
    return {
        "Target": {"Id": node.node_id, "Port": _PORT},
        "HealthCheckPort": str(_PORT),
        "TargetHealth": health,
    }

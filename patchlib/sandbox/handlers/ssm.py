"""AWS Systems Manager: managed nodes; together with its patch and window operations."""

from __future__ import annotations

from typing import Any

from patchlib.sandbox.endpoint import Call, Handler, ServiceError
from patchlib.sandbox.handlers import ssm_patch, ssm_window
from patchlib.sandbox.world.associations import has_latest_agent
from patchlib.sandbox.world.calendars import to_datetime
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.nodes import Node

__all__ = ["agent_version", "computer_name", "handlers"]

_LATEST_AGENT, _OLDER_AGENTS = "3.3.3050.0", ("3.3.2299.0", "3.2.2222.0", "3.1.1927.0")


def handlers(estate: Estate) -> dict[str, Handler]:
    """The operations of Systems Manager over one estate."""
    return {
        "DescribeInstanceInformation": lambda call: _information(estate, call),
        **ssm_patch.handlers(estate),
        **ssm_window.handlers(estate),
    }


def _information(estate: Estate, call: Call) -> dict[str, Any]:
    nodes = [n for n in estate.by_cell.get((call.account_id, call.region), []) if n.is_listed(estate.as_of)]
    for item in call.params.get("Filters", []):
        if item["Key"] not in ("InstanceIds", "PingStatus", "PlatformTypes", "ResourceType"):
            raise ServiceError("InvalidFilterKey", f"The sandbox does not filter nodes by {item['Key']}.")
    if call.params.get("InstanceInformationFilterList"):
        raise ServiceError("InvalidFilterKey", "The sandbox follows Filters, not InstanceInformationFilterList.")
    rows = [_node(estate, node) for node in nodes]
    members = {"InstanceIds": "InstanceId", "PlatformTypes": "PlatformType"}
    for item in call.params.get("Filters", []):
        member = members.get(item["Key"], item["Key"])
        rows = [row for row in rows if row[member] in item["Values"]]
    return {"InstanceInformationList": rows}


def _last_ping(estate: Estate, node: Node) -> int:
    """Agents report every five minutes or so."""
    now = min(estate.as_of, node.silent_at)
    return max(node.launched_at, now - estate.draws.between(1, 290, "ping", node.node_id, now))


def _node(estate: Estate, node: Node) -> dict[str, Any]:
    pinged = _last_ping(estate, node)
    is_online = node.silent_at > estate.as_of
    found: dict[str, Any] = {
        "InstanceId": node.node_id,
        "PingStatus": "Online" if is_online else "ConnectionLost",
        "LastPingDateTime": to_datetime(pinged),
        "AgentVersion": agent_version(estate, node),
        "IsLatestVersion": has_latest_agent(estate.draws, node),
        "PlatformType": node.platform.platform_type,
        "PlatformName": node.platform.platform_name,
        "PlatformVersion": node.platform.platform_version,
        "ResourceType": "ManagedInstance" if node.kind == "hybrid" else "EC2Instance",
        "IPAddress": node.private_ip,
        "ComputerName": computer_name(node),
        "SourceId": node.node_id,
        "SourceType": "AWS::SSM::ManagedInstance" if node.kind == "hybrid" else "AWS::EC2::Instance",
    }
    found |= _associated(estate, node)
    if node.kind == "hybrid":
        found |= {
            "ActivationId": estate.draws.uuid("activation", node.service),
            "IamRole": "service-role/hybrid-node",
            "RegistrationDate": to_datetime(node.launched_at),
            "Name": node.name,
        }
    return found


def agent_version(estate: Estate, node: Node) -> str:
    """The version of a node's agent."""
    if has_latest_agent(estate.draws, node):
        return _LATEST_AGENT
    return estate.draws.choose(_OLDER_AGENTS, "agent version", node.node_id)


def _associated(estate: Estate, node: Node) -> dict[str, Any]:
    """How the associations of a node last went on it; nothing where none ran in what is kept of the past."""
    last = estate.association_results.get(node.node_id)
    if not last:
        return {}
    words = [target.status for target in last.values()]
    status = "Failed" if "Failed" in words else "Success"
    found = {
        "AssociationStatus": status,
        "AssociationOverview": {
            "DetailedStatus": status,
            "InstanceAssociationStatusAggregatedCount": {word: words.count(word) for word in sorted(set(words))},
        },
        "LastAssociationExecutionDate": to_datetime(max(target.done_at or 0 for target in last.values())),
    }
    good = [target.done_at for target in last.values() if target.status == "Success" and target.done_at]
    return found | ({"LastSuccessfulAssociationExecutionDate": to_datetime(max(good))} if good else {})


def computer_name(node: Node) -> str:
    """The host name that a node reports."""
    if node.platform.is_windows:
        return f"EC2AMAZ-{node.node_id[-7:].upper()}" if node.kind == "ec2" else node.name.upper()[:15]
    if node.kind == "hybrid":
        return f"{node.name}.plant.alderbrook.example.com"
    return f"ip-{node.private_ip.replace('.', '-')}.{node.region}.compute.internal"

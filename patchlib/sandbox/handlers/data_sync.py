"""The bucket of the organisation's resource data sync: what Systems Manager wrote there of every managed node.

It holds what nobody's role can read: the account that no role opens, and the cell that a policy closes. Objects are
laid out as AWS's own readers expect them; numbers are text, and nothing is ever taken back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from patchlib.sandbox.handlers.ssm import agent_version, computer_name
from patchlib.sandbox.handlers.ssm_patch import snapshot_id, tells_installed_time
from patchlib.sandbox.world.calendars import DAY, to_datetime
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.nodes import Node
from patchlib.sandbox.world.observation import NOT_COMPLIANT, Observation

__all__ = ["BUCKET", "PREFIX", "objects"]

BUCKET = "alderbrook-ssm-data-sync"
PREFIX = "inventory/"
# What the sync needs to write what a node has reported [s].
_DELAY = 240
_COUNTS = ("Installed", "InstalledOther", "InstalledPendingReboot", "InstalledRejected", "Missing", "Failed")

Row = Mapping[str, str]


def objects(estate: Estate) -> Iterator[tuple[str, bytes, int]]:
    """(key, body, last modification in seconds since 1970) of every object, by key."""
    yield from sorted(found for node in estate.nodes if not node.unmanaged for found in _of_node(estate, node))


def _of_node(estate: Estate, node: Node) -> Iterator[tuple[str, bytes, int]]:
    reported = _reported_at(estate, node)
    cell = f"accountid={node.account_id}/region={node.region}"
    kinds: list[tuple[str, Iterable[Row], int]] = [
        ("AWS:InstanceInformation", [_information(estate, node, reported)], reported),
        ("AWS:Tag", _tags(node, reported), node.launched_at),
    ]
    seen = estate.observations.get(node.node_id)
    if seen is not None:
        ended = seen.operation.ended_at
        kinds += [
            ("AWS:PatchSummary", [_summary(estate, seen)], ended),
            ("AWS:ComplianceItem", _items(estate, seen), ended),
        ]
    if node.kind == "hybrid":  # gathered where somebody wanted it, and read by nobody here
        kinds.append(("AWS:Network", [{"resourceId": node.node_id, "IPV4": node.private_ip}], reported))
    for kind, rows, at in kinds:
        key = f"{PREFIX}{kind}/{cell}/resourcetype=ManagedInstanceInventory/{node.node_id}.json"
        yield key, b"\n".join(orjson.dumps(row) for row in rows) + b"\n", min(at + _DELAY, estate.as_of)


def _reported_at(estate: Estate, node: Node) -> int:
    """The last daily inventory, or the instant at which the node was seen to be gone."""
    if node.silent_at <= estate.as_of:
        return node.silent_at
    daily = (estate.as_of - node.scan_second) // DAY * DAY + node.scan_second
    return max(node.launched_at, daily)


def _instant(seconds: int) -> str:
    return to_datetime(seconds).strftime("%Y-%m-%dT%H:%M:%SZ")


def _envelope(node: Node, captured_at: int) -> dict[str, str]:
    return {"resourceId": node.node_id, "captureTime": _instant(captured_at), "schemaVersion": "1.0"}


def _status(estate: Estate, node: Node) -> str:
    for status, at in (("Terminated", node.terminated_at), ("Stopped", node.stopped_at)):
        if at <= estate.as_of:
            return status
    return "ConnectionLost" if node.lost_at <= estate.as_of else "Active"


def _information(estate: Estate, node: Node, reported: int) -> Row:
    return _envelope(node, reported) | {
        "InstanceId": node.node_id,
        "InstanceStatus": _status(estate, node),
        "ResourceType": "ManagedInstance" if node.kind == "hybrid" else "EC2Instance",
        "PlatformType": node.platform.platform_type,
        "PlatformName": node.platform.platform_name,
        "PlatformVersion": node.platform.platform_version,
        "ComputerName": computer_name(node),
        "AgentType": "amazon-ssm-agent",
        "AgentVersion": agent_version(estate, node),
        "IpAddress": node.private_ip,
    }


def _tags(node: Node, reported: int) -> Iterator[Row]:
    for key, value in node.tags.items():
        yield _envelope(node, min(reported, node.launched_at)) | {"Key": key, "Value": value}


def _summary(estate: Estate, seen: Observation) -> Row:
    operation, counts, bad = seen.operation, seen.counts, seen.non_compliant
    found = _envelope(seen.node, operation.ended_at) | {
        "BaselineId": seen.baseline.baseline_id,
        "PatchGroup": seen.node.patch_group or "",
        "SnapshotId": snapshot_id(estate, seen),
        "ExecutionId": snapshot_id(estate, seen),
        "OperationType": operation.kind,
        "OperationStartTime": _instant(operation.started_at),
        "OperationEndTime": _instant(operation.ended_at),
        "RebootOption": seen.reboot_option,
        "OwnerInformation": "",
        "NotApplicableCount": str(counts["NotApplicable"]),
        "UnreportedNotApplicableCount": str(seen.unreported_not_applicable),
        "CriticalNonCompliantCount": str(bad["critical"]),
        "SecurityNonCompliantCount": str(bad["security"]),
        "OtherNonCompliantCount": str(bad["other"]),
    }
    found |= {f"{state}Count": str(counts[state]) for state in _COUNTS}
    if seen.node.platform.is_windows:
        found["AvailableSecurityUpdateCount"] = str(counts["AvailableSecurityUpdate"])
    if seen.last_no_reboot_install_at is not None:
        found["LastNoRebootInstallOperationTime"] = _instant(seen.last_no_reboot_install_at)
    return found


def _items(estate: Estate, seen: Observation) -> Iterator[Row]:
    """The node's patches, and the association that scans it."""
    node, operation = seen.node, seen.operation
    shared: dict[str, Any] = _envelope(node, operation.ended_at) | {
        "ExecutionId": snapshot_id(estate, seen),
        "ExecutionType": "Command",
        "ExecutionTime": _instant(operation.started_at),
        "DocumentName": "",
        "DocumentVersion": "",
    }
    tells_time = tells_installed_time(estate, node)
    for row in seen.rows:
        installed = row.installed_at is not None and tells_time
        cves = {"CVEIds": ",".join(row.cve_ids)} if row.cve_ids else {}
        yield (
            shared
            | cves
            | {
                "ComplianceType": "Patch",
                "Id": row.kb_id,
                "Title": row.title,
                "Severity": row.compliance_level,
                "Status": "NON_COMPLIANT" if row.state in NOT_COMPLIANT else "COMPLIANT",
                "PatchState": row.state,
                "PatchSeverity": row.severity,
                "Classification": row.classification,
                "PatchBaselineId": seen.baseline.baseline_id,
                "PatchGroup": node.patch_group or "",
                "InstalledTime": _instant(row.installed_at or 0) if installed else "",
            }
        )
    yield shared | {
        "ComplianceType": "Association",
        "Id": estate.draws.uuid("scan association", node.account_id, node.region),
        "Title": "",
        "Severity": "UNSPECIFIED",
        "Status": "COMPLIANT",
        "DetailedText": "left out by every reader: it may hold what a command has printed",
    }

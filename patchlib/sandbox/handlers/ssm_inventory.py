"""AWS Systems Manager: AWS's own compliance label, and the software on the nodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from patchlib.sandbox.endpoint import Call, Handler, ServiceError
from patchlib.sandbox.handlers.listing import equals, listed
from patchlib.sandbox.world.calendars import HOUR, instant, to_datetime
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.nodes import Node
from patchlib.sandbox.world.observation import NOT_COMPLIANT, Observation
from patchlib.sandbox.world.patch_policies import scan_id
from patchlib.sandbox.world.releases import amazon_linux_release
from patchlib.sandbox.world.runs import execution_id

__all__ = ["command_id", "compliance_summaries", "handlers"]

# Share of the nodes that no inventory association reaches.
NOT_INVENTORIED = 0.06
_LEVELS = ("Critical", "High", "Medium", "Low", "Informational", "Unspecified")
# (name, publisher, version, share of the Windows services that run it); SQL Server 2016 ends on 2026-07-14
# (Microsoft lifecycle page), so nodes that still have it are something to find.
_WINDOWS = (
    ("7-Zip 23.01 (x64)", "Igor Pavlov", "23.01", 0.4),
    ("AWS PV Drivers", "Amazon Web Services", "8.4.3", 1.0),
    ("Google Chrome", "Google LLC", "129.0.6668.90", 0.2),
    ("Microsoft .NET Runtime - 6.0.36 (x64)", "Microsoft Corporation", "48.144.23141", 0.5),
    ("Microsoft Edge", "Microsoft Corporation", "129.0.2792.79", 1.0),
    ("Microsoft SQL Server 2016 (64-bit)", "Microsoft Corporation", "13.0.5026.0", 0.12),
    ("Microsoft SQL Server 2022 (64-bit)", "Microsoft Corporation", "16.0.1000.6", 0.15),
    ("Microsoft Visual C++ 2015-2022 Redistributable (x64) - 14.38.33135", "Microsoft Corporation", "14.38.33135.0",
     0.8),
)  # fmt: skip
# Packages of a Linux node that its inventory shows here; a real one lists hundreds.
_PACKAGES_SHOWN = 12


def handlers(estate: Estate) -> dict[str, Handler]:
    """The compliance and inventory operations of Systems Manager over one estate."""
    inventory = listed("ssm_inventory", estate, _entities, ignored=("ResultAttributes",))
    return {
        "ListResourceComplianceSummaries": listed(
            "ssm_resource_compliance",
            estate,
            compliance_summaries,
            filters={"ComplianceType": equals("ComplianceType"), "Status": equals("Status")},
        ),
        "GetInventory": lambda call: inventory(_of_applications(call)),
    }


def command_id(estate: Estate, seen: Observation) -> str:
    """The command that made an observation: of an install its window's, of a scan the node's own."""
    window = estate.place[seen.node.node_id][0].schedules.install
    if seen.operation.kind == "Scan" or window is None:
        return scan_id(estate.draws, seen.node, seen.operation.ended_at)
    opened_at = seen.operation.started_at - seen.node.run_delay
    return estate.draws.uuid("window-action", execution_id(estate.draws, window, opened_at))


def _listed(estate: Estate, account_id: str, region: str) -> Iterator[Node]:
    yield from (n for n in estate.by_cell.get((account_id, region), []) if n.is_listed(estate.as_of))


def compliance_summaries(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    """Per listed node of a cell, a row for its associations and one for its patches, where they have been seen."""
    for node in _listed(estate, account_id, region):
        last = estate.association_results.get(node.node_id, {})
        if last:
            # State Manager notes all associations of a node at once, when any of them ran.
            noted = {"ExecutionTime": to_datetime(max(target.done_at or 0 for target in last.values()))}
            levels = [(target.status == "Success", "UNSPECIFIED") for target in last.values()]
            done = Counter(level for is_good, level in levels if is_good)
            left = Counter(level for is_good, level in levels if not is_good)
            yield _summary("Association", node.node_id, noted, done, left)
        seen = estate.observations.get(node.node_id)
        if seen is None:
            continue
        execution = {
            "ExecutionTime": to_datetime(seen.operation.ended_at),
            "ExecutionId": command_id(estate, seen),
            "ExecutionType": "Command",
        }
        rows = [row for row in seen.rows if row.state != "NotApplicable" and row.state != "AvailableSecurityUpdate"]
        bad = Counter(row.compliance_level for row in rows if row.state in NOT_COMPLIANT)
        good = Counter(row.compliance_level for row in rows if row.state not in NOT_COMPLIANT)
        yield _summary("Patch", node.node_id, execution, good, bad)


def _summary(
    kind: str, node_id: str, execution: dict[str, Any], good: Counter[str], bad: Counter[str]
) -> dict[str, Any]:
    worst = next((level.upper() for level in _LEVELS if bad[level.upper()]), "UNSPECIFIED")
    return {
        "ComplianceType": kind,
        "ResourceType": "ManagedInstance",
        "ResourceId": node_id,
        "Status": "NON_COMPLIANT" if bad else "COMPLIANT",
        "OverallSeverity": worst,
        "ExecutionSummary": execution,
        "CompliantSummary": {"CompliantCount": good.total(), "SeveritySummary": _severities(good)},
        "NonCompliantSummary": {"NonCompliantCount": bad.total(), "SeveritySummary": _severities(bad)},
    }


def _severities(counts: Counter[str]) -> dict[str, int]:
    return {f"{level}Count": counts[level.upper()] for level in _LEVELS}


def _of_applications(call: Call) -> Call:
    asked = [each["TypeName"] for each in call.params.get("ResultAttributes", [])]
    if asked != ["AWS:Application"]:
        raise ServiceError("InvalidTypeNameException", f"The sandbox has no inventory of type {asked or 'default'}.")
    return call


def _entities(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for node in _listed(estate, account_id, region):
        if not node.platform.operating_system or estate.draws.uniform("inventory", node.node_id) < NOT_INVENTORIED:
            continue
        until = min(estate.as_of, node.silent_at)
        captured = max(node.launched_at, until - estate.draws.between(60, 12 * HOUR, "captured", node.node_id, until))
        item = {
            "TypeName": "AWS:Application",
            "SchemaVersion": "1.1",
            "CaptureTime": f"{to_datetime(captured):%Y-%m-%dT%H:%M:%SZ}",
            "Content": list(_applications(estate, node)),
        }
        yield {"Id": node.node_id, "Data": {"AWS:Application": item}}


def _applications(estate: Estate, node: Node) -> Iterator[dict[str, str]]:
    if not node.platform.is_windows:
        yield from _packages(estate, node)
        return
    for name, publisher, version, share in _WINDOWS:
        if estate.draws.uniform("application", node.service, name) < share:
            yield {
                "Name": name,
                "Publisher": publisher,
                "Version": version,
                "Architecture": "x86_64",
                "InstalledTime": f"{to_datetime(max(node.built_at, instant('2024-11-12'))):%Y-%m-%dT00:00:00Z}",
            }


def _packages(estate: Estate, node: Node) -> Iterator[dict[str, str]]:
    """The newest version of each package that the node's last scan saw installed, and the release it is locked to."""
    seen = estate.observations.get(node.node_id)
    newest = {row.kb_id: row for row in sorted(seen.rows if seen else (), key=lambda row: row.installed_at or 0)
              if row.installed_at is not None}  # fmt: skip
    for name_arch, row in sorted(newest.items())[:_PACKAGES_SHOWN]:
        name, _, architecture = name_arch.rpartition(".")
        version, _, release = row.title.rpartition(":")[2].rpartition("-")
        yield {
            "Name": name,
            "Version": version,
            "Release": release,
            "Architecture": architecture,
            "InstalledTime": f"{to_datetime(row.installed_at or 0):%Y-%m-%dT%H:%M:%SZ}",
        }
    if node.platform.operating_system == "AMAZON_LINUX_2023":
        # Whoever installed last went to the newest release of the day; until then the image's own holds.
        moved_at = max([node.built_at, *(row.installed_at or 0 for row in newest.values())])
        yield {
            "Name": "system-release",
            "Version": amazon_linux_release(moved_at),
            "Release": "0.amzn2023",
            "Architecture": "noarch",
            "InstalledTime": f"{to_datetime(moved_at):%Y-%m-%dT%H:%M:%SZ}",
        }

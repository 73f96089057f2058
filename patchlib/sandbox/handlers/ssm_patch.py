"""Patch Manager: states, patches, baselines, patch groups, available and effective patches."""

from __future__ import annotations

from typing import Any

from patchlib.sandbox.endpoint import Call, Handler, ServiceError
from patchlib.sandbox.world.baselines import Baseline, CellBaselines, shown_baseline
from patchlib.sandbox.world.calendars import NEVER, instant, to_datetime
from patchlib.sandbox.world.catalogue import Patch
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.nodes import Node
from patchlib.sandbox.world.observation import Observation, Row
from patchlib.sandbox.world.runs import execution_id

__all__ = ["handlers", "snapshot_id", "tells_installed_time"]

# "Currently, DescribeAvailablePatches supports only the Amazon Linux 1, Amazon Linux 2, and Windows Server
# operating systems" (API reference). The catalogue holds nothing for Amazon Linux 1, unsupported since 2023.
_AVAILABLE_SYSTEMS = ("WINDOWS", "AMAZON_LINUX_2")
_EPOCH = to_datetime(0)
# Ubuntu does not tell when a package came: this share of Ubuntu nodes reports no InstalledTime.
NO_INSTALLED_TIME = 0.5


def handlers(estate: Estate) -> dict[str, Handler]:
    """The patch operations of Systems Manager over one estate."""
    return {
        "DescribeInstancePatchStates": lambda call: _states(estate, call),
        "DescribeInstancePatches": lambda call: _patches(estate, call),
        "DescribePatchBaselines": lambda call: _baselines(estate, call),
        "GetPatchBaseline": lambda call: _baseline(estate, call),
        "GetDefaultPatchBaseline": lambda call: _default_baseline(estate, call),
        "DescribePatchGroups": lambda call: _groups(estate, call),
        "DescribePatchGroupState": lambda call: _group_state(estate, call),
        "DescribeAvailablePatches": lambda call: _available(estate, call),
        "DescribeEffectivePatchesForPatchBaseline": lambda call: _effective(estate, call),
    }


def _filters(call: Call, known: tuple[str, ...]) -> dict[str, list[str]]:
    found = {item["Key"]: list(item.get("Values", [])) for item in call.params.get("Filters", [])}
    for key in found:
        if key not in known:
            raise ServiceError("InvalidFilter", f"The filter key {key} is not valid for {call.operation}.")
    return found


def _observed(estate: Estate, call: Call, node_id: str) -> Observation | None:
    found = estate.observations.get(node_id)
    is_here = found is not None and (found.node.account_id, found.node.region) == (call.account_id, call.region)
    return found if is_here else None


def _states(estate: Estate, call: Call) -> dict[str, Any]:
    found = (_observed(estate, call, node_id) for node_id in call.params["InstanceIds"])
    return {"InstancePatchStates": [_state(estate, observation) for observation in found if observation is not None]}


def _state(estate: Estate, seen: Observation) -> dict[str, Any]:
    operation, counts, bad = seen.operation, seen.counts, seen.non_compliant
    state: dict[str, Any] = {
        "InstanceId": seen.node.node_id,
        "PatchGroup": seen.node.patch_group or "",
        "BaselineId": seen.baseline.baseline_id,
        "SnapshotId": snapshot_id(estate, seen),
        "OwnerInformation": "",
        "InstalledCount": counts["Installed"],
        "InstalledOtherCount": counts["InstalledOther"],
        "InstalledPendingRebootCount": counts["InstalledPendingReboot"],
        "InstalledRejectedCount": counts["InstalledRejected"],
        "MissingCount": counts["Missing"],
        "FailedCount": counts["Failed"],
        "UnreportedNotApplicableCount": seen.unreported_not_applicable,
        "NotApplicableCount": counts["NotApplicable"],
        "OperationStartTime": to_datetime(operation.started_at),
        "OperationEndTime": to_datetime(operation.ended_at),
        "Operation": operation.kind,
        "RebootOption": seen.reboot_option,
        "CriticalNonCompliantCount": bad["critical"],
        "SecurityNonCompliantCount": bad["security"],
        "OtherNonCompliantCount": bad["other"],
    }
    if seen.node.platform.is_windows:
        state["AvailableSecurityUpdateCount"] = counts["AvailableSecurityUpdate"]
    if seen.last_no_reboot_install_at is not None:
        state["LastNoRebootInstallOperationTime"] = to_datetime(seen.last_no_reboot_install_at)
    return state


def _patches(estate: Estate, call: Call) -> dict[str, Any]:
    node_id = call.params["InstanceId"]
    node = estate.by_id.get(node_id)
    if node is None or (node.account_id, node.region) != (call.account_id, call.region) or node.unmanaged:
        raise ServiceError("InvalidInstanceId", f"The instance ID {node_id} isn't valid.")
    seen = _observed(estate, call, node_id)
    asked = _filters(call, ("State", "KBId", "Severity", "Classification"))
    rows = () if seen is None else seen.rows
    tells_time = tells_installed_time(estate, node)
    listed = [_patch_row(row, tells_time) for row in rows]
    return {"Patches": [row for row in listed if all(row[key] in values for key, values in asked.items())]}


def snapshot_id(estate: Estate, seen: Observation) -> str:
    """Of an installation the window's execution, because its task passes that on; of a scan its own."""
    window = estate.place[seen.node.node_id][0].schedules.install
    if seen.operation.kind == "Install" and window is not None:
        return execution_id(estate.draws, window, seen.operation.started_at - seen.node.run_delay)
    return estate.draws.uuid("snapshot", seen.node.node_id, seen.operation.started_at)


def tells_installed_time(estate: Estate, node: Node) -> bool:
    """Whether a node says when its packages came."""
    silent = estate.draws.uniform("no installed time", node.node_id) < NO_INSTALLED_TIME
    return node.platform.operating_system != "UBUNTU" or not silent


def _patch_row(row: Row, tells_time: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "Title": row.title,
        "KBId": row.kb_id,
        "Classification": row.classification,
        "Severity": row.severity,
        "State": row.state,
    }
    # What is not installed carries the epoch (user guide, "View patch summaries": 1970-01-01 beside Missing).
    if row.installed_at is None:
        found["InstalledTime"] = _EPOCH
    elif tells_time:
        found["InstalledTime"] = to_datetime(row.installed_at)
    if row.cve_ids:
        found["CVEIds"] = ",".join(row.cve_ids)
    return found


def _cell(estate: Estate, call: Call) -> CellBaselines:
    return estate.baselines.get((call.account_id, call.region), CellBaselines(()))


def _identity(baseline: Baseline) -> dict[str, Any]:
    return {
        "BaselineId": baseline.baseline_id,
        "BaselineName": baseline.name,
        "OperatingSystem": baseline.operating_system,
        "BaselineDescription": baseline.description,
        "DefaultBaseline": baseline.is_default,
    }


def _baselines(estate: Estate, call: Call) -> dict[str, Any]:
    asked = _filters(call, ("OWNER", "NAME_PREFIX", "OPERATING_SYSTEM"))
    owners = asked.get("OWNER", ["AWS", "Self", "All"])
    chosen = [
        b
        for b in _cell(estate, call).baselines
        if ("All" in owners or ("AWS" if b.is_aws_owned else "Self") in owners)
        and b.operating_system in asked.get("OPERATING_SYSTEM", [b.operating_system])
        and any(b.name.startswith(prefix) for prefix in asked.get("NAME_PREFIX", [""]))
    ]
    return {"BaselineIdentities": [_identity(baseline) for baseline in chosen]}


def _default_baseline(estate: Estate, call: Call) -> dict[str, Any]:
    system = call.params.get("OperatingSystem", "WINDOWS")
    found = next((b for b in _cell(estate, call).baselines if b.is_default and b.operating_system == system), None)
    if found is None:
        raise ServiceError("DoesNotExistException", f"There is no default patch baseline for {system}.")
    return {"BaselineId": found.baseline_id, "OperatingSystem": system}


def _find(estate: Estate, call: Call) -> Baseline:
    asked = call.params["BaselineId"]
    baselines = _cell(estate, call).by_id
    # An AWS-owned baseline is found by its ARN and by the pb- id at the ARN's end.
    found = baselines.get(asked) or next((b for key, b in baselines.items() if key.endswith("/" + asked)), None)
    if found is None:
        raise ServiceError("DoesNotExistException", f"Patch baseline {asked} does not exist.")
    return found


def _baseline(estate: Estate, call: Call) -> dict[str, Any]:
    baseline = _find(estate, call)
    rejected = _rejected(estate, baseline)
    found = {
        **shown_baseline(baseline.at(estate.as_of), rejected),
        "PatchGroups": list(baseline.patch_groups),
        "CreatedDate": to_datetime(instant(baseline.created_at)),
        "ModifiedDate": to_datetime(baseline.changed_at(estate.as_of)),
        "Description": baseline.description,
    }
    if baseline.available_status is not None:
        found["AvailableSecurityUpdatesComplianceStatus"] = baseline.available_status
    return found


def _rejected(estate: Estate, baseline: Baseline) -> tuple[str, ...]:
    has_begun = baseline.rejected_from is not None and instant(baseline.rejected_from) <= estate.as_of
    return baseline.rejected if has_begun else ()


def _groups(estate: Estate, call: Call) -> dict[str, Any]:
    _filters(call, ())
    cell = _cell(estate, call)
    return {
        "Mappings": [
            {"PatchGroup": group, "BaselineIdentity": _identity(cell.by_id[baseline_id])}
            for (group, _), baseline_id in sorted(cell.groups.items())
        ]
    }


def _group_state(estate: Estate, call: Call) -> dict[str, Any]:
    """Nodes of a patch group by the states that their patches are in; a group without nodes has none."""
    group = call.params["PatchGroup"]
    seen = [_observed(estate, call, node.node_id) for node in estate.by_cell.get((call.account_id, call.region), [])]
    states = [
        _state(estate, each)
        for each in seen
        if each is not None and each.node.patch_group == group and each.node.is_listed(estate.as_of)
    ]
    members = {
        "InstancesWithInstalledPatches": "InstalledCount",
        "InstancesWithInstalledOtherPatches": "InstalledOtherCount",
        "InstancesWithInstalledPendingRebootPatches": "InstalledPendingRebootCount",
        "InstancesWithInstalledRejectedPatches": "InstalledRejectedCount",
        "InstancesWithMissingPatches": "MissingCount",
        "InstancesWithFailedPatches": "FailedCount",
        "InstancesWithNotApplicablePatches": "NotApplicableCount",
        "InstancesWithUnreportedNotApplicablePatches": "UnreportedNotApplicableCount",
        "InstancesWithCriticalNonCompliantPatches": "CriticalNonCompliantCount",
        "InstancesWithSecurityNonCompliantPatches": "SecurityNonCompliantCount",
        "InstancesWithOtherNonCompliantPatches": "OtherNonCompliantCount",
        "InstancesWithAvailableSecurityUpdates": "AvailableSecurityUpdateCount",
    }
    counts = {name: sum(bool(state.get(member)) for state in states) for name, member in members.items()}
    return {"Instances": len(states), **counts}


def _available(estate: Estate, call: Call) -> dict[str, Any]:
    members = {"PRODUCT": "Product", "CLASSIFICATION": "Classification", "PATCH_ID": "KbNumber"}
    asked = _filters(call, tuple(members))
    found = [
        _patch(estate, patch)
        for catalogue in estate.products.values()
        for patch in catalogue.until(estate.as_of)
        if patch.operating_system in _AVAILABLE_SYSTEMS
    ]
    for key, values in asked.items():
        found = [
            patch
            for patch in found
            if patch.get(members[key], "").removeprefix("KB") in values or patch.get(members[key]) in values
        ]
    found.sort(key=lambda patch: (patch["ReleaseDate"], patch["Id"]))
    return {"Patches": found}


def _patch(estate: Estate, patch: Patch) -> dict[str, Any]:
    shared: dict[str, Any] = {
        "Id": estate.draws.uuid("patch id", patch.ref),
        "ReleaseDate": to_datetime(patch.released_at),
        "Title": patch.title,
        "Product": patch.product,
        "Classification": patch.classification,
    }
    if patch.is_windows:
        return shared | {
            "Description": "A security issue has been identified in a Microsoft product."
            if patch.is_security
            else "Resolves issues in Windows.",
            "ContentUrl": f"https://support.microsoft.com/help/{patch.kb_id.removeprefix('KB')}",
            "Vendor": "Microsoft",
            "ProductFamily": "Windows",
            "MsrcSeverity": patch.severity,
            "KbNumber": patch.kb_id,
            "MsrcNumber": "",
            "Language": "All",
        }
    return shared | {
        "Name": patch.package,
        "Epoch": patch.epoch,
        "Version": patch.version,
        "Release": patch.release,
        "Arch": patch.arch,
        "Severity": patch.severity,
        "Repository": "amzn2-core",
        "AdvisoryIds": [patch.advisory_id],
        "BugzillaIds": [],
        "CVEIds": list(patch.cve_ids),
    }


def _effective(estate: Estate, call: Call) -> dict[str, Any]:
    baseline = _find(estate, call)
    if baseline.operating_system != "WINDOWS":
        text = "The operating systems you specified isn't supported, or the operation isn't supported for it."
        raise ServiceError("UnsupportedOperatingSystem", text)
    listed = [
        (patch, baseline.approved_at(patch))
        for catalogue in estate.products.values()
        for patch in catalogue.until(estate.as_of)
        if patch.is_windows
    ]
    listed.sort(key=lambda pair: (pair[0].released_at, pair[0].kb_id))
    return {
        "EffectivePatches": [
            {
                "Patch": _patch(estate, patch),
                "PatchStatus": {
                    "DeploymentStatus": "APPROVED" if approved_at <= estate.as_of else "PENDING_APPROVAL",
                    "ComplianceLevel": baseline.compliance_level(patch),
                    "ApprovalDate": to_datetime(approved_at),
                },
            }
            for patch, approved_at in listed
            if approved_at < NEVER
        ]
    }

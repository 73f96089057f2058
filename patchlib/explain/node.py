"""What holds of a node: who it is, what is seen of it, whether it is compliant, by which baseline, patched when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from patchlib.explain.parts import Asked, Section
from patchlib.explain.plain import day, records
from patchlib.metrics.next_run import next_run
from patchlib.site import wording

__all__ = ["DECIDES", "LIVE", "deciding", "node_sections", "patch_row"]

LIVE = "Kernel live patching"
DECIDES = "decides"  # note of a patch row that makes the status what it is
# Why a node is in a coverage state, in the words of GLOSSARY.md.
_WHY = {
    "not readable": "its account or Region cannot be read",
    "excluded": "a rule leaves it out",
    "unsupported OS": "Patch Manager does not patch its operating system, or nothing tells which it is",
    "stopped": "the instance does not run, so it is not scanned",
    "unmanaged": "Systems Manager does not manage it",
    "short-lived": "it was launched less than a scan interval ago and has not been scanned",
    "never scanned": "no scan of it is known",
    "stale": "its last scan is older than counts",
    "fresh": "its last scan is young enough to count",
}
# What shows the state, where it is not the last scan: relation and members of its row.
_SHOWS = {
    "excluded": ("instance", "InstanceId", "Tags"),
    "unsupported OS": ("managed_node", "InstanceId", "PlatformName", "PlatformVersion"),
    "stopped": ("instance", "InstanceId", "State"),
    "unmanaged": ("instance", "InstanceId", "State", "IamInstanceProfile"),
    "short-lived": ("instance", "InstanceId", "LaunchTime"),
}
# Rows that decide, by the reason that compliance/node_status gives.
_DECIDING = {
    "missing": ("Missing",),
    "failed": ("Failed",),
    "pending reboot": ("InstalledPendingReboot",),
    "rejected but installed": ("InstalledRejected",),
}
_TAGS = ("owner", "environment", "application", "criticality")


def node_sections(asked: Asked, patches: pd.DataFrame) -> list[Section]:
    """Every section about the node itself. patches: query explain/patch_interval."""
    coverage = records(asked.own("fleet/node_coverage"))
    if not coverage:
        return [_identity(asked, {})]
    status = records(asked.own("compliance/node_status"))[0]
    return [
        _identity(asked, coverage[0]),
        _coverage(asked, coverage[0]),
        _compliance(asked, status, patches),
        _baselines(asked),
        _served(asked),
        _live(asked),
    ]


def _identity(asked: Asked, told: Mapping[str, Any]) -> Section:
    node, section = asked.node, Section("Node")
    kind = "instance" if "instance" in asked.origins else "managed_node"
    tags = asked.behind(kind, *(("InstanceId", "Tags") if kind == "instance" else ("InstanceId", "Name")))
    account = asked.behind("account", "Id", "Name")
    section.add("account", node.account_id, node.account_name or "its name is not known", evidence=account)
    section.add("region", node.region, evidence=tags)
    section.add("node id", node.node_id, str(told.get("node_kind", "")), evidence=tags)
    if node.gone_at:
        section.add("gone", node.gone_at, "the snapshot of that instant no longer held it")
        section.add("name", node.name, "as it was last seen")
        return section
    section.add("name", told["name"], evidence=_tag(asked, "name", told["name"], tags))
    for name in _TAGS:
        note = "" if told[name] not in {None, "unknown"} else "no such tag, or its tags are not told"
        section.add(name, told[name], note, query="fleet/node_coverage", evidence=_tag(asked, name, told[name], tags))
    section.add("Auto Scaling group", node.group_name, "" if node.group_name else "it belongs to none", evidence=tags)
    platform = asked.behind("managed_node", "InstanceId", "PlatformName", "PlatformVersion", "PingStatus")
    system = f"Systems Manager spells it {told['operating_system'] or wording.UNKNOWN}"
    section.add("operating system", told["platform"], system, query="fleet/node_coverage", evidence=platform)
    end = "last day of vendor support, from data/reference/os_lifecycle.csv"
    section.add("end of support", day(told["end_of_support_date"]), end, query="fleet/node_coverage")
    launch = asked.behind("instance", "InstanceId", "LaunchTime", "ImageId")
    section.add("launched", told["launched_at"], query="fleet/node_coverage", evidence=launch)
    section.add("image", node.image_id, evidence=launch)
    return section


def _tag(asked: Asked, name: str, value: Any, listed: tuple[int, ...]) -> tuple[int, ...]:
    """The row that tells a tag: the instance's, else the tag's own where a data sync brought it."""
    row = asked.origins.get("node_tag")
    if value in {None, "unknown"} or row is None or not str(row["source"]).startswith("datasync"):
        return listed
    return asked.cite(row, {"Key": name.capitalize()})


def _coverage(asked: Asked, told: Mapping[str, Any]) -> Section:
    section, state = Section("Coverage"), str(told["coverage_state"])
    scan = asked.behind("node_scan", "InstanceId", "Operation", "OperationStartTime", "OperationEndTime", "SnapshotId")
    seen = asked.behind(*_SHOWS[state]) if state in _SHOWS else scan
    section.add("coverage state", state, _WHY.get(state, ""), query="fleet/node_coverage", evidence=seen)
    if state == "not readable":
        _closed(section, asked)
    if state == "excluded":
        owner = f"owner {told['exclusion_owner']}, until {wording.text(day(told['exclusion_expires_on']))}"
        section.add("excluded because", told["exclusion_reason"], owner, query="fleet/excluded_node")
    note = "" if told["last_scan_at"] else "no scan of it is known"
    section.add("last scan", told["last_scan_at"], note, query="fleet/node_coverage", evidence=scan)
    limit = f"days; {asked.session.parameters['stale_after_days']} days are the limit"
    section.add("scan age", told["scan_age_days"], limit, query="fleet/node_coverage")
    return section


def _closed(section: Section, asked: Asked) -> None:
    """What keeps us out of the node's account and Region, since when, and who opens it: the ledger's own rows."""
    place = {"account_id": asked.node.account_id, "region": asked.node.region}
    for row in records(asked.session.query_for("fleet/blocked", place)):
        same = {**place, "operation": row["operation"]}
        for told in records(asked.session.query_for("fleet/blind_spots", same)):
            error = " ".join(filter(None, (told["error_code"], told["error_message"]))) or "no error was told"
            since = f"since {wording.text(told['blind_since_at'])}: {error}; who opens it: {told['opened_by']}"
            section.add("closed", f"{told['operation']} {told['state']}", since, query="fleet/blind_spots")


def deciding(patches: pd.DataFrame, reason: str) -> pd.DataFrame:
    """The patch rows of the latest scan that decide a compliance status; none where no row does."""
    return patches[patches["valid_to"].isna() & patches["patch_state"].isin(_DECIDING.get(reason, ()))]


def _compliance(asked: Asked, status: Mapping[str, Any], patches: pd.DataFrame) -> Section:
    section, reason = Section("Compliance"), str(status["reason"])
    counts = ("MissingCount", "FailedCount", "InstalledPendingRebootCount", "InstalledRejectedCount", "InstalledCount")
    label = asked.behind("node_scan", "InstanceId", *counts)
    query = "compliance/node_status"
    section.add("compliance status", status["compliance_status"], f"because: {reason}", query=query, evidence=label)
    section.add(
        "AWS's own label", status["aws_label"], "by the counts of the last scan alone", query=query, evidence=label
    )
    for row in records(deciding(patches, reason)):
        section.add(str(row["patch_ref"]), row["patch_state"], DECIDES, query=query, evidence=patch_row(asked, row))
    return section


def patch_row(asked: Asked, row: Mapping[str, Any]) -> tuple[int, ...]:
    """The row of a page behind a row of explain/patch_interval."""
    told = {name: row[name] for name in ("title", "kb_id", "patch_state")}
    names = ("Title", "Id", "PatchState") if str(row["source"]).startswith("datasync") else ("Title", "KBId", "State")
    return asked.cite(row, dict(zip(names, told.values(), strict=True)))


def _baselines(asked: Asked) -> Section:
    section = Section("Patch baseline")
    for row in records(asked.rows("explain/baseline")):
        in_force = row["named_by"] == "last scan"
        named = "in force" if in_force else f"named by the {row['named_by']}"
        how = f"{row['baseline_name'] or 'not read'}; told by {row['named_how']}"
        section.add(named, row["baseline_id"], how, query="explain/baseline", evidence=_naming(asked, row))
    if not section.values:
        section.add("in force", None, "no scan of it is known, and neither group nor default names one")
    return section


def _naming(asked: Asked, row: Mapping[str, Any]) -> tuple[int, ...]:
    if row["named_by"] == "last scan":
        datasync = str(row["source"]).startswith("datasync")
        match = {} if datasync else {"InstanceId": asked.node.node_id}
        return asked.cite(row, match, "InstanceId", "BaselineId", "PatchGroup")
    if row["named_by"] == "patch group":
        return asked.cite(row, {"PatchGroup": row["named_how"], "BaselineIdentity.BaselineId": row["baseline_id"]})
    return asked.cite(row, {"BaselineId": row["baseline_id"]})


def _served(asked: Asked) -> Section:
    section = Section("Patched by")
    keys = {"maintenance window": "WindowId", "association": "AssociationId"}
    for row in records(asked.rows("explain/served_by")):
        at, how = next_run(row, asked.session.as_of)
        zone = f" {row['schedule_timezone']}" if row["schedule_timezone"] else ""
        run = f"next run {how}" if at else f"no next run: {how}"
        note = f"{row['operation']}, {row['schedule'] or 'no schedule'}{zone}; {run}; {row['reached_by']}"
        match = {keys[row["kind"]]: row["id"]} if row["kind"] in keys else {}
        label = f"{row['kind']} {row['name'] or row['id']}"
        section.add(label, at, note, query="explain/served_by", evidence=asked.cite(row, match))
    if not section.values:
        section.add("nothing", None, "no window, association or patch policy is known to reach it")
    return section


def _live(asked: Asked) -> Section:
    section = Section(LIVE)
    for row in records(asked.rows("explain/live_patch")):
        note = "a live patch of the kernel may be effective before a reboot; which of its fixes, nothing here tells"
        cited = asked.cite(row, {"Id": asked.node.node_id}, "Id")
        version = f"{row['package_name']} {row['package_version']}"
        section.add("package", version, note, query="explain/live_patch", evidence=cited)
    if section.values:
        return section
    if "node_inventory" not in asked.origins:
        section.add("package", None, "not known: no inventory of its software was read")
    else:
        seen = asked.behind("node_inventory", "Id")
        section.add("package", "none", "its inventory lists none; a snap would not stand there", evidence=seen)
    return section

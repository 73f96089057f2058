"""A small store from hand-made rows: two accounts that are read, one that is not, every coverage state met."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from patchlib.store import connect
from tests.estate import empty_store

AS_OF = datetime(2026, 11, 2, 6)  # noqa: DTZ001 - the store is naive UTC
OPEN = {"valid_from": AS_OF, "valid_to": datetime(9999, 12, 31), "observation_id": 1}  # noqa: DTZ001
DARK, TEAM, LAB = "210000000001", "210000000002", "210000000003"
OPERATIONS = (
    ("ec2_instance", "ec2", "DescribeInstances"),
    ("ssm_managed_node", "ssm", "DescribeInstanceInformation"),
    ("ssm_patch_state", "ssm", "DescribeInstancePatchStates"),
    ("ssm_patch", "ssm", "DescribeInstancePatches"),
)
# node, environment, platform, operating system, days since the last scan (None: never), what is particular
NODES = (
    ("i-web1", "production", "Windows Server", "WINDOWS", 0.1, {}),
    ("i-web2", "production", "Windows Server", "WINDOWS", 0.2, {}),
    ("i-web3", "production", "Windows Server", "WINDOWS", 12.0, {}),
    ("i-old", "production", "Windows Server", "WINDOWS", 0.1, {"end_of_support_date": date(2023, 10, 10)}),
    ("i-app1", "test", "Windows Server", "WINDOWS", 0.3, {}),
    ("i-app2", "test", "Ubuntu", "UBUNTU", 0.3, {}),
    ("i-off", "test", "Ubuntu", "UBUNTU", None, {"instance_state": "stopped"}),
    ("i-bare", None, "unknown", None, None, {"is_managed": False}),
    ("i-new", None, "Ubuntu", "UBUNTU", None, {"launched_at": AS_OF - timedelta(hours=3)}),
    ("i-mute", None, "Ubuntu", "UBUNTU", None, {}),
    ("i-lab", "laboratory", "Ubuntu", "UBUNTU", None, {}),
)
# KB, vendor severity, days since release
# vulnerability: the patch that fixes it, CVSS score and vector, EPSS [0..1], exploitation as assessed
VULNERABILITIES: dict[str, dict[str, Any]] = {
    "CVE-2026-0001": {
        "patch": "KB1", "score": 9.8, "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "epss": 0.6,
        "exploitation": "active",
    },
    "CVE-2026-0002": {
        "patch": "KB3", "score": 6.1, "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", "epss": 0.02,
        "exploitation": "none",
    },
    "CVE-2026-0003": {"patch": "KB4", "score": None, "vector": None, "epss": None, "exploitation": None},
}  # fmt: skip
PATCHES = (("KB1", "Critical", 20), ("KB2", "Critical", 48), ("KB3", "Important", 48), ("KB4", "Low", 80))


def _insert(store: duckdb.DuckDBPyConnection, table: str, row: dict[str, Any]) -> None:
    names = {found[0] for found in store.execute(f"describe {table}").fetchall()}
    full = {**OPEN, **row} if "valid_from" in names else row
    marks = ", ".join(f"${name}" for name in full)
    store.execute(f"insert into {table} ({', '.join(full)}) values ({marks})", full)


def build(path: Path, *, accounts: tuple[str, ...] = (DARK, TEAM, LAB), with_data: bool = True) -> Path:
    """The store file; `with_data=False` leaves every table empty."""
    with connect(empty_store(path), read_only=False) as store:
        if with_data:
            _ledger(store, accounts)
            _nodes(store, accounts)
            _patches(store)
            _threats(store)
            _window(store)
    return path


def _ledger(store: duckdb.DuckDBPyConnection, accounts: tuple[str, ...]) -> None:
    snapshot = {"snapshot_id": "20261102T060000Z", "taken_at": AS_OF}
    about = {"is_aws": True, "is_finished": True, "caller_account_id": TEAM, "tool_version": "test"}
    _insert(store, "core.snapshot", {**snapshot, **about})
    for account in accounts:
        name = {DARK: "finance", TEAM: "shop", LAB: "lab"}[account]
        _insert(store, "core.account", {"account_id": account, "account_name": name, "account_status": "ACTIVE"})
        failed = {"state": "denied", "error_code": "AccessDenied", "error_message": "not authorized"}
        for source, service, operation in OPERATIONS:
            cell = {"account_id": account, "region": "eu-central-1", "source": source}
            held = AS_OF - timedelta(hours=30)
            read = {"state": "ok", "newest_answer_at": AS_OF, "oldest_answer_at": held}
            outcome = failed if account == DARK else read
            _insert(store, "core.coverage", {**snapshot, **cell, "service": service, "operation": operation, **outcome})


def _nodes(store: duckdb.DuckDBPyConnection, accounts: tuple[str, ...]) -> None:
    _insert(store, "core.exclusion", {"tag_key": "Environment", "tag_value": "laboratory", "reason": "no data",
                                      "owner": "lab", "expires_on": date(2027, 1, 1)})  # fmt: skip
    for number, (node, environment, platform, system, scan_days, more) in enumerate(NODES, start=1):
        account = LAB if environment == "laboratory" and LAB in accounts else TEAM
        key = {"account_id": account, "region": "eu-central-1", "node_id": node}
        row = {**key, "node_kind": "ec2", "environment": environment, "platform": platform, "operating_system": system,
               "is_managed": True, "instance_state": "running", "launched_at": AS_OF - timedelta(days=200)}  # fmt: skip
        _insert(store, "core.node", {**row, **more})
        if environment:
            _insert(store, "core.node_tag", {**key, "tag_key": "Environment", "tag_value": environment})
        _insert(store, "core.node_key", {**key, "node_key": number})
        kind = "tags" if node[-1].isdigit() else "node"
        name = node.rstrip("123")
        _insert(store, "core.node_service", {**key, "service_kind": kind, "service_id": name, "service_name": name})
        if scan_days is not None:
            scan = {
                "baseline_id": "pb-1",
                "operation_ended_at": AS_OF - timedelta(days=scan_days),
                "installed_count": 4,
            }
            _insert(store, "core.node_scan", {**key, **scan})
    _insert(store, "core.baseline_rule", {"account_id": TEAM, "region": "eu-central-1", "baseline_id": "pb-1",
            "rule_number": 1, "approve_after_days": 7, "products": '["*"]', "classifications": '["*"]',
            "severities": '["*"]'})  # fmt: skip
    _insert(store, "core.baseline_setting", {"account_id": TEAM, "region": "eu-central-1", "baseline_id": "pb-1",
            "aspect": "approval", "subject": "all classifications, all severities",
            "setting": "7 days after release"})  # fmt: skip


def _patches(store: duckdb.DuckDBPyConnection) -> None:
    for key, (name, severity, days) in enumerate(PATCHES, start=1):
        released_at = AS_OF - timedelta(days=days)
        _insert(store, "core.patch_key", {"patch_key": key, "patch_ref": name, "severity": severity})
        _insert(store, "core.patch", {"operating_system": "WINDOWS", "patch_ref": name, "released_at": released_at,
                                      "product": "WindowsServer2022", "severity": severity})  # fmt: skip
        for number, (_, _, platform, _, scan_days, _) in enumerate(NODES, start=1):
            if scan_days is None:
                continue
            installed_at = released_at + timedelta(days=9 + 3 * number)
            state, when = ("Installed", installed_at) if (number + key) % 4 else ("Missing", None)
            if platform == "Windows Server" and number == 2 and key == 1:
                state = "InstalledPendingReboot"
            row = {"node_key": number, "patch_key": key, "patch_state": state, "installed_at": when}
            _insert(store, "core.node_patch", row)


def _threats(store: duckdb.DuckDBPyConnection) -> None:
    """What feeds tell of the vulnerabilities: one is known to be exploited, of one nothing is known."""
    day = (AS_OF - timedelta(days=1)).date()
    for feed in ("kev", "epss", "cvss", "windows"):
        about = {"feed": feed, "title": feed, "source": "by hand", "as_of_date": day, "row_count": 2}
        _insert(store, "core.feed", about | {"fetched_at": AS_OF, "checked_at": AS_OF, "state": "updated"})
    for cve, facts in VULNERABILITIES.items():
        origin = {"source": "by hand", "as_of_date": day, "cve_id": cve}
        _insert(store, "core.windows_kb_cve", {"feed": "windows", "kb_id": facts["patch"], **origin})
        if facts["epss"] is None:
            continue
        scored = {"epss_share": facts["epss"], "percentile_share": 0.9, "model_version": "v2025.03.14"}
        _insert(store, "core.epss", {"feed": "epss", **scored, "score_date": day, **origin})
        ssvc = {"ssvc_exploitation": facts["exploitation"], "ssvc_automatable": "yes", "ssvc_technical_impact": "total"}
        cvss = {"cvss_version": "3.1", "cvss_vector": facts["vector"], "cvss_score": facts["score"]}
        _insert(store, "core.cve_assessment", {"feed": "cvss", **cvss, **ssvc, **origin})
    listed = {"added_date": day - timedelta(days=30), "due_date": day, "is_ransomware": False}
    _insert(store, "core.kev", {"feed": "kev", "cve_id": "CVE-2026-0001", "source": "by hand", "as_of_date": day,
                                **listed})  # fmt: skip


def _window(store: duckdb.DuckDBPyConnection) -> None:
    """A weekly window that patches production and reboots; nothing patches the rest."""
    place = {"account_id": TEAM, "region": "eu-central-1", "window_id": "mw-1"}
    _insert(store, "core.observation", {"observation_id": 1, "snapshot_id": "20261102T060000Z", "account_id": TEAM,
            "region": "eu-central-1", "source": "ssm_maintenance_window", "observed_at": AS_OF})  # fmt: skip
    _insert(store, "core.maintenance_window", {**place, "window_name": "sunday", "schedule": "cron(0 2 ? * SUN *)",
            "schedule_timezone": "Europe/Berlin", "duration_hours": 3, "cutoff_hours": 1, "is_enabled": True,
            "next_execution_at": "2026-11-08T01:00Z"})  # fmt: skip
    _insert(store, "core.window_task", {**place, "window_task_id": "t-1", "task_arn": "AWS-RunPatchBaseline",
            "task_type": "RUN_COMMAND", "operation": "Install", "reboot_option": "RebootIfNeeded"})  # fmt: skip
    _insert(store, "core.window_selection", {**place, "window_task_id": "t-1", "selector": "1",
            "selector_key": "tag:Environment", "selector_value": "production"})  # fmt: skip

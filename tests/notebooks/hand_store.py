"""A small store from hand-made rows: two accounts that are read, one that is not, every coverage state met."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from patchlib.store import connect
from tests.estate import empty_store
from tests.handmade import writable

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
PATCHES = (("KB1", "Critical", 20), ("KB2", "Critical", 48), ("KB3", "Important", 48), ("KB4", "Low", 80))


def _insert(store: duckdb.DuckDBPyConnection, table: str, row: dict[str, Any]) -> None:
    writable(store, table)
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

"""Two weeks of a small estate by hand, with everything that `patchlib explain` tells of a node: a store and snapshots.

A Windows node of production, patched from Missing to waiting for a reboot; its twin in another account under the same
name; a node that is gone in the second week; a Linux node that says which vulnerabilities its patch fixes.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from tests import estate, snapshots
from tests.snapshots import ACCOUNT, OTHER, REGION, TAKEN

NODE, TWIN, GONE, LINUX = "i-0a01", "i-0a02", "i-0a03", "i-0a04"
BASELINE, WINDOW = "pb-0123456789abcdef0", "mw-0123456789abcdef0"
WEEK = timedelta(days=7)
PACKAGE = "bash.x86_64:0:4.2.46-35.amzn2"


def _instance(node_id: str, name: str, environment: str) -> dict[str, Any]:
    tags = {"Name": name, "Environment": environment, "Owner": "shop", "Patch Group": "web"}
    return {
        "InstanceId": node_id,
        "State": {"Name": "running"},
        "LaunchTime": "2026-01-01T00:00:00Z",
        "ImageId": "ami-1",
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
    }


def _managed(node_id: str, *, linux: bool = False) -> dict[str, Any]:
    system = ("Amazon Linux", "2") if linux else ("Microsoft Windows Server 2022 Datacenter", "10.0.20348")
    return {
        "InstanceId": node_id,
        "PingStatus": "Online",
        "ResourceType": "EC2Instance",
        "PlatformName": system[0],
        "PlatformVersion": system[1],
    }


def _scan(node_id: str, week: int, **counts: int) -> dict[str, Any]:
    ended = (TAKEN + week * WEEK - timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    times = {"Operation": "Scan", "OperationStartTime": ended, "OperationEndTime": ended}
    return {"InstanceId": node_id, "BaselineId": BASELINE, "PatchGroup": "web", **times, **counts}


def _of_account() -> dict[tuple[str, str, str], Any]:
    """What does not change between the weeks."""
    identity = {"BaselineId": BASELINE, "BaselineName": "own", "OperatingSystem": "WINDOWS", "DefaultBaseline": False}
    aws = f"arn:aws:ssm:{REGION}:075727635805:patchbaseline/pb-0fedcba9876543210"
    usual = {"BaselineId": aws, "BaselineName": "AWS-Default", "OperatingSystem": "WINDOWS", "DefaultBaseline": True}
    rule = {"ApproveAfterDays": 7, "PatchFilterGroup": {"PatchFilters": []}}
    detail = {"BaselineId": BASELINE, "Name": "own", "ApprovalRules": {"PatchRules": [rule]}}
    task = {"WindowId": WINDOW, "WindowTaskId": "t-1", "TaskArn": "AWS-RunPatchBaseline", "Type": "RUN_COMMAND"}
    selects = {"Targets": [{"Key": "tag:Patch Group", "Values": ["web"]}]}
    window = {
        "WindowId": WINDOW,
        "Name": "sunday",
        "Enabled": True,
        "Schedule": "cron(0 2 ? * SUN *)",
        "ScheduleTimezone": "Europe/Berlin",
    }
    install = {"TaskInvocationParameters": {"RunCommand": {"Parameters": {"Operation": ["Install"]}}}}
    released = {"Product": "WindowsServer2022", "Classification": "SecurityUpdates", "MsrcSeverity": "Critical"}
    listed = [
        {"Id": "a-1", "KbNumber": "KB5001", "ReleaseDate": "2026-10-13T17:00:00Z", "Title": "October", **released},
        {"Id": "a-2", "KbNumber": "KB5002", "ReleaseDate": "2026-10-27T17:00:00Z", "Title": "Preview", **released},
    ]
    return {
        (ACCOUNT, REGION, "organizations_account"): [
            {"Id": ACCOUNT, "Name": "shop", "State": "ACTIVE"},
            {"Id": OTHER, "Name": "staging", "State": "ACTIVE"},
        ],
        (ACCOUNT, REGION, "ssm_available_patch"): listed,
        (ACCOUNT, REGION, "ssm_patch_baseline"): [identity, usual],
        (ACCOUNT, REGION, "ssm_patch_baseline_detail"): {BASELINE: [detail]},
        (ACCOUNT, REGION, "ssm_patch_group"): [{"PatchGroup": "web", "BaselineIdentity": identity}],
        (ACCOUNT, REGION, "ssm_maintenance_window"): [window],
        (ACCOUNT, REGION, "ssm_window_task"): {WINDOW: [{**task, **selects}]},
        (ACCOUNT, REGION, "ssm_window_task_detail"): {f"{WINDOW} t-1": [{**task, **install}]},
    }


def _patch(reference: str, title: str, state: str, installed: str | None = None) -> dict[str, Any]:
    return snapshots.patch(reference, state, installed) | {"Title": title, "Classification": "SecurityUpdates"}


def week(number: int) -> dict[tuple[str, str, str], Any]:
    """The listings of the first (0) or the second (1) week."""
    first = number == 0
    installed = None if first else "2026-11-08T01:30:00Z"
    state = "Missing" if first else "InstalledPendingReboot"
    patches = {
        NODE: [_patch("KB5001", "October update", state, installed), _patch("KB5002", "October preview", "Missing")],
        LINUX: [{"Title": PACKAGE, "KBId": "bash.x86_64", "State": "Missing", "CVEIds": "CVE-2026-0001,CVE-2026-0002"}],
    }
    counts = {"MissingCount": 2} if first else {"MissingCount": 1, "InstalledPendingRebootCount": 1}
    here = [_instance(NODE, "web-1", "production"), _instance(LINUX, "batch", "production")]
    gone = [_instance(GONE, "web-0", "production")] if first else []
    inventory = {
        "Id": LINUX,
        "Data": {
            "AWS:Application": {
                "TypeName": "AWS:Application",
                "SchemaVersion": "1.1",
                "CaptureTime": "2026-11-01T00:00:00Z",
                "Content": [{"Name": "kernel-livepatch-5.10.1", "Version": "1.0"}],
            }
        },
    }
    caller = [{"Account": ACCOUNT, "Arn": "arn:aws:sts::x", "UserId": "A"}]
    return _of_account() | {
        (ACCOUNT, REGION, "sts_caller_identity"): caller,
        (ACCOUNT, REGION, "ec2_instance"): here + gone,
        (ACCOUNT, REGION, "ssm_managed_node"): [_managed(NODE), _managed(LINUX, linux=True)],
        (ACCOUNT, REGION, "ssm_patch_state"): [_scan(NODE, number, **counts), _scan(LINUX, number, MissingCount=1)],
        (ACCOUNT, REGION, "ssm_patch"): patches,
        (ACCOUNT, REGION, "ssm_inventory"): [inventory],
        (OTHER, REGION, "sts_caller_identity"): caller,
        (OTHER, REGION, "ec2_instance"): [_instance(TWIN, "web-1", "staging")],
        (OTHER, REGION, "ssm_managed_node"): [_managed(TWIN)],
    }


def build(folder: Path) -> Path:
    """The store `own.duckdb` in a folder, beside its snapshots in `snapshots/`."""
    taken = [snapshots.write(folder / "snapshots", TAKEN + number * WEEK, week(number)) for number in (0, 1)]
    return estate.loaded(folder / "own.duckdb", *taken)

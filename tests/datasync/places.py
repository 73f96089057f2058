"""Places to read from, made of a few texts by key: a folder, and a bucket behind the sandbox's endpoint."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import botocore.session
import orjson

from patchlib.aws import Reader
from patchlib.budget import RateBudget
from patchlib.datasync.extraction import extract_objects
from patchlib.datasync.objects import Bucket, Folder, Objects
from patchlib.manifest import CallerRecord, Manifest, open_snapshot
from patchlib.sandbox.endpoint import Endpoint, Organisation
from patchlib.sandbox.faults import Faults
from patchlib.sandbox.handlers import s3
from patchlib.sandbox.inprocess import attach
from patchlib.settings import Rates, Settings
from patchlib.sources import ALLOWED, BUCKET_READS
from tests.estate import Told

CALLER, OWNER = "210000000001", "210000000009"
ACCOUNT, OTHER, REGION = "210000000002", "210000000003", "eu-central-1"
TAKEN = datetime(2026, 11, 2, 6, tzinfo=UTC)
BUCKET = "central-inventory"
_MODIFIED = int(datetime(2026, 11, 2, 5, tzinfo=UTC).timestamp())


def key(kind: str, node_id: str, account_id: str = ACCOUNT, region: str = REGION) -> str:
    """The key of an object of Resource Data Sync."""
    return f"AWS:{kind}/accountid={account_id}/region={region}/resourcetype=ManagedInstanceInventory/{node_id}.json"


def lines(*rows: Mapping[str, object]) -> str:
    """Rows as JSON lines."""
    return "".join(orjson.dumps(row).decode() + "\n" for row in rows)


def node(node_id: str, account_id: str = ACCOUNT, missing: int = 1) -> dict[str, str]:
    """The objects of one node: what it is, its last scan, its patches, its tags."""
    own = {"resourceId": node_id, "captureTime": "2026-11-02T01:00:00Z"}
    counts = {"InstalledCount": "1", "MissingCount": str(missing), "FailedCount": "0"}
    ended = {"OperationType": "Scan", "OperationEndTime": "2026-11-02T01:00:00Z"}
    began = {"ComplianceType": "Patch", "ExecutionTime": "2026-11-02T00:59:00Z", "Classification": "Security"}
    patches = [own | began | {"Id": "a.x86_64", "Title": "a", "Status": "COMPLIANT", "PatchState": "Installed"}]
    patches += [
        own | began | {"Id": f"m{n}.x86_64", "Title": f"m{n}", "Status": "NON_COMPLIANT", "PatchState": "Missing"}
        for n in range(missing)
    ]
    about = {
        "InstanceStatus": "Active",
        "PlatformType": "Linux",
        "PlatformName": "Amazon Linux",
        "PlatformVersion": "2",
    }
    return {
        key("InstanceInformation", node_id, account_id): lines(own | about),
        key("PatchSummary", node_id, account_id): lines(own | counts | ended),
        key("ComplianceItem", node_id, account_id): lines(*patches),
        key("Tag", node_id, account_id): lines(own | {"Key": "Owner", "Value": "team-a"}),
    }


def folder_of(path: Path, texts: Mapping[str, str | bytes]) -> Folder:
    """The texts as files below a folder."""
    path.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists() or file.read_bytes() != _bytes(text):
            file.write_bytes(_bytes(text))
            os.utime(file, (_MODIFIED, _MODIFIED))
    return Folder(path)


def endpoint_of(
    texts: Mapping[str, str | bytes], faults: Faults | None = None, organisation: Organisation | None = None
) -> Endpoint:
    """The sandbox's endpoint over one bucket that holds the texts."""
    found = [s3.Object(f"ssm/{name}", _bytes(text), _MODIFIED) for name, text in texts.items()]
    bucket = s3.Bucket(BUCKET, OWNER, frozenset({CALLER}), lambda: found)
    served = {("s3", operation): handler for operation, handler in s3.serving(lambda: {BUCKET: bucket}).items()}
    return Endpoint(served, as_of=TAKEN, faults=faults, organisation=organisation, sleep=lambda _seconds: None)


def bucket_of(endpoint: Endpoint, owner: str = OWNER) -> Bucket:
    """The bucket as the caller's reader sees it."""
    session = botocore.session.Session()
    session.set_credentials(f"AKIA{CALLER}TEST", "x")
    session.set_config_variable("region", REGION)
    attach(session, endpoint)
    budget = RateBudget(Rates(default=1e9, burst=1000), sleep=lambda _seconds: None)
    reader = Reader(Settings(), ALLOWED | BUCKET_READS, session=session, budget=budget)
    return Bucket(reader, BUCKET, "ssm/", owner)


def manifest_of() -> Manifest:
    """Who asks, and when."""
    caller = CallerRecord(account_id=CALLER, arn="arn:aws:iam::210000000001:role/Reader")
    return Manifest(snapshot_id="", taken_at=TAKEN, endpoint=None, is_aws=False, caller=caller)


def take(
    objects: Objects,
    folder: Path,
    *,
    base: str | None = None,
    before: str | None = None,
    resume: str | None = None,
    stop_after: int | None = None,
) -> Path:
    """One snapshot of a place; stop_after: cut it short after so many ledger rows, as a kill would."""
    return extract_objects(
        objects,
        folder,
        manifest_of(),
        progress=Told(stop_after),
        threads=2,
        base=base,
        before=before,
        resume=resume,
        clock=lambda: 0.0,
    )


def states(snapshot: Path, account_id: str = ACCOUNT) -> dict[str, str]:
    """Ledger states of one account by source."""
    cells = open_snapshot(snapshot).cells
    return {cell.source: cell.state for cell in cells if cell.account_id == account_id}


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text

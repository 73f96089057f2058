"""Snapshots written by hand, in the form that extraction writes: what loading is tested on.

    write(folder, TAKEN, {(ACCOUNT, REGION, "ssm_managed_node"): [{"InstanceId": "i-1"}]})

A listing is a list of rows, a ledger state such as "denied", or `Listing` for more. Rows of a per-item source
are a mapping from item to rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from patchlib.settings import Exclusion
from patchlib.snapshot import CallerRecord, CellRecord, CellState, Manifest, Page, SnapshotWriter
from patchlib.sources import Source, source

ACCOUNT, OTHER, REGION = "210000000001", "210000000002", "eu-central-1"
TAKEN = datetime(2026, 11, 2, 6, tzinfo=UTC)

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Listing:
    """What one source answered in one cell; items: rows by item, for a per-item source."""

    rows: Rows = ()
    state: CellState | None = None
    items: Mapping[str, Rows] = field(default_factory=dict)
    unread_items: Mapping[str, Rows] = field(default_factory=dict)


Listings = Mapping[tuple[str, str, str], Listing | Rows | Mapping[str, Rows] | str]


def write(
    folder: Path,
    taken_at: datetime,
    listings: Listings,
    *,
    is_aws: bool = False,
    is_finished: bool = True,
    exclusions: Sequence[Exclusion] = (),
    service_tags: Sequence[str] = (),
) -> Path:
    """A snapshot's folder under `folder`, named by its instant."""
    caller = CallerRecord(account_id=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:role/Reader")
    manifest = Manifest(
        snapshot_id="",
        taken_at=taken_at,
        endpoint=None if is_aws else "http://127.0.0.1:1",
        is_aws=is_aws,
        caller=caller,
        organization_id="o-sandbox0001",
        exclusions=tuple(exclusions),
        settings={"service_tags": list(service_tags)},
    )
    writer = SnapshotWriter.create(folder, manifest)
    cells = [_cell(writer, key, _listing(found), taken_at) for key, found in listings.items()]
    return writer.finish(cells) if is_finished else writer.folder


def _listing(found: Listing | Rows | Mapping[str, Rows] | str) -> Listing:
    if isinstance(found, Listing):
        return found
    if isinstance(found, str):
        return Listing(state=found)  # type: ignore[arg-type]
    return Listing(items=found) if isinstance(found, Mapping) else Listing(rows=found)


def _cell(writer: SnapshotWriter, key: tuple[str, str, str], listing: Listing, taken_at: datetime) -> CellRecord:
    account_id, region, name = key
    of = source(name)
    file = writer.cell_file(account_id, region, name)
    per_item = of.unit == "item"
    parts = {**listing.items, **listing.unread_items} if per_item else {None: listing.rows}
    count = sum(map(len, parts.values()))
    state = listing.state or ("ok" if count else "empty")
    if state not in {"denied", "skipped"}:
        for number, (item, rows) in enumerate(parts.items()):
            file.append(_page(of, account_id, region, number, item, rows))
    checksum = file.checksum()
    return CellRecord(
        account_id=account_id,
        region=region,
        source=name,
        service=of.service,
        operation=of.operation,
        state=state,
        pages=len(parts) if checksum else 0,
        items=count,
        observed_at=taken_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        file=file.relative if checksum else None,
        bytes=checksum[0] if checksum else 0,
        sha256=checksum[1] if checksum else None,
        read_items=tuple(listing.items) if per_item else None,
    )


def _page(of: Source, account_id: str, region: str, number: int, item: str | None, rows: Rows) -> Page:
    request = dict.fromkeys(of.request_columns.values(), item) if item else {}
    return Page(
        account_id=account_id,
        region=region,
        source=of.name,
        operation=of.operation,
        page=number,
        item=item,
        request=request,
        response=answer(of, rows),
    )


def answer(of: Source, rows: Rows) -> dict[str, Any]:
    """The rows in the form of the operation's output."""
    steps = [step for step in of.items.split(".") if step]
    if not steps:
        return dict(rows[0]) if rows else {}
    found: Any = list(rows) if steps[-1].endswith("[]") else rows[0]
    found = {steps[-1].removesuffix("[]"): found}
    for step in reversed(steps[:-1]):
        found = {step.removesuffix("[]"): [found] if step.endswith("[]") else found}
    return dict(found)


def estate(patches: Mapping[str, Rows], *, account_id: str = ACCOUNT) -> dict[tuple[str, str, str], Any]:
    """Listings of one cell whose managed nodes report these patches."""
    nodes = [{"InstanceId": node_id} for node_id in patches]
    instances = [{**row, "State": {"Name": "running"}} for row in nodes]
    return {
        (account_id, REGION, "sts_caller_identity"): [{"Account": account_id, "Arn": "arn:aws:sts::x", "UserId": "A"}],
        (account_id, REGION, "ec2_instance"): instances,
        (account_id, REGION, "ssm_managed_node"): [{**row, "PingStatus": "Online"} for row in nodes],
        (account_id, REGION, "ssm_patch_state"): nodes,
        (account_id, REGION, "ssm_patch"): patches,
    }


def patch(reference: str, state: str = "Missing", installed: str | None = None) -> dict[str, Any]:
    """One patch row of a Windows node."""
    row = {"Title": f"Update {reference}", "KBId": reference, "Severity": "Critical", "State": state}
    return row | ({"InstalledTime": installed} if installed else {})

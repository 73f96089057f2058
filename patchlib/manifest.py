"""What a snapshot says of itself: what was asked, what came, what failed, by whom, of which endpoint."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import orjson
import pydantic

from patchlib import __version__
from patchlib.errors import SnapshotInvalid
from patchlib.settings import Exclusion

__all__ = [
    "ANSWERED",
    "FORMAT",
    "CallerRecord",
    "CellRecord",
    "CellState",
    "InputRecord",
    "Manifest",
    "Record",
    "open_snapshot",
]

FORMAT = 3
CellState = Literal[
    "ok",
    "empty",
    "kept",
    "absent",
    "removed",
    "partial",
    "denied",
    "denied_by_organization",
    "role_missing",
    "not_subscribed",
    "disabled",
    "closed",
    "throttled",
    "suspended",
    "skipped",
    "error",
]
# States in which nothing is left to ask: answered in full, by this run or by its base, or there no more.
ANSWERED: frozenset[CellState] = frozenset({"ok", "empty", "kept", "absent", "removed"})


class Record(pydantic.BaseModel):
    """What a snapshot keeps is exact: no unknown field, nothing changed later."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class CellRecord(Record):
    """One row of the coverage ledger: one source in one account and Region.

    items: rows received. calls: requests sent, retries apart. seconds: time spent [s].
    read_items: for per-item sources, the items read completely; None for others.
    kept_items: for per-item sources, the items whose detail stands as the base snapshot (or its base) holds it.
    kept_file, kept_sha256: pages of kept items that a next run needs, taken over from the base; None where none does.
    complete_to: for watermarks, the instant up to which everything is held, by this run or an earlier one.
    open_since: for watermarks, when the oldest row began that had not ended; None where all had.
    rate: calls a second that the budget had learnt by the end; None when it had nothing to learn [1/s].
    throttles: answers that were a throttle, healed or not [requests].
    refusal: where some of it came, the state of what somebody must lift before the rest can; None where nobody must.
    note: what a reader of this row must know although nothing failed.
    """

    account_id: str
    region: str
    source: str
    service: str
    operation: str
    state: CellState
    pages: int = 0
    items: int = 0
    calls: int = 0
    retries: int = 0
    seconds: float = 0.0
    error_code: str | None = None
    error_message: str | None = None
    observed_at: str | None = None
    file: str | None = None
    bytes: int = 0
    sha256: str | None = None
    read_items: tuple[str, ...] | None = None
    kept_items: tuple[str, ...] | None = None
    kept_file: str | None = None
    kept_sha256: str | None = None
    complete_to: str | None = None
    open_since: str | None = None
    rate: float | None = None
    throttles: int = 0
    refusal: CellState | None = None
    note: str | None = None


class CallerRecord(Record):
    """Who asked."""

    account_id: str
    arn: str

    @property
    def principal(self) -> tuple[str, str]:
        """Account and role or user: the name of a role's session may be another each time that one signs in."""
        return self.account_id, self.arn.rpartition("/")[0] if ":assumed-role/" in self.arn else self.arn


class InputRecord(Record):
    """Where objects were read from, when not from the accounts themselves.

    bucket: of Amazon S3; None for a folder, which `prefix` then names. prefix: what every key begins with.
    owner: the account that S3 confirmed to own the bucket; None for a folder.
    """

    bucket: str | None
    prefix: str
    owner: str | None

    @property
    def address(self) -> str:
        """As one would type it: `s3://BUCKET/PREFIX`, or the folder's path."""
        return f"s3://{self.bucket}/{self.prefix}" if self.bucket else self.prefix


class Manifest(Record):
    """What a snapshot holds. taken_at: the endpoint's own time at the first answer [UTC].

    inputs: buckets or folders it was read from; the rows then belong to the accounts that the objects name.
    """

    format: int = FORMAT
    snapshot_id: str
    tool_version: str = __version__
    taken_at: datetime
    finished: bool = False
    endpoint: str | None
    is_aws: bool
    caller: CallerRecord
    organization_id: str | None = None
    base_snapshot: str | None = None
    inputs: tuple[InputRecord, ...] = ()
    settings: dict[str, Any] = {}
    exclusions: tuple[Exclusion, ...] = ()
    dropped_fields: tuple[str, ...] = ()
    cells: tuple[CellRecord, ...] = ()


def open_snapshot(folder: Path) -> Manifest:
    """The manifest of a snapshot; SnapshotInvalid when it is missing, damaged or newer than this code."""
    path = folder / "manifest.json"
    step = "Choose a folder under data/local/snapshots, or take a new snapshot with `patchlib extract`."
    try:
        raw = orjson.loads(path.read_bytes())
    except OSError as error:
        raise SnapshotInvalid(f"no snapshot here: {error.strerror}", where=str(path), next_step=step) from error
    except orjson.JSONDecodeError as error:
        raise SnapshotInvalid(f"the manifest is damaged: {error}", where=str(path), next_step=step) from error
    if isinstance(raw, dict) and raw.get("format", 0) > FORMAT:
        raise SnapshotInvalid(
            f"the snapshot has format {raw['format']}, this patchlib reads {FORMAT}",
            where=str(path),
            next_step="Use the newer patchlib that wrote it.",
        )
    try:
        return Manifest.model_validate(raw)
    except pydantic.ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(map(str, fault["loc"]))
        raise SnapshotInvalid(
            f"the manifest is damaged: {place}: {fault['msg']}", where=str(path), next_step=step
        ) from error

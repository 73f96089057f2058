"""What `patchlib extract --data-sync` does: rooms put together, nothing computed here.

Imports are inside the functions, because `patchlib --help` must not wait for boto3.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from patchlib import paths
from patchlib.errors import SettingInvalid, StoreRefused
from patchlib.opening import sole_extraction, tell_ended

if TYPE_CHECKING:
    from patchlib.datasync.objects import Objects
    from patchlib.datasync.planning import PlannedKind
    from patchlib.manifest import InputRecord, Manifest
    from patchlib.settings import Settings

__all__ = ["Place", "plan_objects", "sync_and_load"]

# Amazon S3 answers at least 5,500 GET and HEAD requests a second per prefix; a tenth of it is left to one reader.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html (read 2026-11-25)
_S3_RATE = 550.0


@dataclass(frozen=True)
class Place:
    """Where objects are, as the command line names it.

    url:   `s3://BUCKET/PREFIX`, else the path of a folder.
    owner: account that must own the bucket; "" is the caller's own.
    now:   the instant of a snapshot of a folder, which has no clock of its own [UTC].
    is_sandbox: the sandbox's own bucket is read, into the sandbox's store unless another is named.

    Raises SettingInvalid for an empty url, and for a folder of the sandbox, which holds none.
    """

    url: str
    owner: str
    now: datetime
    is_sandbox: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be meant before anything is started for it."""
        if not self.url.strip():
            step = "Write s3://BUCKET/PREFIX or the path of a folder."
            raise SettingInvalid("--data-sync names no place", next_step=step)
        if self.is_sandbox and not self.url.startswith("s3://"):
            step = "Leave --sandbox out, and name a store with --store."
            raise SettingInvalid("the sandbox holds buckets, and this is a folder", where=self.url, next_step=step)

    @property
    def store(self) -> Path:
        """Where it goes when no store is named."""
        return paths.DEMO_STORE if self.is_sandbox else paths.REAL_STORE


def sync_and_load(
    place: Place,
    settings_path: Path | None,
    store: Path | None,
    *,
    resume: str | None = None,
    is_full: bool = False,
    folder: Path = paths.SNAPSHOTS,
) -> Path:
    """Read changed objects into a snapshot and load it; returns the snapshot's path.

    It builds on the store's latest snapshot of the same place, where that still lies in the folder, unless is_full.
    Raises StoreRefused before the first object for what the store of the real estate does not take, StoreLocked where
    another extraction into the store is under way.
    """
    from patchlib.datasync.extraction import extract_objects
    from patchlib.load import load
    from patchlib.progress import ExtractionBar

    settings = _settings(settings_path, place)
    objects, manifest = _opened(place, settings)
    target = store or place.store
    _refuse_foreign(manifest, target)
    tell_ended(settings, manifest.taken_at)
    with sole_extraction(target, place.now):
        before = _base(target, folder, objects.record)
        with ExtractionBar() as bar:
            snapshot = extract_objects(
                objects,
                folder,
                manifest,
                progress=bar,
                threads=settings.threads,
                base=None if is_full or resume else before,
                before=before,
                resume=resume,
            )
        for line in load([snapshot], target):
            if sys.stderr.isatty():
                sys.stderr.write(f"{line}\n")
        sys.stderr.write(f"patchlib: loaded into {target}\n")
        return snapshot


def plan_objects(
    place: Place, settings_path: Path | None, store: Path | None, *, folder: Path = paths.SNAPSHOTS
) -> Sequence[PlannedKind]:
    """What reading the place would take, by kind of object, after listing it."""
    from patchlib.datasync.planning import held_by, make_plan, planned_kinds

    objects, _ = _opened(place, _settings(settings_path, place))
    base = _base(store or place.store, folder, objects.record)
    return planned_kinds(make_plan(objects, held_by(folder / base) if base else {}), objects.record)


def _settings(path: Path | None, place: Place) -> Settings:
    """The settings, with a rate for S3 where they name none: it bears far more than the services' own APIs."""
    from patchlib.settings import load_settings

    if path is None and place.is_sandbox:
        path = paths.sandbox_settings()
    elif path is None and paths.SETTINGS_FILE.exists():
        path = paths.SETTINGS_FILE
    settings = load_settings(path)
    operations = {"s3:ListObjectsV2": _S3_RATE, "s3:GetObject": _S3_RATE} | settings.rates.operations
    return settings.model_copy(update={"rates": settings.rates.model_copy(update={"operations": operations})})


def _opened(place: Place, settings: Settings) -> tuple[Objects, Manifest]:
    """The place, and what a snapshot of it says of who asked, and when."""
    from patchlib.aws import Reader
    from patchlib.datasync.objects import Bucket, Folder, bucket_of
    from patchlib.manifest import CallerRecord, Manifest
    from patchlib.sources import ALLOWED, BUCKET_READS

    if place.owner and not (len(place.owner) == 12 and place.owner.isdecimal()):
        step = "Give the twelve digits of the account that owns the bucket."
        raise SettingInvalid("the bucket's owner is no account id", where=place.owner, next_step=step)
    told = {"snapshot_id": "", "settings": settings.public(), "exclusions": settings.exclusions}
    named = bucket_of(place.url)
    if named is None:
        if place.owner:
            raise SettingInvalid("a folder has no owner", where=place.url, next_step="Leave --bucket-owner out.")
        nobody = CallerRecord(account_id="", arn="folder")
        manifest = Manifest(taken_at=place.now, endpoint=None, is_aws=False, caller=nobody, **told)
        return Folder(Path(place.url)), manifest
    reader = Reader(settings, ALLOWED | BUCKET_READS)
    caller = reader.caller()
    manifest = Manifest(
        taken_at=caller.answered_at,
        endpoint=caller.endpoint,
        is_aws=caller.is_aws,
        caller=CallerRecord(account_id=caller.account_id, arn=caller.arn),
        **told,
    )
    return Bucket(reader, *named, place.owner or caller.account_id), manifest


def _refuse_foreign(manifest: Manifest, target: Path) -> None:
    if target.resolve() == paths.REAL_STORE.resolve() and not manifest.is_aws:
        raise StoreRefused(
            f"{manifest.endpoint or 'a folder'} is not AWS, and this is the store of the real estate",
            where=str(target),
            next_step="Name another store with --store.",
        )


def _base(store: Path, folder: Path, place: InputRecord) -> str | None:
    """The store's latest snapshot of the same place, if its pages are still there; None otherwise."""
    from patchlib.store import connect

    if not store.exists():
        return None
    with connect(store, read_only=True) as connection:
        # A store written before there were such snapshots has no column for their place.
        taken = connection.execute("select * from core.snapshot order by taken_at desc, snapshot_id desc")
        names = [column[0] for column in taken.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in taken.fetchall()]
    named = next((row["snapshot_id"] for row in rows if row.get("inputs") == place.address), None)
    return named if named and (folder / named / "manifest.json").exists() else None

"""Snapshots: pages as they came, and a manifest that says what was asked, what came and what failed.

    <folder>/manifest.json                       written when the run starts and replaced when it ends
    <folder>/journal.jsonl                       one line per finished cell: what --resume trusts
    <folder>/pages/<account>/<region>/<source>.jsonl.gz
    <folder>/pages/<account>/<region>/<source>.kept.jsonl.gz    what the base holds and a next run needs

A page is one gzip member holding one JSON line, so a killed run loses at most the page being written,
and a reader that cuts back to the last whole member has only whole pages. Everything to the right of a
snapshot is deterministic and works offline. Files are readable by their owner only.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import IO, Any

import orjson

from patchlib.errors import SnapshotIncomplete, SnapshotInvalid
from patchlib.manifest import (
    ANSWERED,
    FORMAT,
    CallerRecord,
    CellRecord,
    CellState,
    Manifest,
    Record,
    open_snapshot,
)

__all__ = [
    "ANSWERED",
    "FORMAT",
    "CallerRecord",
    "CellFile",
    "CellRecord",
    "CellState",
    "Manifest",
    "Page",
    "SnapshotWriter",
    "open_snapshot",
    "read_pages",
]

# Compressed bytes inflated at once: about a page.
_PIECE = 16 * 1024


class Page(Record):
    """One page: the request behind it and the answer in the operation's output shape.

    attempt: of an item that was asked again in the same run, only the pages of the last attempt count.
    """

    account_id: str
    region: str
    source: str
    operation: str
    page: int
    item: str | None
    attempt: int = 0
    request: dict[str, Any]
    response: dict[str, Any]


def _private_folder(path: Path) -> None:
    """The folder and what is missing above it, open to the owner only (mkdir's mode reaches only the last)."""
    if path.is_dir():  # nearly always: a run opens hundreds of files in the folders of its cells
        return
    for folder in (*reversed(path.parents), path):
        folder.mkdir(exist_ok=True, mode=0o700)


@contextmanager
def _writing(path: Path, mode: int) -> Iterator[IO[bytes]]:
    """A file of the snapshot to append to or to write anew, open to the owner only."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | mode, 0o600), "wb") as file:
            yield file
    except OSError as error:
        raise SnapshotIncomplete(
            f"the snapshot cannot be written: {error.strerror}",
            where=str(path),
            next_step="Make room or mend its rights, then go on with `patchlib extract --resume` and its id.",
        ) from error


def read_pages(path: Path) -> Iterator[tuple[Page, int]]:
    """Whole pages of a file, each with the offset just after it [bytes]; stops before a torn member.

    One page is in memory at a time, however long the file.
    """
    with path.open("rb") as file:
        offset, ahead = 0, b""
        while True:
            inflate, line, taken = zlib.decompressobj(wbits=31), bytearray(), 0
            try:
                while not inflate.eof:
                    piece = ahead or file.read(_PIECE)
                    ahead = b""
                    if not piece:
                        return
                    line += inflate.decompress(piece)
                    taken += len(piece)
            except zlib.error:
                return
            ahead = inflate.unused_data
            offset += taken - len(ahead)
            yield Page.model_validate(orjson.loads(line)), offset


class CellFile:
    """Pages of one cell's source, appended as they come."""

    def __init__(self, path: Path) -> None:
        self.path = path
        _private_folder(path.parent)

    def whole_pages(self) -> Iterator[Page]:
        """Pages already on disk, one at a time; at the end a torn last member is cut off."""
        if not self.path.exists():
            return
        whole = 0
        for page, end in read_pages(self.path):
            whole = end
            yield page
        if whole < self.path.stat().st_size:
            os.truncate(self.path, whole)

    def pages(self) -> Iterator[Page]:
        """The pages of a finished file as it lies: nothing of it is cut."""
        return (page for page, _ in read_pages(self.path)) if self.path.exists() else iter(())

    def keep(self, pages: Iterable[Page]) -> None:
        """Forget every page but these, which may come from this file."""
        kept = CellFile(self.path.with_name(f"{self.path.name}.new"))
        kept.path.unlink(missing_ok=True)
        try:
            for page in pages:
                kept.append(page)
            if kept.path.exists():
                kept.path.replace(self.path)
            else:
                self.path.unlink(missing_ok=True)
        finally:
            kept.path.unlink(missing_ok=True)

    @property
    def relative(self) -> str:
        """The path as the manifest names it, from the snapshot's folder."""
        return "/".join(self.path.parts[-4:])

    def append(self, page: Page) -> None:
        """Write one page as one gzip member."""
        deflate = zlib.compressobj(level=6, wbits=31)
        member = (
            deflate.compress(orjson.dumps(page.model_dump(), default=_plain, option=orjson.OPT_SORT_KEYS) + b"\n")
            + deflate.flush()
        )
        with _writing(self.path, os.O_APPEND) as file:
            file.write(member)

    def checksum(self) -> tuple[int, str] | None:
        """(size [bytes], SHA-256) of the file, or None when no page came."""
        if not self.path.exists():
            return None
        with self.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return file.tell(), digest


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    raise TypeError(f"{type(value).__name__} in a page")


class SnapshotWriter:
    """A snapshot being taken: appends pages and journal lines; `finish` makes it loadable.

    It holds a lock on the folder until it is closed: pages of two runs must never meet in one file.
    """

    manifest: Manifest

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock: int | None = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.close()
            raise SnapshotIncomplete(
                "another process is writing this snapshot", where=str(folder), next_step="Wait until it ends."
            ) from error

    def close(self) -> None:
        """Let another run go on with this snapshot."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @classmethod
    def create(cls, parent: Path, manifest: Manifest) -> SnapshotWriter:
        """Start a snapshot in a new folder named by the instant it is taken; a second one that instant gets `-2`."""
        stem = manifest.taken_at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        _private_folder(parent)
        number = 1
        while True:
            name = stem if number == 1 else f"{stem}-{number}"
            try:
                (parent / name).mkdir(mode=0o700)
                break
            except FileExistsError:
                number += 1
        writer = cls(parent / name)
        writer.manifest = manifest.model_copy(update={"snapshot_id": name})
        writer._write_manifest()
        return writer

    @classmethod
    def reopen(cls, folder: Path) -> tuple[SnapshotWriter, list[CellRecord]]:
        """A snapshot that was cut short, with the cells it had finished."""
        open_snapshot(folder)
        writer = cls(folder)
        writer.manifest = open_snapshot(folder)
        if writer.manifest.finished:
            writer.close()
            raise SnapshotInvalid(
                "this snapshot is finished; there is nothing to resume",
                where=str(folder),
                next_step="Load it with `patchlib load`.",
            )
        return writer, _mend_journal(folder / "journal.jsonl")

    def cell_file(self, account_id: str, region: str, source: str) -> CellFile:
        """The page file of one cell's source."""
        return CellFile(self.folder / "pages" / account_id / region / f"{source}.jsonl.gz")

    def kept_file(self, account_id: str, region: str, source: str) -> CellFile:
        """Pages of one cell's source that were taken over from the base, because nobody asked for them again."""
        return CellFile(self.folder / "pages" / account_id / region / f"{source}.kept.jsonl.gz")

    def record(self, record: CellRecord) -> None:
        """Journal a finished cell; after this line a killed run need not repeat it."""
        with _writing(self.folder / "journal.jsonl", os.O_APPEND) as file:
            file.write(orjson.dumps(record.model_dump()) + b"\n")

    def update(self, **facts: Any) -> None:
        """Set facts learnt during the run, such as the organisation's id."""
        self.manifest = self.manifest.model_copy(update=facts)
        self._write_manifest()

    def finish(self, cells: list[CellRecord]) -> Path:
        """Write the final manifest; from here on the snapshot is never changed."""
        ordered = sorted(cells, key=lambda cell: (cell.account_id, cell.region, cell.source))
        self.update(finished=True, cells=tuple(ordered))
        self.close()
        return self.folder

    def _write_manifest(self) -> None:
        text = orjson.dumps(self.manifest.model_dump(mode="json"), option=orjson.OPT_INDENT_2)
        aside = self.folder / "manifest.json.new"
        with _writing(aside, os.O_TRUNC) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(self.folder / "manifest.json")


def _mend_journal(path: Path) -> list[CellRecord]:
    """The cells of whole lines; what a kill tore off is cut away, so that the next line stands by itself."""
    if not path.exists():
        return []
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    os.truncate(path, len(whole))
    return [CellRecord.model_validate(orjson.loads(line)) for line in whole.splitlines()]

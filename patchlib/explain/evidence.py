"""What stands behind a value: the observation, and the very row of the snapshot's page file that told it.

A store's row knows its observation (snapshot, source, account, Region, item); the row itself is found again by its
key in the page file. Nothing of it is rebuilt: what is printed is what AWS answered, or the reason why it is not at
hand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from patchlib.errors import SnapshotInvalid
from patchlib.manifest import Manifest, open_snapshot
from patchlib.snapshot import Page, read_pages
from patchlib.sources import is_source, source
from patchlib.sources.declaration import steps

__all__ = ["Evidence", "Files", "Observation", "Taken"]

Match = Mapping[str, Any]


@dataclass(frozen=True)
class Observation:
    """One answer that was read: core.observation. observed_at: naive UTC."""

    snapshot_id: str
    source: str
    account_id: str
    region: str
    item: str | None
    observed_at: datetime

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Observation:
        """From a row of a query of queries/explain/, as plain values."""
        return cls(
            snapshot_id=row["snapshot_id"],
            source=row["source"],
            account_id=row["seen_account_id"],
            region=row["seen_region"],
            item=row["item"],
            observed_at=row["observed_at"],
        )

    @property
    def operation(self) -> str:
        """`ssm:DescribeInstancePatches`; the source's name where the catalogue no longer has it."""
        if not is_source(self.source):
            return self.source
        found = source(self.source)
        return f"{found.service}:{found.operation}"


@dataclass(frozen=True)
class Taken:
    """A snapshot as the store knows it: a folder of the same name may be another's. taken_at: naive UTC."""

    taken_at: datetime
    caller_account_id: str


@dataclass
class Evidence:
    """One row of one page.

    file: under the snapshot's folder. line: of the unpacked file, from 1. page: as the extraction counted, from 0.
    path: of the row in the answer. members: those that the values rest on. missing: why there is no row; "" when found.
    """

    number: int
    observation: Observation
    match: Match
    wanted: list[str]
    file: str = ""
    line: int | None = None
    page: int | None = None
    path: str = ""
    members: Any = None
    missing: str = "not looked for"
    folder: str = ""


@dataclass
class Files:
    """Every row that is cited, each once, and where it lies.

    folders: where snapshots may be. taken: the store's snapshots by id.
    """

    folders: Sequence[Path]
    taken: Mapping[str, Taken]
    cited: list[Evidence] = field(default_factory=list)

    def cite(self, observation: Observation, match: Match, members: Sequence[str] = ()) -> int:
        """The number of a row, from 1; members: of the row, by name, that the value rests on (none: all of them).

        match: members of the row, dotted where one lies within another, with the value that each has, or a tuple of
        those it may have.
        """
        for known in self.cited:
            if known.observation == observation and known.match == match:
                known.wanted += [name for name in members if name not in known.wanted]
                return known.number
        self.cited.append(Evidence(len(self.cited) + 1, observation, match, list(members)))
        return len(self.cited)

    def rows_of(self, observation: Observation) -> list[Mapping[str, Any]]:
        """Every row that one observation of an item told; none where its snapshot is not at hand."""
        folder, _ = self._folder(observation.snapshot_id)
        place = f"pages/{observation.account_id}/{observation.region}/{observation.source}.jsonl.gz"
        if folder is None or not (folder / place).exists():
            return []
        pages = [page for page, _ in read_pages(folder / place) if page.item == observation.item]
        last = max((page.attempt for page in pages), default=0)
        return [row for page in pages if page.attempt == last for _, row in _rows(page)]

    def find(self) -> None:
        """Look all of them up: each page file is read once, from its begin to its end."""
        files: dict[tuple[str, str, str, str], list[Evidence]] = {}
        for each in self.cited:
            seen = each.observation
            files.setdefault((seen.snapshot_id, seen.account_id, seen.region, seen.source), []).append(each)
        for (snapshot_id, account_id, region, name), wanted in files.items():
            folder, why = self._folder(snapshot_id)
            if folder is None:
                _missing(wanted, why)
                continue
            manifest = open_snapshot(folder)
            place = f"pages/{account_id}/{region}/{name}"
            _missing(wanted, f"snapshot {snapshot_id} holds no page of {name} there")
            for relative in (f"{place}.kept.jsonl.gz", f"{place}.jsonl.gz"):
                if (folder / relative).exists():
                    _search(folder, relative, manifest, wanted)

    def _folder(self, snapshot_id: str) -> tuple[Path | None, str]:
        why = f"snapshot not at hand: {snapshot_id}"
        for parent in self.folders:
            if not (parent / snapshot_id / "manifest.json").exists():
                continue
            try:
                manifest = open_snapshot(parent / snapshot_id)
            except SnapshotInvalid as error:
                why = str(error)
                continue
            found = Taken(manifest.taken_at.astimezone(UTC).replace(tzinfo=None), manifest.caller.account_id)
            if found == self.taken.get(snapshot_id):
                return parent / snapshot_id, ""
            why = f"snapshot not at hand: {snapshot_id} (the folder {parent / snapshot_id} is of another estate)"
        return None, why


def _missing(wanted: Sequence[Evidence], why: str) -> None:
    for each in wanted:
        each.missing = why


def _search(folder: Path, relative: str, manifest: Manifest, wanted: Sequence[Evidence]) -> None:
    """Take what comes last, as loading does: of an item that was asked twice, of a row on two pages."""
    sums = {cell.file: cell.sha256 for cell in manifest.cells} | {
        cell.kept_file: cell.kept_sha256 for cell in manifest.cells if cell.kept_file
    }
    with (folder / relative).open("rb") as file:
        if sums.get(relative) not in {None, hashlib.file_digest(file, "sha256").hexdigest()}:
            _missing(wanted, f"{relative} does not fit its checksum: it is not what was loaded")
            return
    for line, (page, _) in enumerate(read_pages(folder / relative), start=1):
        asked = [each for each in wanted if each.observation.item in {None, page.item}]
        for path, row in _rows(page) if asked else ():
            for each in asked:
                if _fits(row, each.match):
                    each.file, each.line, each.page, each.path = relative, line, page.page, path
                    each.members, each.missing, each.folder = _members(row, each.wanted), "", str(folder)
    for each in wanted:
        if each.missing:
            each.missing = f"no row of {relative} is it"


def _rows(page: Page) -> Iterator[tuple[str, Any]]:
    """Each row of a page with its path in the answer."""
    found: list[tuple[str, Any]] = [("response", page.response)]
    for step in steps(source(page.source).items):
        name, is_list = step.removesuffix("[]"), step.endswith("[]")
        inner = [(f"{path}.{name}", row.get(name)) for path, row in found if isinstance(row, Mapping)]
        found = []
        for path, rows in inner:
            if is_list:
                found += [(f"{path}[{number}]", row) for number, row in enumerate(rows or [])]
            elif rows is not None:
                found.append((path, rows))
    return iter(found)


def _fits(row: Any, match: Match) -> bool:
    for name, wanted in match.items():
        found = row
        for part in name.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        # An empty text and an absent member are the same to the store, and an ARN is what its last part names.
        plain = found.rpartition("/")[2] if str(found).startswith("arn:") else found or None
        choices = wanted if isinstance(wanted, tuple) else (wanted,)
        if plain not in choices and found not in choices:
            return False
    return True


def _members(row: Any, wanted: Sequence[str]) -> Any:
    if not wanted or not isinstance(row, Mapping):
        return row
    return {name: row[name] for name in wanted if name in row}

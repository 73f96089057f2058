"""Where a feed's file is had: its official address, a folder, or an address that stands for one.

A folder or prefix may hold `SHA256SUMS`, as sha256sum writes it; then every file taken from there must fit it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from patchlib.errors import FeedInvalid, FeedUnreachable, ParameterInvalid
from patchlib.feeds.catalogue import Feed
from patchlib.feeds.facts import FeedFile
from patchlib.feeds.fetch import STORED_LIMIT, NotModified, get, refuse_address
from patchlib.feeds.repository import updateinfo_of

__all__ = ["Absent", "Held", "Place", "place_of"]

_SUMS = "SHA256SUMS"
_SUM_LINE = re.compile(r"(?P<sum>[0-9a-f]{64})[ \t][ *]?(?P<name>\S.*)")


@dataclass(frozen=True)
class Held:
    """What is known of the file whose rows stand in the store; "" for what is not known."""

    source: str = ""
    checksum: str = ""
    etag: str = ""
    last_modified: str = ""


class Absent(Exception):
    """The place has no file of that feed."""


class Place(Protocol):
    """Gives the file of a feed.

    Raises Absent, NotModified where it is the one that is held, FeedUnreachable and FeedInvalid.
    """

    def file(self, feed: Feed, held: Held) -> FeedFile: ...


def place_of(name: str) -> Place:
    """The place of that name: "" is each feed's official address, else a folder, or an address to put names after.

    Raises ParameterInvalid for what is neither.
    """
    if not name:
        return _Official()
    if "://" in name:
        refuse_address(name)
        return _Prefix(name.rstrip("/"))
    if not Path(name).is_dir():
        raise ParameterInvalid("no such folder, and no address", where=name, next_step="Name a folder or https://...")
    return _Folder(Path(name))


class _Official:
    def file(self, feed: Feed, held: Held) -> FeedFile:
        if not feed.address:
            raise Absent("its publisher has no single file over https: name a folder with --from")
        if feed.is_mirror_list:
            return updateinfo_of(feed.address, held.checksum)
        found = _asked(feed.address, held)
        if found is None:
            raise FeedUnreachable("HTTP 404: the file is not there", where=feed.address)
        return found


class _Prefix:
    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    @cached_property
    def _sums(self) -> dict[str, str]:
        answer = get(f"{self._prefix}/{_SUMS}")
        return _parsed(answer.data, f"{self._prefix}/{_SUMS}") if answer else {}

    def file(self, feed: Feed, held: Held) -> FeedFile:
        for name in feed.files:
            # An address cannot be looked through for the newest of several files.
            found = None if "*" in name else _asked(f"{self._prefix}/{quote(name)}", held)
            if found:
                _compare(found, name, self._sums)
                return found
        raise Absent(f"{self._prefix} has no file of it")


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def _sums(self) -> dict[str, str]:
        path = self._folder / _SUMS
        return _parsed(path.read_bytes(), str(path)) if path.is_file() else {}

    def file(self, feed: Feed, held: Held) -> FeedFile:
        for pattern in feed.files:
            matching = sorted(path for path in self._folder.glob(pattern) if path.is_file())
            if not matching:
                continue
            path = matching[-1]
            if path.stat().st_size > STORED_LIMIT:
                raise FeedInvalid(f"the file is too large: more than {STORED_LIMIT / 2**20:g} MiB", where=str(path))
            try:
                found = FeedFile(str(path), path.read_bytes())
            except OSError as error:
                raise FeedUnreachable(f"the file cannot be read: {error.strerror}", where=str(path)) from error
            _compare(found, path.relative_to(self._folder).as_posix(), self._sums)
            if (found.source, found.checksum) == (held.source, held.checksum):
                raise NotModified
            return found
        raise Absent(f"{self._folder} has no file of it")


def _asked(address: str, held: Held) -> FeedFile | None:
    """The file at an address, asked conditionally where its copy is held."""
    known = held if held.source == address else Held()
    answer = get(address, etag=known.etag, last_modified=known.last_modified)
    if answer is None:
        return None
    found = FeedFile(address, answer.data, answer.etag, answer.last_modified)
    if found.checksum == known.checksum:
        raise NotModified
    return found


def _parsed(data: bytes, where: str) -> dict[str, str]:
    sums = {}
    for line in data.decode("utf-8", errors="replace").splitlines():
        told = _SUM_LINE.fullmatch(line.strip())
        if told:
            sums[told["name"].removeprefix("./")] = told["sum"]
        elif line.strip():
            raise FeedInvalid(f"not a line of checksums: {line[:40]!r}", where=where)
    if not sums:
        raise FeedInvalid("the list of checksums is empty", where=where)
    return sums


def _compare(file: FeedFile, name: str, sums: dict[str, str]) -> None:
    if not sums:
        return
    if name not in sums:
        raise file.invalid(f"{_SUMS} does not name it")
    if sums[name] != file.checksum:
        raise file.invalid(f"its checksum is not the one in {_SUMS}")

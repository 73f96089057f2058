"""Pages cut from a handler's full answer, as botocore's paginators expect to walk them.

A token holds where the next page begins and a digest of everything that led there: account, Region,
operation and parameters. A token of another listing, or an altered one, is refused as AWS refuses it. The
page size is not part of the digest: it may change from page to page.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson

from patchlib import shapes

__all__ = ["Listing", "PageRule", "Window", "canonical", "listing", "read_token", "window", "write_token"]

Path = tuple[str, ...]


@dataclass(frozen=True)
class Listing:
    """How an operation pages: its parameter and member names, from botocore's paginators."""

    input_tokens: Path
    output_tokens: tuple[Path, ...]
    limit_key: str
    results: tuple[Path, ...]
    more_results: Path

    @property
    def steering(self) -> frozenset[str]:
        """The parameters that choose a page rather than rows."""
        return frozenset({*self.input_tokens, self.limit_key} - {""})

    def count(self, result: dict[str, Any]) -> int:
        """Rows of a full answer; several result keys count as one list, in their order."""
        return sum(len(rows) for _, rows in self._lists(result))

    def cut(self, result: dict[str, Any], start: int, stop: int) -> dict[str, Any]:
        """The answer with only the rows from start to before stop. The full answer stays as it is."""
        page, seen = dict(result), 0
        for path, rows in self._lists(result):
            _put(page, path, rows[max(start - seen, 0) : max(stop - seen, 0)])
            seen += len(rows)
        return page

    def steer(self, page: dict[str, Any], token: str | None) -> None:
        """Say in a page how it goes on: the token, if any, and the flag where the operation has one."""
        if token is not None:
            for path in self.output_tokens:
                _put(page, path, token)
        if self.more_results:
            _put(page, self.more_results, token is not None)

    def _lists(self, result: dict[str, Any]) -> Iterator[tuple[Path, list[Any]]]:
        for path in self.results:
            found: Any = result
            for step in path:
                found = found.get(step) if isinstance(found, dict) else None
            if isinstance(found, list):
                yield path, found


def _put(page: dict[str, Any], path: Path, value: Any) -> None:
    *outer, last = path
    for step in outer:
        page[step] = dict(page.get(step) or {})
        page = page[step]
    page[last] = value


@cache
def listing(service: str, operation: str) -> Listing | None:
    """How an operation pages, or None when it answers everything at once."""
    described = shapes.paginator(service, operation)
    if described is None:
        return None
    return Listing(
        input_tokens=tuple(_several(described["input_token"])),
        output_tokens=tuple(_path(name) for name in _several(described["output_token"])),
        limit_key=described.get("limit_key", ""),
        results=tuple(_path(name) for name in _several(described["result_key"])),
        more_results=_path(described["more_results"]) if "more_results" in described else (),
    )


def _several(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _path(expression: str) -> Path:
    """`EngineDefaults.Marker` in steps; of `NextMarker || Contents[-1].Key` the first choice."""
    return tuple(expression.partition("||")[0].strip().split("."))


def canonical(*scope: Any) -> bytes:
    """Bytes that are equal for equal scopes: names and parsed parameters."""
    return orjson.dumps(scope, option=orjson.OPT_SORT_KEYS, default=repr)


def _digest(scope: bytes, offset: int) -> str:
    return hashlib.blake2b(b"%s:%d" % (scope, offset), digest_size=12).hexdigest()


def write_token(scope: bytes, offset: int) -> str:
    """The token of the page that begins at a row."""
    return base64.urlsafe_b64encode(f"{_digest(scope, offset)}:{offset}".encode()).decode()


def read_token(scope: bytes, token: str) -> int | None:
    """The row a token points to, or None for a token that this listing did not give."""
    try:
        plain = base64.b64decode(token, altchars=b"-_", validate=True).decode("ascii")
        offset = int(plain.partition(":")[2])
    except ValueError:  # not base64, not ASCII, not a number
        return None
    return offset if write_token(scope, offset) == token else None


@dataclass(frozen=True)
class PageRule:
    """What faults do to pages.

    cap:         no page holds more rows than this (None: as asked).
    empty_first: the first page is empty and carries a token.
    repeat_last: every later page begins with the last row of the one before.
    """

    cap: int | None = None
    empty_first: bool = False
    repeat_last: bool = False


@dataclass(frozen=True)
class Window:
    """Rows of one page, from start to before stop, and the row of the next page (None: this was the last)."""

    start: int
    stop: int
    following: int | None


def window(offset: int | None, size: int, total: int, rule: PageRule) -> Window:
    """The rows of the page at an offset (None: the first call, without a token)."""
    size = min(size, rule.cap or size)
    if offset is None and rule.empty_first and total:
        return Window(0, 0, 0)
    start = offset or 0
    if rule.repeat_last and start and size > 1:
        start -= 1
    stop = min(start + size, total)
    return Window(start, stop, stop if stop < total else None)

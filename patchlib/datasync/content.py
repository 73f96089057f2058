"""Rows of one object of Resource Data Sync, as its layout declares them, or the refusal of what is not.

An object is JSON lines, one array or one object. Only declared members are taken, so that what may hold secrets
(detailed texts, owner information) never reaches the disk; the names of the others are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from patchlib.errors import LayoutUnknown
from patchlib.shapes import Member
from patchlib.sources.data_sync import Layout
from patchlib.wire import iso_instant

__all__ = ["Rows", "documents", "read_rows", "typed"]

_STEP = "Nothing of it was taken; send this key and the members named to whoever maintains patchlib."
# Where one node's own id may stand; all that stand must say what the key says.
_ITS_ID = ("resourceId", "InstanceId")


@dataclass(frozen=True)
class Rows:
    """Rows with declared members only, and the names of the members that were not kept."""

    rows: tuple[dict[str, Any], ...]
    not_kept: tuple[str, ...]


def documents(text: str, key: str) -> list[Any]:
    """The JSON documents of an object: one array, one object, or one a line. Raises LayoutUnknown for anything else."""
    text = text.removeprefix("\ufeff").strip()
    if not text:
        return []
    try:
        whole = orjson.loads(text)
    except orjson.JSONDecodeError:
        # Only at line feeds: a title may hold what else Python counts as the end of a line.
        return [_line(number, line, key) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    return whole if isinstance(whole, list) else [whole]


def _line(number: int, line: str, key: str) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise LayoutUnknown(f"line {number} is not JSON: {error}", where=key, next_step=_STEP) from error


def read_rows(layout: Layout, text: str, *, key: str, item: str, resource_type: str) -> Rows:
    """The rows of one object.

    item, resource_type: what the key says. Raises LayoutUnknown, naming the key, what was found and what was expected,
    for rows that lack a required member, speak of another node, or hold a count or an instant that is none.
    """
    found: list[dict[str, Any]] = []
    others: set[str] = set()
    for document in documents(text, key):
        if not isinstance(document, dict):
            raise LayoutUnknown("a row is not an object", where=key, next_step=_STEP)
        row = typed(layout.source.columns, document, key)
        _check(layout, row, document, key)
        _same_node(row, item, key)
        if any(member.name == "KeyResourceType" for member in layout.source.columns):
            row["KeyResourceType"] = resource_type
        found.append(row)
        others |= {name for name in document if name.casefold() not in _folded(layout.source.columns)}
    if layout.is_single and len(found) != 1:
        raise LayoutUnknown(f"the object holds {len(found)} rows, where one was expected", where=key, next_step=_STEP)
    return Rows(tuple(found), tuple(sorted(others)))


def _folded(columns: Iterable[Member]) -> set[str]:
    return {member.name.casefold() for member in columns}


def _check(layout: Layout, row: Mapping[str, Any], document: Mapping[str, Any], key: str) -> None:
    also = [wanted for member, value, wanted in layout.required_where if row.get(member) == value]
    for wanted in (*layout.required, *also):
        if not any(name in row for name in wanted.split("|")):
            members = ", ".join(sorted(document)[:20]) or "none"
            text = f"a row has no {wanted.replace('|', ' or ')}; its members are {members}"
            raise LayoutUnknown(text, where=key, next_step=_STEP)


def _same_node(row: Mapping[str, Any], item: str, key: str) -> None:
    for name in _ITS_ID:
        if row.get(name) not in {None, item}:
            raise LayoutUnknown(f"a row's {name} is {row[name]}, the key says {item}", where=key, next_step=_STEP)


def typed(columns: Sequence[Member], document: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The declared members of a document under their declared names, counts as numbers and instants as ISO UTC.

    Names are matched as they are spelt, else without regard to case, because one writer's `resourceId` is another's
    `ResourceId`; where both stand, the declared spelling wins. Empty text of a count or an instant is null.
    """
    by_fold = {name.casefold(): name for name in sorted(document, reverse=True)}
    row = {}
    for member in columns:
        name = member.name if member.name in document else by_fold.get(member.name.casefold())
        if name is not None:
            row[member.name] = _value(member, document[name], key)
    return row


def _value(member: Member, value: Any, key: str) -> Any:
    if member.type not in {"BIGINT", "TIMESTAMP"}:
        return value
    if value is None or value == "":
        return None
    try:
        return int(str(value)) if member.type == "BIGINT" else iso_instant(value)
    except (ValueError, TypeError, OverflowError) as error:
        kind = "count" if member.type == "BIGINT" else "instant"
        raise LayoutUnknown(f"{member.name} is no {kind}: {value!r:.40}", where=key, next_step=_STEP) from error

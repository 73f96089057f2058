"""Random values that fit a shape of a botocore model, for the round trips of all protocols."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DEPTH = 5

# What XML 1.0 can carry, which is less than JSON can.
_XML_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=6)
_XML_SPECIALS = st.sampled_from(["", "<a & 'b' \"c\">", " \r\n\t ", "]]>", "é€😀"])
_JSON_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
_HEADER_TEXT = st.text(string.ascii_letters + string.digits, min_size=1, max_size=6)

_NUMBERS: dict[str, st.SearchStrategy[Any]] = {
    "integer": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**63), 2**63 - 1),
    "float": st.floats(allow_nan=False, allow_infinity=False, width=32),
    "double": st.floats(allow_nan=False, allow_infinity=False),
    "boolean": st.booleans(),
    "blob": st.binary(max_size=6),
}


def instants(*, whole_seconds: bool = False) -> st.SearchStrategy[datetime]:
    """Aware UTC instants of the years 1970 to 2096."""
    if whole_seconds:
        return st.integers(0, 4 * 10**9).map(lambda n: _EPOCH + timedelta(seconds=n))
    return st.integers(0, 4 * 10**15).map(lambda n: _EPOCH + timedelta(microseconds=n))


def values(shape: Any, *, xml: bool, outside: bool = False, least: int = 0, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values of a shape.

    xml:     only text that XML can carry.
    outside: the value travels in a header or an address.
    least:   members and items that each structure, list and map has at least: 1 where a protocol cannot say "empty".
    """

    def inner(member: Any) -> st.SearchStrategy[Any]:
        return values(member, xml=xml, outside=outside, least=least, depth=depth + 1)

    kind = shape.type_name
    if kind == "structure":
        return structures(shape, xml=xml, least=least, depth=depth)
    if kind == "list":
        flattened = xml and bool(shape.serialization.get("flattened"))
        return st.lists(inner(shape.member), min_size=max(least, flattened), max_size=2)
    if kind == "map":
        flattened = xml and bool(shape.serialization.get("flattened"))
        return st.dictionaries(inner(shape.key), inner(shape.value), min_size=max(least, flattened), max_size=2)
    if kind == "timestamp":
        whole = outside or shape.serialization.get("timestampFormat") == "rfc822"
        return instants(whole_seconds=whole)
    if kind in _NUMBERS:
        return _NUMBERS[kind]
    if outside:
        return _HEADER_TEXT
    return _XML_TEXT | _XML_SPECIALS if xml else _JSON_TEXT


def structures(
    shape: Any, *, xml: bool, least: int = 0, depth: int = 0, required: bool = False
) -> st.SearchStrategy[dict[str, Any]]:
    """Dicts of a structure: any members, exactly one of a union, no document types, no nesting past the depth."""
    members: dict[str, st.SearchStrategy[Any]] = {}
    for name, member in shape.members.items():
        location = member.serialization.get("location")
        simple = member.type_name not in {"structure", "list", "map"}
        if location in {"headers", "statusCode"}:
            continue
        if getattr(member, "is_document_type", False) or (depth >= _DEPTH and not simple):
            continue
        at_least = 1 if location else least
        members[name] = values(member, xml=xml, outside=bool(location), least=at_least, depth=depth + 1)
    if not members:
        return st.just({})
    if shape.is_tagged_union:
        return st.one_of([strategy.map(lambda value, name=name: {name: value}) for name, strategy in members.items()])
    needed = {name: members.pop(name) for name in shape.required_members if required and name in members}
    chosen = st.lists(st.sampled_from(sorted(members) or [""]), min_size=least, max_size=4, unique=True)

    def build(names: list[str]) -> st.SearchStrategy[dict[str, Any]]:
        picked = {name: members[name] for name in names if name}
        return st.fixed_dictionaries(needed | picked)

    return chosen.flatmap(build)

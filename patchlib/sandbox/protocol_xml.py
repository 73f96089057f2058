"""XML bodies written from the shapes of a botocore model (protocols query, ec2 and rest-xml).

Only written: no read operation of AWS that the sandbox could serve sends XML. A writer is built once per
member, on first use, and yields text; an element tree would be ten times slower.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from patchlib.sandbox import scalars
from patchlib.sandbox.scalars import Mismatch, wrong_type

__all__ = ["element_name", "escape", "members_writer", "writer"]

Write = Callable[[Any], str]

# A carriage return must be written as a reference, or XML parsers read it as a line feed (XML 1.0, 2.11).
_SPECIAL = re.compile("[&<>\r]")
_UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}


def escape(text: str) -> str:
    """Text as XML character data; Mismatch for the control characters that XML 1.0 cannot carry."""
    if _UNSPEAKABLE.search(text):
        raise Mismatch(f"{text!r:.80} holds a character that XML cannot carry")
    return _SPECIAL.sub(lambda found: _REFERENCES[found[0]], text) if _SPECIAL.search(text) else text


def element_name(shape: Any, member: str) -> str:
    """The element that carries a member: a flattened list goes by the name of its items, if they have one."""
    if shape.type_name == "list" and shape.serialization.get("flattened"):
        of_items = shape.member.serialization.get("name")
        if of_items:
            return str(of_items)
    return str(shape.serialization.get("name", member))


def writer(shape: Any, tag: str) -> Write:
    """The writer of a value as an element `tag` (or, for flattened lists and maps, several of them)."""
    if shape.type_name == "structure":
        return _structure(shape, tag)
    if shape.type_name == "list":
        return _list(shape, tag)
    if shape.type_name == "map":
        return _map(shape, tag)
    convert = scalars.to_text(shape)
    opening, closing = f"<{tag}>", f"</{tag}>"
    return lambda value: f"{opening}{escape(convert(value))}{closing}"


def members_writer(shape: Any, *, skip: frozenset[str] = frozenset()) -> Write:
    """The writer of a structure's members without an element around them.

    skip: members that travel elsewhere (headers, status code, XML attributes). None leaves a member out.
    """
    known: dict[str, Write] = {}

    def learn(name: str) -> Write:
        if name not in shape.members:
            raise Mismatch(f"{shape.name} has no member {name!r}")
        member = shape.members[name]
        known[name] = writer(member, element_name(member, name))
        return known[name]

    def write(value: Any) -> str:
        if not isinstance(value, dict):
            raise wrong_type(value, f"a structure {shape.name}")
        pieces: list[str] = []
        for name, inner in value.items():
            if name in skip:
                continue
            write_member = known.get(name) or learn(name)
            if inner is None:
                continue
            try:
                pieces.append(write_member(inner))
            except Mismatch as mismatch:
                raise mismatch.within(name) from None
        return "".join(pieces)

    return write


def _structure(shape: Any, tag: str) -> Write:
    attributes = frozenset(name for name, m in shape.members.items() if m.serialization.get("xmlAttribute"))
    inside: list[Write] = []  # built on first use: a structure may hold itself

    def write(value: Any) -> str:
        if not inside:
            inside.append(members_writer(shape, skip=attributes))
        body = inside[0](value)
        opening = tag + _attributes(shape, value, attributes) if attributes else tag
        return f"<{opening}>{body}</{tag}>"

    return write


def _attributes(shape: Any, value: dict[str, Any], names: frozenset[str]) -> str:
    pieces = []
    for name in sorted(names & value.keys()):
        member = shape.members[name]
        qualified = member.serialization["name"]
        prefix = qualified.partition(":")[0]
        pieces.append(f' xmlns:{prefix}="{shape.serialization["xmlNamespace"]["uri"]}"')
        pieces.append(f' {qualified}="{_quoted(scalars.to_text(member)(value[name]))}"')
    return "".join(pieces)


def _quoted(text: str) -> str:
    """Text as an attribute's value, where parsers would turn any white space into blanks (XML 1.0, 3.3.3)."""
    return escape(text).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")


def _list(shape: Any, tag: str) -> Write:
    flattened = bool(shape.serialization.get("flattened"))
    item_tag = tag if flattened else shape.member.serialization.get("name", "member")
    write_item = writer(shape.member, item_tag)

    def write(value: Any) -> str:
        if not isinstance(value, list | tuple):
            raise wrong_type(value, f"a list {shape.name}")
        pieces: list[str] = []
        try:
            for inner in value:
                pieces.append(write_item(inner))  # noqa: PERF401 - its length tells which item failed
        except Mismatch as mismatch:
            raise mismatch.within(f"[{len(pieces)}]") from None
        return "".join(pieces) if flattened else f"<{tag}>{''.join(pieces)}</{tag}>"

    return write


def _map(shape: Any, tag: str) -> Write:
    flattened = bool(shape.serialization.get("flattened"))
    write_key = writer(shape.key, shape.key.serialization.get("name", "key"))
    write_value = writer(shape.value, shape.value.serialization.get("name", "value"))
    entry = tag if flattened else "entry"

    def write(value: Any) -> str:
        if not isinstance(value, dict):
            raise wrong_type(value, f"a map {shape.name}")
        pieces = []
        for key, inner in value.items():
            try:
                pieces.append(f"<{entry}>{write_key(key)}{write_value(inner)}</{entry}>")
            except Mismatch as mismatch:
                raise mismatch.within(f"[{key!r}]") from None
        return "".join(pieces) if flattened else f"<{tag}>{''.join(pieces)}</{tag}>"

    return write

"""Form-encoded requests read by the shapes of a botocore model (protocols query and ec2).

`Filter.1.Value.2=x` is a path into nested lists and structures; both protocols write it, with different
names for the steps.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from patchlib.sandbox import scalars
from patchlib.sandbox.scalars import Mismatch

__all__ = ["form_fields", "read_form"]

Node = dict[str, Any]  # a step name to a Node or to the text of a leaf


def form_fields(body: bytes) -> dict[str, str]:
    """The fields of a form body; the last one of equal names wins."""
    return dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True))


def read_form(fields: dict[str, str], shape: Any, *, ec2: bool) -> dict[str, Any]:
    """The parameters of a form, typed by the operation's input shape (None for an operation without one).

    Raises Mismatch for a field that the shape does not have: a filter that is silently ignored would
    answer more than was asked.
    """
    tree: Node = {}
    for name, text in fields.items():
        if name not in {"Action", "Version"}:
            _plant(tree, name, text)
    if shape is None:
        if tree:
            raise Mismatch(f"unknown parameters {', '.join(sorted(tree))}")
        return {}
    read: dict[str, Any] = _Form(ec2=ec2).structure(tree, shape)
    return read


def _plant(tree: Node, name: str, text: str) -> None:
    *steps, leaf = name.split(".")
    for step in steps:
        tree = tree.setdefault(step, {})
        if not isinstance(tree, dict):
            raise Mismatch(f"{name} is both a value and a structure")
    tree[leaf] = text


class _Form:
    def __init__(self, *, ec2: bool) -> None:
        self._ec2 = ec2

    def value(self, node: Any, shape: Any) -> Any:
        if shape.type_name == "list":
            return self.list(node, shape)
        if shape.type_name in {"structure", "map"} and not isinstance(node, dict):
            raise Mismatch(f"{node!r:.80} is text, not a {shape.type_name}")
        if shape.type_name == "structure":
            return self.structure(node, shape)
        if shape.type_name == "map":
            return self.map(node, shape)
        if not isinstance(node, str):
            raise Mismatch(f"a value of type {shape.type_name} has no member {next(iter(node))!r}")
        return scalars.from_text(shape)(node)

    def structure(self, node: Node, shape: Any) -> dict[str, Any]:
        members = {self._member_name(member, name): name for name, member in shape.members.items()}
        read = {}
        for step, inner in node.items():
            if step not in members:
                raise Mismatch(f"{shape.name} has no parameter {step!r}")
            name = members[step]
            read[name] = _within(name, self.value, inner, shape.members[name])
        return read

    def list(self, node: Any, shape: Any) -> list[Any]:
        if node == "":  # how the query protocol says: an empty list
            return []
        if not isinstance(node, dict):
            raise Mismatch(f"{node!r:.80} is text, not a list")
        if not self._ec2 and not shape.serialization.get("flattened"):
            node = _only(node, shape.member.serialization.get("name", "member"))
        return [_within(f"[{step}]", self.value, node[step], shape.member) for step in _ordered(node)]

    def map(self, node: Node, shape: Any) -> dict[str, Any]:
        entries = node if shape.serialization.get("flattened") else _only(node, "entry")
        key_name = shape.key.serialization.get("name", "key")
        value_name = shape.value.serialization.get("name", "value")
        return {
            entries[step][key_name]: _within(f"[{step}]", self.value, entries[step][value_name], shape.value)
            for step in _ordered(entries)
        }

    def _member_name(self, member: Any, name: str) -> str:
        traits = member.serialization
        if self._ec2:
            if "queryName" in traits:
                return str(traits["queryName"])
            wire = str(traits.get("name", name))
            return wire[0].upper() + wire[1:] if "name" in traits else wire
        if member.type_name == "list" and traits.get("flattened") and member.member.serialization.get("name"):
            return str(member.member.serialization["name"])
        return str(traits.get("name", name))


def _within(step: str, read: Any, node: Any, shape: Any) -> Any:
    try:
        return read(node, shape)
    except Mismatch as mismatch:
        raise mismatch.within(step) from None


def _only(node: Node, name: str) -> Node:
    if list(node) != [name] or not isinstance(node[name], dict):
        raise Mismatch(f"expected {name}.1, {name}.2 and so on, not {', '.join(node)}")
    inner: Node = node[name]
    return inner


def _ordered(node: Node) -> list[str]:
    wrong = [step for step in node if not step.isdecimal()]
    if wrong:
        raise Mismatch(f"{wrong[0]!r} is not a position in a list")
    return sorted(node, key=int)

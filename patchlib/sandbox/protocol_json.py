"""JSON bodies from and to the shapes of a botocore model (protocols json and rest-json).

A conversion is built once per shape and member, on first use: recursive shapes end by themselves, and
the unused nine tenths of a large model cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from patchlib.sandbox import scalars
from patchlib.sandbox.scalars import Mismatch, wrong_type

__all__ = ["decoder", "encoder"]

Convert = Callable[[Any], Any]


def encoder(shape: Any) -> Convert:
    """The conversion of a handler's value to a JSON value; Mismatch when it does not fit the shape.

    A member whose value is None is left out, as AWS leaves out what it does not know.
    """
    return _convert(shape, scalars.to_json, "member", inward=False)


def decoder(shape: Any) -> Convert:
    """The conversion of a request's JSON value to Python: timestamps become aware UTC datetimes, and so on."""
    return _convert(shape, scalars.from_json, "parameter", inward=True)


def _convert(shape: Any, scalar: Callable[[Any], Convert], noun: str, *, inward: bool) -> Convert:
    def build(inner: Any) -> Convert:
        return _convert(inner, scalar, noun, inward=inward)

    if shape.type_name == "structure":
        return _document if shape.is_document_type else _structure(shape, build, noun, inward=inward)
    if shape.type_name == "list":
        return _list(shape, build)
    if shape.type_name == "map":
        return _map(shape, build)
    return scalar(shape)


def _document(value: Any) -> Any:
    """A document type holds any JSON; orjson refuses what JSON cannot say."""
    return value


def _structure(shape: Any, build: Callable[[Any], Convert], noun: str, *, inward: bool) -> Convert:
    wire_names = {name: member.serialization.get("name", name) for name, member in shape.members.items()}
    renames = {wire: name for name, wire in wire_names.items()} if inward else wire_names
    known: dict[str, tuple[str, Convert]] = {}

    def learn(key: str) -> tuple[str, Convert]:
        if key not in renames:
            raise Mismatch(f"{shape.name} has no {noun} {key!r}")
        member = shape.members[renames[key] if inward else key]
        known[key] = (renames[key], build(member))
        return known[key]

    def convert(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise wrong_type(value, f"a structure {shape.name}")
        converted = {}
        for key, inner in value.items():
            name, convert_member = known.get(key) or learn(key)
            if inner is None:
                continue
            try:
                converted[name] = convert_member(inner)
            except Mismatch as mismatch:
                raise mismatch.within(key) from None
        return converted

    return convert


def _list(shape: Any, build: Callable[[Any], Convert]) -> Convert:
    convert_item: list[Convert] = []

    def convert(value: Any) -> list[Any]:
        if not isinstance(value, list | tuple):
            raise wrong_type(value, f"a list {shape.name}")
        if not convert_item:
            convert_item.append(build(shape.member))
        item = convert_item[0]
        converted: list[Any] = []
        try:
            for inner in value:
                converted.append(item(inner))  # noqa: PERF401 - its length tells which item failed
        except Mismatch as mismatch:
            raise mismatch.within(f"[{len(converted)}]") from None
        return converted

    return convert


def _map(shape: Any, build: Callable[[Any], Convert]) -> Convert:
    convert_value: list[Convert] = []

    def convert(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise wrong_type(value, f"a map {shape.name}")
        if not convert_value:
            convert_value.append(build(shape.value))
        converted = {}
        for key, inner in value.items():
            if not isinstance(key, str):
                raise wrong_type(key, "a string key")
            try:
                converted[key] = convert_value[0](inner)
            except Mismatch as mismatch:
                raise mismatch.within(f"[{key!r}]") from None
        return converted

    return convert

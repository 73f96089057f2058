"""A secret in every field that can hold one, as real accounts have them.

What the catalogue says must never reach the disk is filled in each answer with one known text, so that whoever looks
for it in files, logs and pages knows that it was there to be found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from patchlib import shapes
from patchlib.sandbox.endpoint import Call, Handler
from patchlib.sources import SOURCES, Source
from patchlib.sources.declaration import Drop, steps

__all__ = ["CANARY", "plant", "planting"]

CANARY = "canary-0f3c9d5a-must-never-be-written"


def planting(handlers: Mapping[tuple[str, str], Handler]) -> dict[tuple[str, str], Handler]:
    """The same handlers with a secret in every droppable field of their answers."""
    dropping = {(source.service, source.operation): source for source in SOURCES if source.drop}
    return {key: _planted(handler, dropping[key]) if key in dropping else handler for key, handler in handlers.items()}


def _planted(handler: Handler, source: Source) -> Handler:
    def answering(call: Call) -> dict[str, Any]:
        return plant(source, handler(call))

    return answering


def plant(source: Source, answer: dict[str, Any], *, everywhere: bool = False) -> dict[str, Any]:
    """The answer with the canary in every field that the source drops; changes and returns `answer`.

    everywhere: also below structures that the answer does not have.
    """
    output = shapes.operation_model(source.service, source.operation).output_shape
    for drop in source.drop:
        *above, last = steps(drop.path)
        for holder, shape in _holders(answer, output, above, everywhere):
            if last in shape.members:
                holder[last] = _filled(shape.members[last], holder.get(last), drop)
    return answer


def _holders(node: Any, shape: Any, path: list[str], everywhere: bool) -> Iterator[tuple[dict[str, Any], Any]]:
    """The structures along a path, each with its shape."""
    if not path:
        yield node, shape
        return
    name, is_list = path[0].removesuffix("[]"), path[0].endswith("[]")
    inner = shape.members[name]
    if everywhere and name not in node:
        node[name] = [{}] if is_list else {}
    found = node.get(name)
    for each in (found or ()) if is_list else (() if found is None else (found,)):
        yield from _holders(each, inner.member if is_list else inner, path[1:], everywhere)


def _filled(shape: Any, value: Any, drop: Drop) -> Any:
    """A value of the shape that holds the canary beside what was there."""
    # What is kept by name is told apart member by member; what goes whole needs one secret, however large its shape:
    # the details of a resource as Security Hub describes them have thousands of members.
    filled = _fill(shape, value, in_all=bool(drop.keep))
    return {**value, **filled} if drop.keep and isinstance(filled, dict) and isinstance(value, dict) else filled


def _fill(shape: Any, value: Any, *, in_all: bool) -> Any:
    """The value with the canary in every member of its structures that can hold text, or in the first of each."""
    kind = shape.type_name
    if kind == "string":
        return CANARY
    if kind == "blob":
        return CANARY.encode()
    if kind == "list":
        inner = _fill(shape.member, None, in_all=in_all)
        return [*(value or []), *([] if inner is None else [inner])]
    if kind == "map":
        inner = _fill(shape.value, None, in_all=in_all)
        return {**(value or {}), **({CANARY: 0} if inner is None else {"Password": inner})}
    if kind == "structure":
        filled = dict(value or {})
        for name, member in shape.members.items():
            inner = _fill(member, None, in_all=in_all)
            if inner is not None:
                filled[name] = inner
                if not in_all:
                    break
        return filled
    return value  # a number or an instant holds no text

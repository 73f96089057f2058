"""JSON answers of heavy operations as the documents they are: no member is copied, only instants are rewritten.

botocore's parser walks every member of every row in Python, which is most of what a page costs. Where an answer
is a document already (wire names are member names, nothing travels in headers, no blobs) it can be taken whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import botocore.parsers
import orjson

from patchlib import shapes
from patchlib.wire import iso_instant

__all__ = ["Documents", "document_instants"]

# Steps of a path: a member's name, each element of a list, each value of a map.
_EACH, _VALUES = "[]", "{}"
_Path = tuple[str, ...]


class Documents:
    """Answers of some operations, parsed as documents.

    operations: (service, operation). Raises ValueError for one whose answer is not a plain document.
    """

    def __init__(self, operations: Iterable[tuple[str, str]]) -> None:
        self._instants = {asked: document_instants(*asked) for asked in operations}

    def take(
        self,
        operation_model: Any,
        response_dict: dict[str, Any],
        customized_response_dict: dict[str, Any],
        **_: Any,
    ) -> None:
        """botocore's `before-parse`: put the document in place of what would be parsed, for answers that are good.

        Every other JSON answer is compared with its model: botocore's parser takes a text for a list of its
        letters, and fails in words of its own on other misfits.

        Raises ResponseParserError for a body that is not whole or does not fit.
        """
        paths = self._instants.get((operation_model.service_model.service_name, operation_model.name))
        body = response_dict["body"]
        if response_dict["status_code"] >= 300:
            return
        # A null member is left out by botocore's parser; the rare page that may have one goes its way.
        if paths is None or b"null" in body:
            _refuse_misfit(operation_model, body)
            return
        try:
            document = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise botocore.parsers.ResponseParserError(f"the answer is not whole: {error}") from error
        if not isinstance(document, dict):
            raise botocore.parsers.ResponseParserError(f"the answer is no object but {type(document).__name__}")
        try:
            for path in paths:
                _rewrite(document, path)
        except (AttributeError, TypeError) as error:
            raise botocore.parsers.ResponseParserError(f"the answer does not fit its model: {error}") from error
        customized_response_dict.update(document)
        response_dict["body"] = b"{}"


def document_instants(service: str, operation: str) -> tuple[_Path, ...]:
    """Paths of all instants in an operation's answer.

    Raises ValueError where the answer is more, or other, than the JSON document that arrives.
    """
    model = shapes.operation_model(service, operation)
    where = f"{service}:{operation}"
    if model.service_model.resolved_protocol not in {"json", "rest-json"}:
        raise ValueError(f"{where} does not answer in JSON")
    if model.output_shape is None or model.has_streaming_output or model.has_event_stream_output:
        raise ValueError(f"{where} does not answer with a document")
    if "payload" in model.output_shape.serialization:
        raise ValueError(f"{where} wraps its document in a payload member")
    return tuple(_instants(model.output_shape, (), (), where))


def _instants(shape: Any, path: _Path, above: tuple[str, ...], where: str) -> Iterable[_Path]:
    if shape.name in above:
        raise ValueError(f"{where} holds {shape.name} within itself, at {'.'.join(path)}")
    above = (*above, shape.name)
    if shape.type_name == "structure" and not shape.is_document_type:
        for name, member in shape.members.items():
            if member.serialization.get("name", name) != name or "location" in member.serialization:
                raise ValueError(f"{where} has {name} elsewhere than its document, at {'.'.join(path) or 'the top'}")
            yield from _instants(member, (*path, name), above, where)
    elif shape.type_name == "list":
        yield from _instants(shape.member, (*path, _EACH), above, where)
    elif shape.type_name == "map":
        if shape.key.type_name != "string":
            raise ValueError(f"{where} has a map by {shape.key.type_name}, at {'.'.join(path)}")
        yield from _instants(shape.value, (*path, _VALUES), above, where)
    elif shape.type_name == "timestamp":
        yield path
    elif shape.type_name == "blob":
        raise ValueError(f"{where} holds bytes, at {'.'.join(path)}")


def _refuse_misfit(model: Any, body: bytes) -> None:
    """Raise ResponseParserError where a JSON answer has a text, list or object in place of another of them."""
    kind = _kind_of_answer(model.service_model.service_name, model.name)
    if kind is None:
        return
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return  # a body that is not whole is refused where it is counted
    fault = _misfit(kind, document, "the answer")
    if fault:
        raise botocore.parsers.ResponseParserError(f"the answer does not fit its model: {fault}")


# What a value must be, worked out once per operation: its type, and the kinds of its members or of each of its values.
_Kind = tuple[type, "dict[str, _Kind | None] | _Kind | None"]


@cache
def _kind_of_answer(service: str, operation: str) -> _Kind | None:
    """What an operation's JSON answer must be; None where that is not for here to say."""
    model = shapes.operation_model(service, operation)
    shape = model.output_shape
    if shape is None or model.service_model.resolved_protocol not in {"json", "rest-json"}:
        return None
    if model.has_streaming_output or model.has_event_stream_output:
        return None
    payload = shape.serialization.get("payload")
    shape = shape.members[payload] if payload else shape
    return _kind(shape, ()) if shape.type_name == "structure" else None


def _kind(shape: Any, above: tuple[str, ...]) -> _Kind | None:
    """The kind of a shape; None for what may be anything, as within itself it may."""
    if shape.name in above or getattr(shape, "is_document_type", False):
        return None
    above = (*above, shape.name)
    if shape.type_name == "list":
        return list, _kind(shape.member, above)
    if shape.type_name == "map":
        return dict, {"": _kind(shape.value, above)}
    if shape.type_name == "structure":
        inside = {n: member for n, member in shape.members.items() if "location" not in member.serialization}
        return dict, {member.serialization.get("name", n): _kind(member, above) for n, member in inside.items()}
    return str, None


def _misfit(kind: _Kind, value: Any, where: str) -> str:
    """The first place where an answer is of another kind; "" where none is."""
    expected, inner = kind
    if expected is str:
        return f"{where} is {_WORDS[type(value)]}" if isinstance(value, dict | list) else ""
    if _is_other(value, expected):
        return f"{where} is not {_WORDS[expected]}"
    if isinstance(inner, tuple):
        return next((fault for each in value if each is not None and (fault := _misfit(inner, each, where))), "")
    if inner is None:
        return ""
    for name, each in value.items():
        child = inner.get(name, inner.get(""))
        if child is not None and each is not None and (fault := _misfit(child, each, name)):
            return fault
    return ""


def _is_other(value: Any, expected: type) -> bool:
    return not isinstance(value, expected)


_WORDS: dict[type, str] = {dict: "an object", list: "a list"}


def _rewrite(node: Any, path: _Path) -> None:
    """Turn the instants at the end of a path into ISO text, in place."""
    for step in path[:-1]:
        if step in {_EACH, _VALUES}:
            rest = path[path.index(step) + 1 :]
            for child in node if step == _EACH else node.values():
                _rewrite(child, rest)
            return
        node = node.get(step)
        if node is None:
            return
    last = path[-1]
    expected: type = list if last == _EACH else dict
    if _is_other(node, expected):
        raise TypeError(f"{last} is not in {_WORDS[expected]}")
    if last == _EACH:
        node[:] = [iso_instant(value) for value in node]
    elif last == _VALUES:
        node.update({name: iso_instant(value) for name, value in node.items()})
    elif last in node:
        node[last] = iso_instant(node[last])

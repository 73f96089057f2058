"""Requests and answers whose members travel in path, query string and headers (rest-json and rest-xml)."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from patchlib.sandbox import scalars
from patchlib.sandbox.scalars import Mismatch, wrong_type

__all__ = ["Request", "Route", "is_json_value", "read_bound", "routes", "write_headers"]


@dataclass(frozen=True)
class Request:
    """An HTTP request in parts. `headers` have lower-case names; `path` is still percent-encoded."""

    method: str
    host: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: dict[str, str]
    body: bytes

    @classmethod
    def of(cls, method: str, url: str, headers: dict[str, str], body: bytes) -> Request:
        """The parts of a request. `url` may be absolute or only a path with a query string."""
        parts = urlsplit(url)
        lower = {name.lower(): value for name, value in headers.items()}
        host = lower.get("host") or parts.netloc
        query = tuple(parse_qsl(parts.query, keep_blank_values=True))
        return cls(method, host, parts.path or "/", query, lower, body)


@dataclass(frozen=True)
class Route:
    """Where an operation of a REST service lives: method, path, literal query arguments, required headers.

    S3's CopyObject differs from PutObject by nothing but a header.
    """

    operation: str
    method: str
    pattern: re.Pattern[str]
    labels: tuple[str, ...]
    literals: frozenset[tuple[str, str]]
    needed: frozenset[str]  # lower-case names of headers and query arguments
    rank: tuple[int, ...]

    def match(self, request: Request, path: str) -> dict[str, str] | None:
        """The path's labels when the request is for this operation, else None."""
        if request.method != self.method or not self.literals <= set(request.query):
            return None
        if self.needed and not self.needed <= request.headers.keys() | {name.lower() for name, _ in request.query}:
            return None
        found = self.pattern.fullmatch(path)
        return found and dict(zip(self.labels, map(unquote, found.groups()), strict=True))


_LABEL = re.compile(r"{(\w+)(\+?)}")


def routes(service_model: Any) -> list[Route]:
    """The routes of a service, the most specific first, so that the first match is the right one."""
    found = [_route(service_model.operation_model(name)) for name in service_model.operation_names]
    return sorted(found, key=lambda route: route.rank, reverse=True)


def _route(operation: Any) -> Route:
    path, _, query = operation.http["requestUri"].partition("?")
    pattern, labels, greedy = "", [], 0
    for literal, name, plus in re.findall(r"([^{]*)(?:{(\w+)(\+?)})?", path):
        pattern += re.escape(literal)
        if name:
            labels.append(name)
            greedy += bool(plus)
            pattern += "(.+)" if plus else "([^/]+)"
    literals = frozenset(parse_qsl(query, keep_blank_values=True))
    needed = _needed(operation.input_shape)
    rank = (len(literals), len(_LABEL.sub("", path)), -greedy, -len(labels), len(needed))
    return Route(operation.name, operation.http["method"], re.compile(pattern), tuple(labels), literals, needed, rank)


def _needed(shape: Any) -> frozenset[str]:
    if shape is None:
        return frozenset()
    traits = [(name, shape.members[name].serialization) for name in shape.required_members]
    outside = [(name, trait) for name, trait in traits if trait.get("location") in {"header", "querystring"}]
    return frozenset(trait.get("name", name).lower() for name, trait in outside)


@dataclass(frozen=True)
class _Arrived:
    """What came outside the body. `unbound`: query arguments that belong to no member by name."""

    labels: dict[str, str]
    arguments: dict[str, list[str]]
    unbound: dict[str, list[str]]
    headers: dict[str, str]


def read_bound(operation: Any, request: Request, labels: dict[str, str]) -> dict[str, Any]:
    """The parameters that travel outside the body, typed by the input shape."""
    if operation.input_shape is None:
        return {}
    arrived = _arrived(operation, request, labels)
    read = {}
    for name, member in operation.input_shape.members.items():
        source = _SOURCES.get(member.serialization.get("location", ""))
        if source is None:
            continue
        try:
            value = source(member, member.serialization.get("name", name), arrived)
        except Mismatch as mismatch:
            raise mismatch.within(name) from None
        if value is not None:
            read[name] = value
    return read


def _arrived(operation: Any, request: Request, labels: dict[str, str]) -> _Arrived:
    """Sorted by where it came. Raises Mismatch for a query argument that nothing takes."""
    arguments: dict[str, list[str]] = {}
    for name, text in request.query:
        arguments.setdefault(name, []).append(text)
    members = operation.input_shape.members.items()
    asked = [(name, member) for name, member in members if member.serialization.get("location") == "querystring"]
    _, _, literal = operation.http["requestUri"].partition("?")
    bound = {member.serialization.get("name", name) for name, member in asked if member.type_name != "map"}
    bound |= dict(parse_qsl(literal, keep_blank_values=True)).keys()
    unbound = {name: texts for name, texts in arguments.items() if name not in bound}
    if unbound and all(member.type_name != "map" for _, member in asked):
        raise Mismatch(f"{operation.name} has no query argument {min(unbound)!r}")
    return _Arrived(labels, arguments, unbound, request.headers)


def _from_path(member: Any, name: str, arrived: _Arrived) -> Any:
    return scalars.from_text(member)(arrived.labels[name]) if name in arrived.labels else None


def _from_query(member: Any, name: str, arrived: _Arrived) -> Any:
    if member.type_name == "map":
        several = member.value.type_name == "list"
        return {key: texts if several else texts[-1] for key, texts in arrived.unbound.items()} or None
    if name not in arrived.arguments:
        return None
    if member.type_name == "list":
        return [scalars.from_text(member.member)(text) for text in arrived.arguments[name]]
    return scalars.from_text(member)(arrived.arguments[name][-1])


def _from_header(member: Any, name: str, arrived: _Arrived) -> Any:
    text = arrived.headers.get(name.lower())
    if text is None:
        return None
    if is_json_value(member):
        return json.loads(base64.b64decode(text))
    if member.type_name == "list":
        return [scalars.from_text(member.member, "rfc822")(item.strip()) for item in text.split(",")]
    return scalars.from_text(member, "rfc822")(text)


def _from_header_prefix(_member: Any, name: str, arrived: _Arrived) -> Any:
    prefix = name.lower()
    found = {key[len(prefix) :]: text for key, text in arrived.headers.items() if key.startswith(prefix)}
    return found or None


_SOURCES: dict[str, Callable[[Any, str, _Arrived], Any]] = {
    "uri": _from_path,
    "querystring": _from_query,
    "header": _from_header,
    "headers": _from_header_prefix,
}


def is_json_value(member: Any) -> bool:
    """Whether a header carries base64 of JSON."""
    return bool(member.serialization.get("jsonvalue"))


def write_headers(shape: Any, result: dict[str, Any]) -> tuple[int | None, dict[str, str], dict[str, Any]]:
    """Split an answer: (status code if a member carries it, headers, what is left for the body)."""
    status, headers, rest = None, {}, {}
    for name, value in result.items():
        member = shape.members.get(name)
        location = member.serialization.get("location") if member is not None else None
        if location is None:
            rest[name] = value
        elif value is None:
            continue
        elif location == "statusCode":
            status = int(value)
        else:
            try:
                headers.update(_header(member, member.serialization.get("name", name), value))
            except Mismatch as mismatch:
                raise mismatch.within(name) from None
    return status, headers, rest


def _header(member: Any, name: str, value: Any) -> dict[str, str]:
    if is_json_value(member):
        return {name: base64.b64encode(json.dumps(value).encode()).decode()}
    if member.type_name == "map":
        if not isinstance(value, dict):
            raise wrong_type(value, "a map of headers")
        convert = scalars.to_text(member.value, "rfc822")
        return {name + key: _one_line(convert(inner)) for key, inner in value.items()}
    if member.type_name == "list":
        convert = scalars.to_text(member.member, "rfc822")
        return {name: ",".join(_one_line(convert(inner)) for inner in value)}
    return {name: _one_line(scalars.to_text(member, "rfc822")(value))}


def _one_line(text: str) -> str:
    if not text.isprintable() or not text.isascii():
        raise Mismatch(f"{text!r:.80} cannot stand in a header")
    return text

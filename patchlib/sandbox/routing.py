"""Who asks for what: account, Region, service and operation of a request, from its signature and its form.

Signatures are not verified: the sandbox holds no secrets, any secret key will do. The access key id names
the account, as `ASIA` or `AKIA`, the account's twelve digits and four more characters; the credential scope
of Signature Version 4 names Region and service.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import botocore.exceptions

from patchlib import shapes
from patchlib.sandbox.protocol import protocol_of
from patchlib.sandbox.protocol_rest import Request, Route, routes
from patchlib.sandbox.refusals import ServiceError, refusal

__all__ = ["READ_VERBS", "Router", "Signature", "Target", "guess_protocol", "is_read", "signature"]

# What an operation that only reads begins with; AWS names operations by their effect.
READ_VERBS = ("BatchGet", "Describe", "Get", "Head", "List", "Lookup", "Search", "Select")

_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request")
_ACCESS_KEY = re.compile(r"(?:ASIA|AKIA)(\d{12})[0-9A-Z]{4}")
_BUCKET_HOST = re.compile(r"(.+)\.s3[.-].*amazonaws\.com(?:\.cn)?(?::\d+)?")


def is_read(operation: str) -> bool:
    """Whether an operation's name promises that it only reads."""
    return operation.startswith(READ_VERBS)


@dataclass(frozen=True)
class Signature:
    """What a request's signature says about its sender."""

    access_key_id: str
    account_id: str  # "" when the key is not one of the sandbox's
    region: str
    signing_name: str
    session_token: str


@dataclass(frozen=True)
class Target:
    """The operation asked for; `operation` is "" when the request names none that the model knows."""

    service: str
    operation: str
    asked: str
    protocol: str
    labels: dict[str, str]


def signature(request: Request) -> Signature | None:
    """The signature of a request, or None when it is not signed."""
    found = _CREDENTIAL.search(request.headers.get("authorization", ""))
    if found is None:
        return None
    key, _, region, signing_name = found.groups()
    known = _ACCESS_KEY.fullmatch(key)
    token = request.headers.get("x-amz-security-token", "")
    return Signature(key, known[1] if known else "", region, signing_name, token)


class Router:
    """Finds service and operation of a request.

    Several services share one signing name (rds, neptune and docdb; es and opensearch; elb and elbv2). A served
    service that knows the operation wins, in the order given; Amazon RDS answers for the other two, as its
    control plane does on AWS (their "DescribeDBInstances" returns the instances of all three).
    """

    def __init__(self, services: Iterable[str]) -> None:
        self._by_name: dict[str, list[str]] = {}
        for service in sorted(services, key=lambda name: (name != shapes.service_model(name).signing_name, name)):
            self._by_name.setdefault(shapes.service_model(service).signing_name, []).append(service)

    def target(self, request: Request, signing_name: str) -> Target:
        """The target of a request. Raises ServiceError for a service that the sandbox does not have."""
        candidates = self._by_name.get(signing_name) or _same_name(signing_name)
        if not candidates:
            text = f"The sandbox does not serve {signing_name}."
            raise refusal("unserved", guess_protocol(request), text)
        targets = [_target(service, request) for service in candidates]
        return next((found for found in targets if found.operation), targets[0])


def guess_protocol(request: Request) -> str:
    """The protocol that a request looks like, where no model helps."""
    if "x-amz-target" in request.headers:
        return "json"
    if request.body.startswith(b"Action="):
        return "query"
    return "rest-json"


def _same_name(signing_name: str) -> list[str]:
    """The service whose boto3 name is the signing name, so that its refusals are at least well spelled."""
    try:
        shapes.service_model(signing_name)
    except botocore.exceptions.UnknownServiceError:
        return []
    return [signing_name]


def _target(service: str, request: Request) -> Target:
    try:
        protocol = protocol_of(service)
    except ValueError as error:
        raise ServiceError("UnsupportedProtocol", str(error), 501) from error
    labels: dict[str, str] = {}
    if protocol == "json":
        asked = request.headers.get("x-amz-target", "").rpartition(".")[2]
        known = request.headers.get("x-amz-target") == f"{_prefix(service)}.{asked}"
    elif protocol in {"query", "ec2"}:
        asked, version = _form_action(request)
        known = version in {"", shapes.service_model(service).api_version}
    else:
        asked, labels = _route(service, request)
        known = True
    operation = asked if known and shapes.has_operation(service, asked) else ""
    return Target(service, operation, asked or f"{request.method} {request.path}", protocol, labels)


def _prefix(service: str) -> str:
    return str(shapes.service_model(service).metadata.get("targetPrefix", ""))


_ACTION = re.compile(rb"(?:^|&)Action=(\w+)")
_VERSION = re.compile(rb"(?:^|&)Version=([\w-]+)")


def _form_action(request: Request) -> tuple[str, str]:
    form = request.body or "&".join(f"{name}={value}" for name, value in request.query).encode()
    action, version = _ACTION.search(form), _VERSION.search(form)
    return (action[1].decode() if action else ""), (version[1].decode() if version else "")


@cache
def _routes(service: str) -> list[Route]:
    return routes(shapes.service_model(service))


def _route(service: str, request: Request) -> tuple[str, dict[str, str]]:
    path = request.path
    bucket = _BUCKET_HOST.fullmatch(request.host) if service == "s3" else None
    if bucket:
        path = f"/{bucket[1]}{path}".removesuffix("/")
    for route in _routes(service):
        labels: dict[str, str] | Any = route.match(request, path)
        if labels is not None:
            return route.operation, labels
    return "", {}

"""The sandbox's AWS endpoint: a request in, an answer out, all of it driven by botocore's service models.

    request -> signature (account, Region, service) -> operation -> parameters, limits -> faults, refusals
            -> handler (the full answer) -> page -> wire

A handler is a pure function of its Call and returns every row as a plain dict in the operation's output
shape; paging, types and the wire are the endpoint's. So a handler is called once per listing and not once
per page: answers are kept in a small cache.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any, Protocol

from patchlib import shapes
from patchlib.sandbox import limits, paging
from patchlib.sandbox.faults import Cell, FaultPlay, Faults
from patchlib.sandbox.identity import Sessions, role_account
from patchlib.sandbox.protocol import Answer, codec, protocol_of, write_error
from patchlib.sandbox.protocol_rest import Request
from patchlib.sandbox.refusals import ServiceError, refusal
from patchlib.sandbox.routing import Router, Signature, Target, guess_protocol, is_read, signature
from patchlib.sandbox.scalars import Mismatch, utc

__all__ = ["AnswerInvalid", "Call", "Endpoint", "Handler", "Organisation", "RequestLog", "ServiceError"]

_ASSUME_ROLE, _CALLER_IDENTITY = ("sts", "AssumeRole"), ("sts", "GetCallerIdentity")
_CACHED_ANSWERS = 64
_FOREIGN_KEY = (
    "The security token included in the request is invalid. "
    "An access key id of the sandbox is AKIA, the twelve digits of an account and four characters more."
)


@dataclass(frozen=True)
class Call:
    """One request as a handler sees it.

    params: the operation's parameters, parsed by its model (timestamps are aware UTC datetimes), without those
            that choose a page: the handler returns all rows.
    as_of:  the organisation's present, aware UTC.
    """

    service: str
    operation: str
    account_id: str
    region: str
    params: dict[str, Any]
    as_of: datetime


Handler = Callable[[Call], dict[str, Any]]


class Organisation(Protocol):
    """Which accounts there are and what they allow."""

    def refusal(self, account_id: str, service: str, operation: str, region: str) -> ServiceError | None:
        """Why a call fails before its handler is asked, or None.

        For sts AssumeRole, account_id is the account of the role: an account that is suspended, unknown or
        without the reader's role refuses here.
        """

    def role_refusal(self, role_arn: str) -> ServiceError | None:
        """Why a role of an account that lets the reader in cannot be assumed: it has none of that name, or None."""


class AnswerInvalid(Exception):
    """A handler's answer does not fit the output shape of its operation: a bug in the handler."""


class RequestLog:
    """How often each operation was called, for call budgets. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[Cell] = Counter()

    def record(self, cell: Cell) -> None:
        """Count one request, refused or not."""
        with self._lock:
            self._counts[cell] += 1

    @property
    def counts(self) -> Counter[Cell]:
        """Requests by (account_id, region, service, operation), at this moment."""
        with self._lock:
            return Counter(self._counts)

    @property
    def total(self) -> int:
        """All requests."""
        return self.counts.total()

    def count(self, operation: str, **where: str) -> int:
        """Requests of an operation; `where` narrows by account_id, region or service."""
        wanted = {"operation": operation, **where}
        return sum(n for cell, n in self.counts.items() if wanted.items() <= cell._asdict().items())

    def clear(self) -> None:
        """Forget all requests."""
        with self._lock:
            self._counts.clear()


class Endpoint:
    """Answers AWS requests from handlers.

    handlers:     (boto3 service, operation) to Handler; only operations that read.
    as_of:        the Date of every answer and the present of every handler.
    faults:       what goes wrong on purpose.
    organisation: which accounts exist and refuse; None lets every account through.
    clock, sleep: seconds for throttling, waiting for latency.

    Raises ValueError for a handler of an operation that botocore does not know or that does not read.
    """

    def __init__(
        self,
        handlers: Mapping[tuple[str, str], Handler],
        *,
        as_of: datetime,
        faults: Faults | None = None,
        organisation: Organisation | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        for service, operation in handlers:
            _check_handled(service, operation)
        self.as_of = utc(as_of)
        self.requests = RequestLog()
        self._handlers = dict(handlers)
        self._organisation = organisation
        self._play = FaultPlay(faults or Faults(), clock, sleep)
        self._router = Router({"sts"} | {service for service, _ in handlers})
        self._sessions = Sessions()
        self._date = format_datetime(self.as_of, usegmt=True)
        self._serial = itertools.count(1)
        self._answers = _Answers(_CACHED_ANSWERS)

    def handle(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer to one HTTP request: (status, headers, body).

        A body shorter than its Content-Length is a connection that closes in the middle. Raises ConnectionDropped
        where a fault wants no answer at all, AnswerInvalid for a handler whose answer does not fit its model, and
        whatever else a faulty handler raises.
        """
        request = Request.of(method, url, dict(headers), body)
        request_id = f"00000000-0000-4000-8000-{next(self._serial):012x}"
        protocol = guess_protocol(request)
        try:
            signed = _signed(request)
            target = self._router.target(request, signed.signing_name)
            protocol = target.protocol
            status, out, sent = self._serve(request, signed, target, request_id)
        except ServiceError as error:
            status, out, sent = write_error(protocol, error, request_id)
        return status, {"Content-Length": str(len(sent)), **out, "Date": self._date}, sent

    def _serve(self, request: Request, signed: Signature, target: Target, request_id: str) -> Answer:
        cell = Cell(signed.account_id, signed.region, target.service, target.operation or target.asked)
        self.requests.record(cell)
        if not signed.account_id:
            raise refusal("unrecognized", target.protocol, _FOREIGN_KEY)
        self._refuse_unserved(target)
        params = _read(request, target)
        if cell[2:] == _ASSUME_ROLE:
            cell = cell._replace(account_id=role_account(params))
        self._play.before(cell, signed.session_token or signed.access_key_id, target.protocol)
        self._refuse(cell, params)
        result = self._result(cell, params, signed, target.protocol)
        try:
            answer = codec(cell.service, cell.operation).write(result, request_id)
        except Mismatch as mismatch:
            raise AnswerInvalid(
                f"The handler of {cell.service} {cell.operation} answered wrongly: {mismatch}"
            ) from None
        return self._play.after(cell, answer)

    def _refuse(self, cell: Cell, params: dict[str, Any]) -> None:
        if self._organisation is None:
            return
        refused = self._organisation.refusal(**cell._asdict())
        if refused is None and cell[2:] == _ASSUME_ROLE:
            refused = self._organisation.role_refusal(params["RoleArn"])
        if refused:
            raise refused

    def _refuse_unserved(self, target: Target) -> None:
        key = (target.service, target.operation)
        if key in self._handlers or key in {_ASSUME_ROLE, _CALLER_IDENTITY}:
            return
        name = f"{target.service}:{target.asked}"
        if target.operation and not is_read(target.operation):
            text = f"The sandbox is read-only; it refuses {name}."
            raise refusal("denied", target.protocol, text, status=403)
        raise refusal("unserved", target.protocol, f"The sandbox does not serve {name}.")

    def _result(self, cell: Cell, params: dict[str, Any], signed: Signature, protocol: str) -> dict[str, Any]:
        handler = self._handlers.get((cell.service, cell.operation))
        if handler is None:
            return self._sessions.caller(signed) if cell[2:] == _CALLER_IDENTITY else self._sessions.assume(params)
        listing = paging.listing(cell.service, cell.operation)
        if listing is None:
            return handler(self._call(cell, params))
        rows = {name: value for name, value in params.items() if name not in listing.steering}
        scope = paging.canonical(*cell, rows)
        full = self._answers.get(scope, lambda: handler(self._call(cell, rows)))
        return self._page(cell, listing, full, params, scope, protocol)

    def _call(self, cell: Cell, params: dict[str, Any]) -> Call:
        return Call(cell.service, cell.operation, cell.account_id, cell.region, params, self.as_of)

    def _page(
        self,
        cell: Cell,
        listing: paging.Listing,
        full: dict[str, Any],
        params: dict[str, Any],
        scope: bytes,
        protocol: str,
    ) -> dict[str, Any]:
        token = params.get(listing.input_tokens[0])
        offset = paging.read_token(scope, token) if token else None
        total = listing.count(full)
        if token and (offset is None or offset >= total):
            raise _token_refused(cell, protocol, token)
        shape = shapes.operation_model(cell.service, cell.operation).input_shape
        limit_shape = shape.members.get(listing.limit_key) if shape is not None else None
        asked = params.get(listing.limit_key)
        size = limits.page_size(cell.service, cell.operation, listing.limit_key, limit_shape, asked)
        here = paging.window(offset, size, total, self._play.page_rule(cell))
        page = listing.cut(full, here.start, here.stop)
        following = None if here.following is None else paging.write_token(scope, here.following)
        listing.steer(page, following)
        return page


class _Answers:
    """The last full answers of listings, so that a handler is not asked again for every page."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, dict[str, Any]] = OrderedDict()

    def get(self, key: bytes, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The answer under a key; made outside the lock: two threads may make it twice, and equally."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            self._kept[key] = made
            if len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return made


def _check_handled(service: str, operation: str) -> None:
    protocol_of(service)
    if not shapes.has_operation(service, operation):
        raise ValueError(f"botocore knows no {service} {operation}")
    if not is_read(operation):
        raise ValueError(f"{service} {operation} does not promise to only read; the sandbox is read-only")


def _signed(request: Request) -> Signature:
    found = signature(request)
    if found is None:
        raise refusal("unsigned", guess_protocol(request), "Missing Authentication Token")
    return found


def _read(request: Request, target: Target) -> dict[str, Any]:
    operation = codec(target.service, target.operation)
    try:
        params = operation.read(request, target.labels)
    except Mismatch as mismatch:
        raise refusal("malformed", target.protocol, str(mismatch)) from None
    input_shape = operation.operation.input_shape
    limits.check(target.service, target.operation, target.protocol, input_shape, params)
    return params


# What services call a bad token, by preference; botocore's models list each operation's errors.
_TOKEN_ERRORS = ("NextToken", "PaginationToken", "InvalidParameter", "InvalidInput", "Validation", "InvalidRequest")


def _token_refused(cell: Cell, protocol: str, token: str) -> ServiceError:
    if protocol == "ec2":
        return refusal(
            "token", protocol, f"Value ( {token} ) for parameter NextToken is invalid. The token is invalid."
        )
    modelled = [shape.error_code for shape in shapes.operation_model(cell.service, cell.operation).error_shapes]
    for name in _TOKEN_ERRORS:
        for code in modelled:
            if name in code:
                return ServiceError(code, "The specified token isn't valid.")
    return refusal("token", protocol, "The specified token isn't valid.")

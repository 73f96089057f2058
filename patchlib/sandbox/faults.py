"""Faults on purpose: what goes wrong in a large estate, repeatable to the byte.

A fault file is TOML, one table per fault, in the order they are tried:

    seed = 7

    [[fault]]
    kind = "access_denied"
    account_id = "111122223333"
    service = "ssm"

    [[fault]]
    kind = "throttling"
    operation = "DescribeInstances"
    rate = 20      # calls per second and (account, Region, service, operation)
    burst = 20

Draws depend on seed, cell and the number of the call within its cell, never on the order of threads. A call
to sts AssumeRole belongs to the account of the role.
"""

from __future__ import annotations

import hashlib
import threading
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, TypeVar

import botocore.exceptions
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from patchlib import shapes
from patchlib.errors import SettingInvalid
from patchlib.sandbox.paging import PageRule
from patchlib.sandbox.protocol import Answer
from patchlib.sandbox.refusals import ServiceError, refusal

__all__ = [
    "AccessDenied",
    "Cell",
    "ClosedConnection",
    "ConnectionDropped",
    "DroppedBody",
    "DuplicateItem",
    "ExpiredToken",
    "Fault",
    "FaultPlay",
    "Faults",
    "Latency",
    "MalformedBody",
    "PageCap",
    "RegionDisabled",
    "ServerError",
    "ServiceRefuses",
    "Throttling",
    "load_faults",
]


class Cell(NamedTuple):
    """Where a call goes."""

    account_id: str
    region: str
    service: str
    operation: str


class ConnectionDropped(Exception):
    """The endpoint hangs up without an answer."""


class _Fault(BaseModel):
    """What a fault is matched on; `*` is anything."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    account_id: str = Field("*", pattern=r"^(\*|\d{12})$")
    region: str = "*"
    service: str = "*"
    operation: str = "*"

    def hits(self, cell: Cell) -> bool:
        """Whether a call is one of those this fault is about."""
        own = (self.account_id, self.region, self.service, self.operation)
        return all(wanted in ("*", found) for wanted, found in zip(own, cell, strict=True))

    @model_validator(mode="after")
    def _names_exist(self) -> _Fault:
        """A mistyped name would be a fault that never happens."""
        if self.service == "*":
            return self
        try:
            known = {"*", *shapes.service_model(self.service).operation_names}
        except botocore.exceptions.UnknownServiceError:
            raise ValueError(f"no AWS service is called {self.service!r}") from None
        if self.operation not in known:
            raise ValueError(f"{self.service} has no operation {self.operation!r}")
        return self


class _Sometimes(_Fault):
    """A fault that happens in the first `times` drawn calls of each cell, each with a probability."""

    times: int = Field(1, ge=1)
    probability: float = Field(1.0, gt=0, le=1)


class AccessDenied(_Fault):
    """The caller may not do it."""

    kind: Literal["access_denied"] = "access_denied"
    message: str = "User is not authorized to perform this operation"


class ExpiredToken(_Fault):
    """Credentials stop working after a number of calls; new ones from AssumeRole work as long again."""

    kind: Literal["expired_token"] = "expired_token"
    after: int = Field(ge=0)


class RegionDisabled(_Fault):
    """The Region is not enabled in the account: its endpoints do not know the caller."""

    kind: Literal["region_disabled"] = "region_disabled"
    region: str = Field(pattern=r"^[a-z]+(-[a-z]+)+-\d$")


class Throttling(_Fault):
    """A token bucket per account, Region, service and operation, as EC2 documents its own."""

    kind: Literal["throttling"] = "throttling"
    rate: float = Field(gt=0)  # calls per second
    burst: int = Field(ge=1)


class ServerError(_Sometimes):
    """A 5xx answer."""

    kind: Literal["server_error"] = "server_error"
    status: int = Field(500, ge=500, le=599)


class ServiceRefuses(_Fault):
    """Any other error of a service, in its own words: not subscribed, not enabled, denied by a policy."""

    kind: Literal["service_error"] = "service_error"
    code: str = Field(min_length=1)
    message: str = ""
    status: int = Field(400, ge=400, le=499)


class PageCap(_Fault):
    """Pages hold fewer rows than asked for; with `empty_first` the first one holds none and goes on."""

    kind: Literal["page_cap"] = "page_cap"
    items: int | None = Field(None, ge=1)
    empty_first: bool = False


class DuplicateItem(_Fault):
    """The last row of a page comes again as the first row of the next."""

    kind: Literal["duplicate_item"] = "duplicate_item"


class ClosedConnection(_Sometimes):
    """The connection closes without an answer; botocore retries it."""

    kind: Literal["closed_connection"] = "closed_connection"


class DroppedBody(_Sometimes):
    """The connection closes in the middle of the body, against its Content-Length.

    botocore does not compare the two (`enforce_content_length=False` in its httpsession), and reads half a
    JSON document as an answer without members: a client that does not look takes it for the last page.
    """

    kind: Literal["dropped_body"] = "dropped_body"


class MalformedBody(_Sometimes):
    """The body ends in the middle under a Content-Length that agrees: neither JSON nor XML."""

    kind: Literal["malformed_body"] = "malformed_body"


class Latency(_Fault):
    """Every answer waits."""

    kind: Literal["latency"] = "latency"
    seconds: float = Field(ge=0)


Fault = Annotated[
    AccessDenied
    | ExpiredToken
    | RegionDisabled
    | Throttling
    | ServerError
    | ServiceRefuses
    | PageCap
    | DuplicateItem
    | ClosedConnection
    | DroppedBody
    | MalformedBody
    | Latency,
    Field(discriminator="kind"),
]


class Faults(BaseModel):
    """A set of faults and the seed of their draws."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    seed: int = 7
    fault: tuple[Fault, ...] = ()


def load_faults(path: Path) -> Faults:
    """The faults of a TOML file. Raises SettingInvalid for a file that cannot be read or does not fit."""
    try:
        return Faults.model_validate(tomllib.loads(path.read_text("utf-8")), strict=False)
    except OSError as error:
        raise SettingInvalid(
            "The fault file cannot be read", where=str(path), next_step=f"{error.strerror}."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingInvalid(f"The fault file is not TOML: {error}", where=str(path)) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise SettingInvalid(f"The fault file does not fit: {first['msg']}", where=f"{path}, {where}") from error


_F = TypeVar("_F", bound=_Fault)


class FaultPlay:
    """Faults in the course of one endpoint's life: what has been counted, spent and drawn. Thread-safe.

    clock: seconds that only go forward, for token buckets. sleep: how latency waits.
    """

    def __init__(self, faults: Faults, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._faults = faults
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._calls: Counter[tuple[int, Cell]] = Counter()
        self._hits: Counter[tuple[int, Cell]] = Counter()
        self._uses: Counter[tuple[int, str]] = Counter()
        self._buckets: dict[tuple[int, Cell], tuple[float, float]] = {}

    def before(self, cell: Cell, credentials: str, protocol: str) -> None:
        """Wait and refuse as the faults say. Raises ServiceError and ConnectionDropped."""
        for _, latency in self._matching(Latency, cell):
            self._sleep(latency.seconds)
        self._fail(cell, protocol)
        self._refuse(cell, credentials, protocol)

    def _fail(self, cell: Cell, protocol: str) -> None:
        """What a busy service does before it looks at the caller."""
        for index, closed in self._matching(ClosedConnection, cell):
            if self._drawn(index, closed, cell):
                raise ConnectionDropped
        for index, server_error in self._matching(ServerError, cell):
            if self._drawn(index, server_error, cell):
                text = "The request processing has failed because of an unknown error"
                raise refusal("internal", protocol, text, status=server_error.status)
        for index, throttling in self._matching(Throttling, cell):
            if not self._spend(index, throttling, cell):
                text = "Request limit exceeded." if protocol == "ec2" else "Rate exceeded"
                raise refusal("throttled", protocol, text)

    def _refuse(self, cell: Cell, credentials: str, protocol: str) -> None:
        """What a service says to a caller whom it does not let in."""
        for index, expired in self._matching(ExpiredToken, cell):
            if self._used(index, credentials) > expired.after:
                raise refusal("expired", protocol, "The security token included in the request is expired")
        if any(self._matching(RegionDisabled, cell)):
            text = "The security token included in the request is invalid"
            raise refusal("unrecognized", protocol, text)
        for _, denied in self._matching(AccessDenied, cell):
            raise refusal("denied", protocol, denied.message)
        for _, refuses in self._matching(ServiceRefuses, cell):
            raise ServiceError(refuses.code, refuses.message, refuses.status)

    def page_rule(self, cell: Cell) -> PageRule:
        """What the faults do to the pages of a cell."""
        caps = [cap for _, cap in self._matching(PageCap, cell)]
        return PageRule(
            cap=min((cap.items for cap in caps if cap.items), default=None),
            empty_first=any(cap.empty_first for cap in caps),
            repeat_last=any(self._matching(DuplicateItem, cell)),
        )

    def after(self, cell: Cell, answer: Answer) -> Answer:
        """The answer as it leaves: whole, cut, or cut under its announced Content-Length (a dropped body)."""
        status, headers, body = answer
        for index, malformed in self._matching(MalformedBody, cell):
            if self._drawn(index, malformed, cell):
                body = body[: len(body) // 2]
        for index, dropped in self._matching(DroppedBody, cell):
            if self._drawn(index, dropped, cell):
                return status, headers | {"Content-Length": str(len(body))}, body[: len(body) // 2]
        return status, headers, body

    def _matching(self, kind: type[_F], cell: Cell) -> Iterator[tuple[int, _F]]:
        for index, fault in enumerate(self._faults.fault):
            if isinstance(fault, kind) and fault.hits(cell):
                yield index, fault

    def _drawn(self, index: int, fault: _Sometimes, cell: Cell) -> bool:
        key = (index, cell)
        with self._lock:
            self._calls[key] += 1
            if self._hits[key] >= fault.times or self._draw(key, self._calls[key]) >= fault.probability:
                return False
            self._hits[key] += 1
            return True

    def _draw(self, key: tuple[int, Cell], call: int) -> float:
        """A number in [0, 1) that depends on seed, fault, cell and call only."""
        digest = hashlib.blake2b(repr((self._faults.seed, *key, call)).encode(), digest_size=8).digest()
        return int.from_bytes(digest) / 2**64

    def _used(self, index: int, credentials: str) -> int:
        with self._lock:
            self._uses[index, credentials] += 1
            return self._uses[index, credentials]

    def _spend(self, index: int, bucket: Throttling, cell: Cell) -> bool:
        key = (index, cell)
        with self._lock:
            now = self._clock()
            tokens, at = self._buckets.get(key, (float(bucket.burst), now))
            tokens = min(float(bucket.burst), tokens + (now - at) * bucket.rate)
            self._buckets[key] = (max(tokens - 1, 0.0) if tokens >= 1 else tokens, now)
            return tokens >= 1

"""What a source declares, and the pure functions over one page of its answer."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from patchlib import shapes

__all__ = ["Cell", "Drop", "Remembered", "Request", "Scope", "Source", "blocks", "rows", "scrub"]

Row = Mapping[str, Any]
Remembered = Mapping[str, Sequence[Row]]


class Scope(enum.Enum):
    """Where a source is read."""

    ORGANIZATION = "once per organisation, from the caller's account"
    ACCOUNT = "once per account, in the home Region"
    REGION = "once per Region, from one account: the answer is the same in all"
    CELL = "in every account and Region"


@dataclass(frozen=True, order=True)
class Cell:
    """The unit of extraction: one account in one Region."""

    account_id: str
    region: str


@dataclass(frozen=True)
class Request:
    """One listing: the parameters of its first page, and the item it is about, if any."""

    params: Mapping[str, Any] = field(default_factory=dict)
    item: str | None = None


@dataclass(frozen=True)
class Drop:
    """A field that can hold secrets, removed before the page touches the disk.

    path: as in Source.items; the last step is the member dropped. keep: members of a map that stay,
    provided that the row's `when` member begins with the text given.
    """

    path: str
    keep: tuple[str, ...] = ()
    when: tuple[str, str] | None = None


def _one_plain_request(_cell: Cell, _remembered: Remembered) -> Iterable[Request]:
    yield Request()


@dataclass(frozen=True)
class Source:
    """One operation as patchlib reads it.

    name:      `<service>_<entity>`, also the raw table's name.
    items:     path to the rows in a page (`Reservations[].Instances[]`); "" = the answer is one row.
    page_size: asked for, when the operation takes one [rows].
    unit:      "cell": the listing is replaced whole; "item": each request's item is replaced by itself.
    request_columns: raw columns taken from the request, because the answer does not repeat them.
    needs:     sources of the same cell whose remembered rows `requests` reads.
    remember:  members of this source's rows that later sources of the cell need.
    requests:  pure function from the cell and the remembered rows to the listings to make.
    """

    name: str
    service: str
    operation: str
    scope: Scope
    items: str
    about: str
    page_size: int | None = None
    unit: str = "cell"
    request_columns: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    remember: tuple[str, ...] = ()
    requests: Callable[[Cell, Remembered], Iterable[Request]] = _one_plain_request
    drop: tuple[Drop, ...] = ()
    iam_action: str = ""

    @property
    def action(self) -> str:
        """The IAM action that permits the operation."""
        return self.iam_action or f"{self.service}:{self.operation}"

    @property
    def members(self) -> tuple[shapes.Member, ...]:
        """Members of one row, from botocore's model."""
        return shapes.item_members(self.service, self.operation, self.items)


def blocks(values: Sequence[str], size: int) -> Iterator[list[str]]:
    """Consecutive blocks of at most `size` values: what an operation takes at once."""
    for start in range(0, len(values), size):
        yield list(values[start : start + size])


def _walk(node: Any, steps: Sequence[str]) -> Iterator[Any]:
    if not steps:
        yield node
        return
    step, rest = steps[0], steps[1:]
    child = node.get(step.removesuffix("[]")) if isinstance(node, Mapping) else None
    if child is None:
        return
    for each in child if step.endswith("[]") else (child,):
        yield from _walk(each, rest)


def _steps(path: str) -> list[str]:
    return [step for step in path.split(".") if step]


def rows(source: Source, response: Mapping[str, Any]) -> list[Any]:
    """The rows of one page, as the API gave them."""
    return list(_walk(response, _steps(source.items)))


def scrub(source: Source, response: dict[str, Any]) -> dict[str, Any]:
    """The page without its secret-bearing fields; changes and returns `response`."""
    for drop in source.drop:
        *above, last = _steps(drop.path)
        condition_depth = next((depth for depth in range(len(above), 0, -1) if above[depth - 1].endswith("[]")), 0)
        for row in _walk(response, above[:condition_depth]):
            keeps = drop.keep if _applies(drop, row) else ()
            for holder in _walk(row, above[condition_depth:]):
                _remove(holder, last, keeps)
    return response


def _applies(drop: Drop, row: Any) -> bool:
    if drop.when is None:
        return True
    member, prefix = drop.when
    # Documents may be named by ARN; the name is its last part.
    return str(row.get(member, "")).rsplit("/", 1)[-1].startswith(prefix)


def _remove(holder: Any, member: str, keep: tuple[str, ...]) -> None:
    value = holder.get(member) if isinstance(holder, dict) else None
    if value is None:
        return
    if keep and isinstance(value, dict):
        holder[member] = {key: kept for key, kept in value.items() if key in keep}
    else:
        del holder[member]

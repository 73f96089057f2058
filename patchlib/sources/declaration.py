"""What a source declares, and the pure functions over one page of its answer."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

from patchlib import shapes
from patchlib.sources.actions import action_of

__all__ = [
    "Cell",
    "Context",
    "Detail",
    "Drop",
    "Lasting",
    "Remembered",
    "Request",
    "Row",
    "Scope",
    "Source",
    "Unit",
    "blocks",
    "rows",
    "scrub",
    "steps",
]

Row = Mapping[str, Any]
Remembered = Mapping[str, Sequence[Row]]
# In place of an address that cannot be taken apart, and so not be freed of a signature.
UNREADABLE = "(an address that cannot be read; not kept)"
Unit = Literal["cell", "item", "key", "watermark"]


class Scope(enum.Enum):
    """Where a source is read."""

    ORGANIZATION = "once per organisation, from the caller's account"
    ACCOUNT = "once per account, in the home Region"
    REGION = "once per Region, from one account: the answer is the same in all"
    CELL = "in every account and Region"
    ESTATE = "once, from the caller's account, after all cells: it asks about what they hold"
    OBJECT = "not from an API of the account: from objects that a service has written to a bucket"


@dataclass(frozen=True, order=True)
class Cell:
    """The unit of extraction: one account in one Region."""

    account_id: str
    region: str


@dataclass(frozen=True)
class Request:
    """One listing: the parameters of its first page, and the one thing it is about, if it is about one.

    item: a thing that an earlier listing named, whose failure is its own: where it is gone, or refused by itself, the
    others are asked all the same.
    """

    params: Mapping[str, Any] = field(default_factory=dict)
    item: str | None = None


@dataclass(frozen=True)
class Context:
    """What the requests of a source may depend on; nothing else does.

    cell:       where it is read.
    remembered: rows of the sources it needs; for Scope.ESTATE those of all cells, each different row once.
    taken_at:   the run's instant by the endpoint's clock [UTC].
    since:      for a watermark: from when on the listing is wanted [UTC].
    own:        this source's own remembered rows so far; it grows while requests are drawn, so that a tree can be
                walked level by level.
    days:       what the setting that turns this source on says [d].
    """

    cell: Cell
    remembered: Remembered
    taken_at: datetime
    since: datetime
    own: Sequence[Row] = ()
    days: int = 0

    def rows(self, source: str) -> Sequence[Row]:
        """The remembered rows of a source it needs."""
        return self.remembered[source]


@dataclass(frozen=True)
class Detail:
    """When the detail of an item need not be asked again, and how one sees that it is whole.

    of:        the source whose row describes the item; it is among `needs`.
    item:      member of that row that names the item, as Request.item does.
    unchanged: members of that row; where they equal the base snapshot's, the detail held still stands.
    agrees:    whether the row and the detail's rows tell the same; None where nothing is to compare.
    again:     the request that asks for the describing row of one item once more, for when they do not: the
               item may have changed between the two answers.
    """

    of: str
    item: str
    unchanged: tuple[str, ...]
    agrees: Callable[[Row, Sequence[Row]], bool] | None = None
    again: Callable[[str], Request] | None = None


@dataclass(frozen=True)
class Lasting:
    """Rows of a watermark that begin and end: one that has not ended is listed again, however long ago it began.

    began:  member with the instant that the listing is asked by.
    status: member that tells whether it has ended. ended: its values that are final; any other may still change.
    """

    began: str
    status: str
    ended: frozenset[str]

    def since(self, found: Iterable[Row]) -> str | None:
        """The earliest beginning among rows that have not ended, as the API gave it; None where all have."""
        return min((str(row[self.began]) for row in found if self._may_change(row)), default=None)

    def _may_change(self, row: Row) -> bool:
        return row.get(self.status) not in self.ended and row.get(self.began) is not None


@dataclass(frozen=True)
class Drop:
    """A field that can hold secrets, removed before the page touches the disk.

    path: as in Source.items; the last step is the member dropped. keep: members of a map that stay, provided
    that a member of the row begins with one of some texts. when: the path of that member in the row, then the texts.
    """

    path: str
    keep: tuple[str, ...] = ()
    when: tuple[str, ...] | None = None


def _one_plain_request(_context: Context) -> Iterable[Request]:
    yield Request()


@dataclass(frozen=True)
class Source:
    """One operation as patchlib reads it.

    name:      `<service>_<entity>`, also the raw table's name.
    system:    what of AWS it belongs to, as people speak of it: "Patch Manager", "Auto Scaling".
    items:     path to the rows in a page (`Reservations[].Instances[]`); "" = the answer is one row.
    key:       members and request columns that name a row within its account and Region; () = one row a request.
               A row that comes twice, because the listing moved between two pages, counts once: as it came last;
               one that does not give its whole name is like no other.
    page_size: asked for, when the operation takes one [rows].
    unit:      "cell": the listing is replaced whole; "item": each request's item is replaced by itself;
               "watermark": only what is new since the last run is listed, rows are replaced by key and never
               closed by absence; "key": the same for what is asked by keys that rows of others name. An item of a
               listing that is replaced whole, or of a watermark, that is gone when it is asked about has no row and
               is not missed; a watermark that misses another does not advance.
    lookback_days, overlap_hours: for a watermark, how far the first run looks back, and how far each later one
               looks behind the last: what began then may not have been listed yet.
    lasting:   for a watermark whose rows end later than they begin: how one sees that they have.
    request_columns: raw columns taken from the request, because the answer does not repeat them.
    needs:     sources of the same cell whose remembered rows `requests` reads.
    remember:  members of this source's rows that later sources of the cell need, or that decide whether details
               have changed.
    requests:  pure function from the context to the listings to make.
    none_codes: error codes by which the service answers that there is none of what was asked about: that is an answer
               without members, and its row says so.
    off:       why the service is switched off in the cell, in words, by rows of what it needs; "" where it is on. What
               is switched off is not asked and counts as disabled, because its answers would be of another day.
    detail:    for per-item sources: when an item need not be asked again.
    drop:      fields that can hold secrets. harmless: members whose names look so and that hold none, with the reason.
    abridge:   cuts the content of a page (an object's text) to what may be kept, before it touches the disk;
               changes the page.
    least:     the fewest calls the API allows, in words, where it is not one per page of rows.
    refresh_hours: not asked again while the last whole answer is younger than this: what changes slowly and costs
               many calls. Nothing may need its rows.
    endpoint_region: where the service answers, when it is not in the cell's Region.
    on_nodes:  it tells of nodes only, so it is not asked in a cell that holds none.
    setting:   key of Settings, a number of days, that turns the source on; "" = it is always read. One that is off is
               not asked, and is in no ledger.
    is_paid:   AWS charges for the call itself; such a source needs a setting that turns it on, and none is one yet.
    is_heavy:  it brings most pages of a run: read as a raw document.
    iam_action, iam_resources: what permits it, where its action does not bear its name, and on which resources it
               is needed, as ARN patterns; "*" where IAM knows no narrower one.
    returns_content: what comes is text that a customer wrote (documents, objects, parameter values), so the policy
               must never allow it on all resources.
    columns:   members of one row where botocore's model does not know them, because a file brings them.
    """

    name: str
    service: str
    operation: str
    scope: Scope
    items: str
    about: str
    system: str
    key: tuple[str, ...] = ()
    page_size: int | None = None
    unit: Unit = "cell"
    lookback_days: int = 30
    overlap_hours: int = 48
    lasting: Lasting | None = None
    request_columns: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    remember: tuple[str, ...] = ()
    requests: Callable[[Context], Iterable[Request]] = _one_plain_request
    none_codes: frozenset[str] = frozenset()
    off: Callable[[Context], str] | None = None
    detail: Detail | None = None
    drop: tuple[Drop, ...] = ()
    harmless: Mapping[str, str] = field(default_factory=dict)
    abridge: Callable[[dict[str, Any]], None] | None = None
    least: str = ""
    refresh_hours: float = 0.0
    endpoint_region: str = ""
    on_nodes: bool = True
    setting: str = ""
    is_paid: bool = False
    is_heavy: bool = False
    iam_action: str = ""
    iam_resources: tuple[str, ...] = ("*",)
    returns_content: bool = False
    columns: tuple[shapes.Member, ...] = ()

    @property
    def action(self) -> str:
        """The IAM action that permits the operation."""
        return self.iam_action or action_of(self.service, self.operation)

    @property
    def members(self) -> tuple[shapes.Member, ...]:
        """Members of one row, as declared, else from botocore's model."""
        return self.columns or shapes.item_members(self.service, self.operation, self.items)


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


def steps(path: str) -> list[str]:
    """A path such as `Reservations[].Instances[]` step by step."""
    return [step for step in path.split(".") if step]


def rows(source: Source, response: Mapping[str, Any]) -> list[Any]:
    """The rows of one page, as the API gave them."""
    return list(_walk(response, steps(source.items)))


def scrub(source: Source, response: dict[str, Any]) -> dict[str, Any]:
    """The page without its secret-bearing fields; changes and returns `response`."""
    for drop in source.drop:
        *above, last = steps(drop.path)
        condition_depth = next((depth for depth in range(len(above), 0, -1) if above[depth - 1].endswith("[]")), 0)
        for row in _walk(response, above[:condition_depth]):
            keeps = drop.keep if _applies(drop, row) else ()
            for holder in _walk(row, above[condition_depth:]):
                _remove(holder, last, keeps)
    if source.abridge is not None:
        source.abridge(response)
    return response


def _applies(drop: Drop, row: Any) -> bool:
    if drop.when is None:
        return True
    path, *prefixes = drop.when
    # Documents may be named by ARN; the name is its last part.
    found = (str(value).rsplit("/", 1)[-1] for value in _walk(row, steps(path)))
    return any(name.startswith(tuple(prefixes)) for name in found)


def _without_signature(value: Any) -> Any:
    """A kept value whose addresses lack query, fragment and user: a signed URL is a credential while it lasts."""
    if isinstance(value, dict):
        return {key: _without_signature(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_signature(inner) for inner in value]
    if not isinstance(value, str) or "://" not in value:
        return value
    try:
        parts = urlsplit(value)
    except ValueError:
        return UNREADABLE  # it may be signed all the same
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _remove(holder: Any, member: str, keep: tuple[str, ...]) -> None:
    value = holder.get(member) if isinstance(holder, dict) else None
    if value is None:
        return
    if keep and isinstance(value, dict):
        holder[member] = {key: _without_signature(kept) for key, kept in value.items() if key in keep}
    else:
        del holder[member]

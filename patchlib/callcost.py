"""What listings cost in calls, from how many rows there are: page sizes, blocks of ids, one call per item.

Nothing here is written down twice: how many requests a source makes is asked of its own declaration, over rows that
stand for the counted ones. The plan, its worked example and their tests use the same function.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from math import ceil
from typing import Any

from patchlib import shapes
from patchlib.sources import NODE_LISTINGS, Cell, Context, Scope, Source, is_source, sources_in
from patchlib.sources import source as source_of

__all__ = ["Cost", "Counts", "Size", "calls_for", "cost_of", "holds_no_node", "pages", "shares"]

# Where and when the stand-in rows are: no source may depend on more of it than on its being a Region and an instant.
_CELL = Cell("000000000000", "us-east-1")
_AT = datetime(2026, 1, 1, tzinfo=UTC)
# How deep a stand-in for a nested member goes: no source reads further.
_DEPTH = 3


@dataclass(frozen=True)
class Size:
    """How much a source has in one cell.

    rows:    in all of its listings together; None where nobody has counted.
    changed: of a source whose details are kept while they stand, the items asked again; None = all of them.
    like:    values that the rows take in turn, by member, where the requests of another source depend on them.
    """

    rows: int | None
    changed: int | None = None
    like: tuple[tuple[str, tuple[Any, ...]], ...] = ()


Counts = Mapping[str, Size]


@dataclass(frozen=True)
class Cost:
    """Calls of one source in one cell.

    calls: None where they depend on what nobody has counted. is_floor: at least so many, because rows are unknown.
    kept_calls: saved because details stand unchanged. absent_calls: saved because the cell holds no node.
    """

    calls: int | None
    is_floor: bool = False
    kept_calls: int = 0
    absent_calls: int = 0


def pages(rows: int, page_size: int | None) -> int:
    """Calls of one listing: one even for no row, because only the answer tells that there is none."""
    return max(1, ceil(rows / page_size)) if page_size else 1


def shares(total: int, parts: int) -> list[int]:
    """A total spread over so many parts as evenly as whole numbers go, the larger ones first."""
    each, more = divmod(total, parts) if parts else (0, 0)
    return [each + 1] * more + [each] * (parts - more)


def calls_for(counts: Counts, scope: Scope = Scope.CELL) -> dict[str, Cost]:
    """Calls of every source of a scope, in a cell with these counts by source.

    For Scope.ESTATE the counts are those of all cells together, each different row once.
    """
    return dict(_calls_for(frozenset(counts.items()), scope))


@lru_cache(maxsize=4096)  # the cells of an estate are often alike, the empty ones always
def _calls_for(sizes: frozenset[tuple[str, Size]], scope: Scope) -> dict[str, Cost]:
    known = _with_implied(dict(sizes))
    is_empty = scope is Scope.CELL and holds_no_node(known)
    found: dict[str, Cost] = {}
    for source in sources_in(scope):
        if is_empty and source.on_nodes and source.name not in NODE_LISTINGS:
            # What needs another listing would have had nothing to ask about.
            found[source.name] = Cost(0, absent_calls=0 if source.needs else 1)
        else:
            found[source.name] = cost_of(source, known)
    return found


def holds_no_node(counts: Counts) -> bool:
    """Whether the counts say that every listing of nodes is empty."""
    listings = [name for name in NODE_LISTINGS if is_source(name)]
    return all(name in counts and counts[name].rows == 0 for name in listings)


def cost_of(source: Source, counts: Counts) -> Cost:
    """Calls of one source where these rows are."""
    requests = _requests(source, counts)
    if requests is None:
        return Cost(None)
    size = counts.get(source.name, Size(None))
    rows = None if source.page_size is None else size.rows
    whole = requests if rows is None else sum(pages(share, source.page_size) for share in shares(rows, requests))
    is_floor = source.page_size is not None and rows is None and requests > 0
    if size.changed is None or source.detail is None or requests == 0:
        return Cost(whole, is_floor)
    asked = round(whole * min(size.changed, requests) / requests)
    return Cost(asked, is_floor, kept_calls=whole - asked)


def _requests(source: Source, counts: Counts) -> int | None:
    """How many listings a source asks for; None where that depends on what the counts do not tell."""
    sizes = {name: counts.get(name, Size(None)) for name in source.needs}
    if any(size.rows is None for size in sizes.values()):
        return None
    remembered = {name: _rows(source_of(name), size) for name, size in sizes.items()}
    own = counts.get(source.name, Size(None))
    context = Context(_CELL, remembered, _AT, _AT, own=_rows(source, own) if own.rows else ())
    made = sum(1 for _ in source.requests(context))
    # It picks among the rows by values that a count does not have.
    return None if made == 0 and sizes and all(size.rows for size in sizes.values()) else made


def _with_implied(counts: Counts) -> dict[str, Size]:
    """The counts, with those that follow: what describes nodes by their own key has at most a row for each."""
    found = dict(counts)
    for source in sources_in(Scope.CELL):
        above = source.needs[0] if len(source.needs) == 1 and source.needs[0] in NODE_LISTINGS else None
        if above in found and source.name not in found and source.key == source_of(above).key:
            found[source.name] = Size(found[above].rows)
    return found


def _rows(source: Source, size: Size) -> list[dict[str, Any]]:
    """Rows that stand for the counted ones: each with what the source remembers, and named apart."""
    shape = shapes.item_shape(source.service, source.operation, source.items)
    members = shape.members if shape.type_name == "structure" else {}
    like = dict(size.like)
    return [
        {"_region": _CELL.region}
        | {name: _value(members.get(name), f"{name}-{number}", number) for name in source.remember}
        | {name: values[number % len(values)] for name, values in like.items()}
        for number in range(size.rows or 0)
    ]


def _value(shape: Any, name: str, number: int, depth: int = 0) -> Any:
    """A value of a shape; texts are `name`, which no enumeration holds. None: a column taken from the request."""
    kind = "string" if shape is None else shape.type_name
    if kind == "structure":
        within = shape.members.items() if depth < _DEPTH else ()
        return {member: _value(inner, f"{member}-{number}", number, depth + 1) for member, inner in within}
    if kind == "list":
        return [_value(shape.member, name, number, depth + 1)] if depth < _DEPTH else []
    plain = {"map": {}, "integer": number, "long": number, "float": float(number), "double": float(number)}
    return {**plain, "boolean": False, "timestamp": _AT.isoformat()}.get(kind, name)

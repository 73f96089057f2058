"""Handlers made from the catalogue: rows of the world in, an operation's whole answer out.

    listed("ssm_command", commands, filters={"InvokedAfter": after("RequestedDateTime")})
    described("ssm_window_task_detail", tasks, by={"WindowTaskId": "WindowTaskId"}, missing=...)

A rows function gives every row of one account and Region in the operation's item shape. Members that begin with
`_` are not answered: they only say which parameters choose the row. A parameter or filter that is not named here is
refused, never ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from patchlib.sandbox import paging
from patchlib.sandbox.endpoint import Call, Handler, ServiceError
from patchlib.sandbox.world.estate import Estate
from patchlib.sources import source
from patchlib.sources.declaration import steps

__all__ = ["Matches", "Row", "Rows", "after", "before", "described", "equals", "listed"]

Row = Mapping[str, Any]
Rows = Callable[[Estate, str, str], Iterable[Row]]
Matches = Callable[[Row, list[str]], bool]


def equals(member: str) -> Matches:
    """A filter for rows whose member is among the values."""
    return lambda row, values: str(row.get(member)) in values


def after(member: str) -> Matches:
    """A filter for rows whose instant is later than the value, an ISO instant."""

    def matches(row: Row, values: list[str]) -> bool:
        return bool(row.get(member)) and row[member] > datetime.fromisoformat(values[0])

    return matches


def before(member: str) -> Matches:
    """A filter for rows whose instant is earlier than the value, an ISO instant."""

    def matches(row: Row, values: list[str]) -> bool:
        return bool(row.get(member)) and row[member] < datetime.fromisoformat(values[0])

    return matches


def listed(
    name: str,
    estate: Estate,
    rows: Rows,
    *,
    by: Mapping[str, str] | None = None,
    filters: Mapping[str, Matches] | None = None,
    ignored: tuple[str, ...] = (),
) -> Handler:
    """A handler that answers the rows of a source of the catalogue along its item path.

    by:      parameter to the member it must equal; a list parameter holds what the member may be.
    filters: what each filter key does.
    ignored: parameters that choose no rows, such as IncludeDeprecated.
    """

    def handler(call: Call) -> dict[str, Any]:
        chosen = list(_chosen(call, rows(estate, call.account_id, call.region), by or {}, filters or {}, ignored))
        return _wrapped([_shown(row) for row in chosen], steps(source(name).items))

    return handler


def described(
    name: str,
    estate: Estate,
    rows: Rows,
    *,
    by: Mapping[str, str],
    missing: Callable[[Call], ServiceError],
    ignored: tuple[str, ...] = (),
) -> Handler:
    """A handler that answers the one row that the parameters name, or the service's error for none."""

    def handler(call: Call) -> dict[str, Any]:
        chosen = list(_chosen(call, rows(estate, call.account_id, call.region), by, {}, ignored))
        if not chosen:
            raise missing(call)
        found: dict[str, Any] = _shown(chosen[0])
        for step in reversed(steps(source(name).items)):
            found = {step.removesuffix("[]"): [found] if step.endswith("[]") else found}
        return found

    return handler


def _wrapped(rows: list[Any], path: list[str]) -> dict[str, Any]:
    """Rows along a path such as `Mappings[]`; of two lists, `Reservations[].Instances[]`, one row each."""
    *outer, last = path
    found: Any = {last.removesuffix("[]"): rows}
    for step in reversed(outer):
        if step.endswith("[]"):
            found = {step.removesuffix("[]"): [{last.removesuffix("[]"): [row]} for row in rows]}
        else:
            found = {step: found}
    return dict(found)


def _shown(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not name.startswith("_")}


def _chosen(
    call: Call, rows: Iterable[Row], by: Mapping[str, str], filters: Mapping[str, Matches], ignored: tuple[str, ...]
) -> Iterator[Row]:
    listing = paging.listing(call.service, call.operation)
    free = {*ignored, *(listing.steering if listing else ())}
    asked = {name: value for name, value in call.params.items() if name not in free}
    tests: list[Callable[[Row], bool]] = []
    for name, value in asked.items():
        if name in by:
            wanted = value if isinstance(value, list) else [value]
            tests.append(_among(by[name], wanted))
        elif isinstance(value, list) and all(isinstance(item, dict) for item in value):
            tests += [_filter(call, item, filters) for item in value]
        else:
            raise ServiceError("ValidationException", f"The sandbox does not follow {name} of {call.operation}.")
    return (row for row in rows if all(test(row) for test in tests))


def _among(member: str, wanted: list[Any]) -> Callable[[Row], bool]:
    return lambda row: not wanted or row.get(member) in wanted


def _filter(call: Call, item: Mapping[str, Any], filters: Mapping[str, Matches]) -> Callable[[Row], bool]:
    """One filter, in any of the spellings of AWS: Key or Name, Values or Value, capital or not."""
    lower = {name.lower(): value for name, value in item.items()}
    key = str(lower.get("key", lower.get("name", "")))
    values = lower.get("values", lower.get("value", []))
    if key not in filters:
        raise ServiceError("InvalidFilterKey", f"The sandbox does not filter {call.operation} by {key}.")
    matches = filters[key]
    return lambda row: matches(row, [str(value) for value in (values if isinstance(values, list) else [values])])

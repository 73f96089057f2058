"""Limits on what queries answer: held against the queries' headers before anything runs, asked before the notebooks.

    [[query_gates]]
    query = "compliance/by_environment"
    column = "compliant_share"
    where = { environment = "production" }
    warn_at_least = 0.95
    fail_at_least = 0.9
    reason = "Production is patched first"

`patchlib.reports.definition.QueryGate` says what each key means.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pandas as pd

from patchlib import queries
from patchlib.errors import ConfigError, QueryNotFound, ReportInvalid
from patchlib.notebook import DEFAULTS, Session
from patchlib.reports.definition import ROW_COUNT, QueryGate, ReportDefinition
from patchlib.reports.summary import GateResult
from patchlib.site import wording
from patchlib.tables import unit_of

__all__ = ["ask", "refuse_unknown"]

_NUMBERS = ("integer", "bigint", "double")
_COMPARED: Mapping[str, tuple[type, ...]] = {
    "varchar": (str,),
    "boolean": (bool,),
    **dict.fromkeys(_NUMBERS, (int, float)),
}
_STORE_TOPICS = ("core/", "checks/")


def refuse_unknown(definition: ReportDefinition, given: Mapping[str, Any]) -> None:
    """Raise ReportInvalid for a query gate that its query cannot answer: no such query, column or parameter.

    given: parameters of the run; they reach the queries that declare them. Nothing is asked of a store.
    """
    for gate in definition.query_gates:
        try:
            query = _query(gate)
            _check_columns(gate, query)
            queries.bind(query, _parameters(gate, query, datetime(1970, 1, 1), given))  # noqa: DTZ001 - any instant
        except (QueryNotFound, ConfigError) as error:
            where = f"report {definition.name}, query gate {gate.name}"
            raise ReportInvalid(error.what, where=where, next_step=error.next_step) from error


def _query(gate: QueryGate) -> queries.Query:
    if gate.query.startswith(_STORE_TOPICS):
        step = "`patchlib query --list` shows those that can be asked."
        raise ReportInvalid(f"{gate.query} is a relation of the store and no query to ask", next_step=step)
    return queries.load(gate.query)


def _parameters(gate: QueryGate, query: queries.Query, as_of: datetime, given: Mapping[str, Any]) -> dict[str, Any]:
    """What the query is asked with: the gate's own before the run's, the run's before the defaults."""
    known = {**DEFAULTS, **given, "as_of": as_of}
    declared = [param.name for param in query.params]
    return {name: known[name] for name in declared if name in known} | gate.parameters


def _check_columns(gate: QueryGate, query: queries.Query) -> None:
    types = {column.name: column.type for column in query.columns}
    for name in (*([] if gate.column == ROW_COUNT else [gate.column]), *gate.where):
        if name not in types:
            near = difflib.get_close_matches(name, types, 1)
            hint = f"Did you mean {near[0]}?" if near else f"It has: {', '.join(types)}."
            raise ReportInvalid(f"{query.name} has no column {name}", next_step=hint)
    if gate.column != ROW_COUNT and gate.aggregate != "count" and types[gate.column] not in _NUMBERS:
        step = "Name a column of numbers, row_count, or the aggregate count."
        raise ReportInvalid(f"{gate.column} is {types[gate.column]} and no number", next_step=step)
    for name, wanted in gate.where.items():
        kinds = _COMPARED.get(types[name], ())
        for value in wanted if isinstance(wanted, tuple) else (wanted,):
            if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
                step = "Text, numbers and true or false can be compared, each with a column of its kind."
                raise ReportInvalid(f"{name} is {types[name]} and never {value!r}", next_step=step)


def ask(definition: ReportDefinition, session: Session) -> list[GateResult]:
    """Every query gate's result at the session's instant, in the order of the definition.

    Raises what `Session.query` raises: a store that cannot answer is no reason to publish.
    """
    return [_asked(gate, session) for gate in definition.query_gates]


def _asked(gate: QueryGate, session: Session) -> GateResult:
    query = queries.load(gate.query)
    rows = session.query(gate.query, **gate.parameters)
    counted = rows
    for name, wanted in gate.where.items():
        counted = counted[counted[name].isin(wanted if isinstance(wanted, tuple) else (wanted,))]
    value, unknown = _value(gate, counted)
    field = next((column for column in query.columns if column.name == gate.column), None)
    unit = "rows" if field is None or gate.aggregate == "count" else unit_of(field.name, field.meaning)
    if value is None:
        said = f"{gate.reason}: {gate.column} is not known: {unknown}."
        return _result(gate, None, unit, said, gate.can_fail, not gate.can_fail)
    shown = f"{wording.quantity(value, unit)} {wording.spell_unit(unit)}".rstrip()
    failed = _broken(value, gate.fail_at_least, gate.fail_at_most)
    warned = () if failed else _broken(value, gate.warn_at_least, gate.warn_at_most)
    of = f" ({len(counted):,} of {len(rows):,} rows)" if gate.where else ""
    said = f"{gate.reason}: {shown}{of}, wanted {_spelt(failed or warned or _limits(gate), unit)}."
    return _result(gate, value, unit, said, bool(failed), bool(warned))


def _result(
    gate: QueryGate, value: float | None, unit: str, said: str, is_tripped: bool, is_warned: bool
) -> GateResult:
    told = {"name": gate.name, "is_tripped": is_tripped, "is_warned": is_warned, "message": said}
    return GateResult(**told, value=value, unit="share" if unit == "0..1" else unit)


def _value(gate: QueryGate, rows: pd.DataFrame) -> tuple[float | None, str]:
    """The one value, or None and why it is not known: one row without a value may be the worst of all."""
    if gate.column == ROW_COUNT:
        return len(rows), ""
    values = rows[gate.column]
    missing = int(values.isna().sum())
    if gate.aggregate == "count":
        return len(values) - missing, ""
    if not len(values):
        return None, "there is no such row"
    if missing:
        return None, f"{missing:,} of {len(values):,} rows have no value"
    if gate.aggregate is None and len(values) > 1:
        return None, f"there are {len(values):,} rows and no aggregate is named"
    return float(values.agg(gate.aggregate) if gate.aggregate else values.iloc[0]), ""


Limit = tuple[str, float]


def _broken(value: float, least: float | None, most: float | None) -> tuple[Limit, ...]:
    if least is not None and value < least:
        return (("at least", least),)
    if most is not None and value > most:
        return (("at most", most),)
    return ()


def _limits(gate: QueryGate) -> tuple[Limit, ...]:
    """The strictest limits, which a value that holds keeps."""
    least = gate.fail_at_least if gate.warn_at_least is None else gate.warn_at_least
    most = gate.fail_at_most if gate.warn_at_most is None else gate.warn_at_most
    named = (("at least", least), ("at most", most))
    return tuple((side, limit) for side, limit in named if limit is not None)


def _spelt(limits: tuple[Limit, ...], unit: str) -> str:
    return " and ".join(f"{side} {wording.quantity(limit, unit)}" for side, limit in limits)

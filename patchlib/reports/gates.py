"""What a report watches: coverage always; age, facts and answers of queries where the definition says so."""

from __future__ import annotations

from collections.abc import Sequence

from patchlib.notebook import Coverage
from patchlib.reports.definition import FactGate, ReportDefinition
from patchlib.reports.reading import Page
from patchlib.reports.summary import GateResult
from patchlib.site import wording

__all__ = ["COVERAGE", "check_gates"]

COVERAGE = "coverage"  # the gate no definition can leave out


def check_gates(
    definition: ReportDefinition,
    seen: Coverage,
    age_days: float | None,
    pages: Sequence[Page],
    answered: Sequence[GateResult] = (),
) -> list[GateResult]:
    """Every gate's result, tripped or not.

    age_days: age of the last snapshot [d], None when there is none. answered: results of the query gates.
    """
    results = [_coverage(definition, seen)]
    if definition.max_data_age_days is not None:
        results.append(_age(age_days, definition.max_data_age_days))
    return [*results, *(_fact(gate, pages) for gate in definition.gates), *answered]


def _coverage(definition: ReportDefinition, seen: Coverage) -> GateResult:
    if seen.taken_at is None:
        return GateResult(name=COVERAGE, is_tripped=True, message="Nothing has been read: there is no snapshot.")
    named = dict(zip(seen.blind_accounts, seen.blind_names, strict=True))
    surprise = [name for account, name in named.items() if account not in definition.expected_blind]
    if surprise:
        words = f"Not readable and not expected to be: {', '.join(surprise)}."
        return GateResult(name=COVERAGE, is_tripped=True, message=words)
    opened = [account for account in definition.expected_blind if account not in named]
    rest = f" Expected to be blind, but readable: {', '.join(opened)}." if opened else ""
    count = f"{len(named)} unreadable account{'' if len(named) == 1 else 's'}, all expected." if named else ""
    words = (count or "Every account is readable.") + rest
    return GateResult(name=COVERAGE, is_tripped=False, message=words)


def _age(age_days: float | None, limit: float) -> GateResult:
    shown = wording.quantity(age_days, "d")
    tripped = age_days is None or age_days > limit
    words = f"The data is {shown} days old; the limit is {limit:g}."
    return GateResult(name="data age", is_tripped=tripped, message=words)


def _fact(gate: FactGate, pages: Sequence[Page]) -> GateResult:
    name = f"{gate.notebook} {gate.fact}"
    found = [fact for page in pages if page.name == gate.notebook for fact in page.facts if fact.name == gate.fact]
    value = found[-1].value if found else None
    if not isinstance(value, int | float):
        words = f"{gate.reason}: {gate.fact} is not known."
        return GateResult(name=name, is_tripped=True, message=words)
    low = gate.at_least is not None and value < gate.at_least
    high = gate.at_most is not None and value > gate.at_most
    unit = found[-1].unit
    limit = gate.at_least if gate.at_most is None or low else gate.at_most
    shown = f"{wording.quantity(value, unit)} {wording.spell_unit(unit)}".rstrip()
    side = "at least" if limit == gate.at_least else "at most"
    words = f"{gate.reason}: {shown}, wanted {side} {wording.quantity(limit, unit)}."
    return GateResult(name=name, is_tripped=low or high, message=words)

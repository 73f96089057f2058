"""A report's definition: reports/<name>.toml, validated whole before anything runs."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Any, Literal

import pydantic

from patchlib import paths
from patchlib.errors import ReportInvalid

__all__ = [
    "ROW_COUNT",
    "FactGate",
    "NotebookEntry",
    "QueryGate",
    "ReportDefinition",
    "list_reports",
    "load_report",
]

_NAME = r"^[a-z0-9][a-z0-9_-]*$"
ROW_COUNT = "row_count"  # in place of a column: how many rows there are

Wanted = bool | int | float | str


class _Frozen(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class NotebookEntry(_Frozen):
    """One notebook of notebooks/, by stem, with the parameters this report gives it."""

    name: str = pydantic.Field(pattern=_NAME)
    parameters: dict[str, Any] = {}


class FactGate(_Frozen):
    """A limit on one fact of a notebook, in the fact's own unit (shares 0..1). An unknown fact trips it."""

    notebook: str
    fact: str
    at_least: float | None = None
    at_most: float | None = None
    reason: str = pydantic.Field(min_length=1)

    @pydantic.model_validator(mode="after")
    def _has_limit(self) -> FactGate:
        if self.at_least is None and self.at_most is None:
            raise ValueError("give at_least or at_most")
        return self


class QueryGate(_Frozen):
    """Limits on what a query answers: a broken `warn_` limit is said on the first page, a broken `fail_` one trips.

    column:     of the query, in its own unit (shares 0..1), or `row_count`.
    where:      value, or list of values, that a column of a row has to have for the row to count.
    aggregate:  how several rows become one value; without it there must be exactly one row. `count` is of rows in
                which the column is known.
    parameters: of the query; `as_of` and those of the report reach it where it declares them.

    A value that is not known, or has no row where one is needed, breaks the gravest limit that the gate has.
    """

    query: str
    column: str
    where: dict[str, Wanted | tuple[Wanted, ...]] = {}
    aggregate: Literal["min", "max", "sum", "count"] | None = None
    parameters: dict[str, Any] = {}
    warn_at_least: float | None = None
    warn_at_most: float | None = None
    fail_at_least: float | None = None
    fail_at_most: float | None = None
    reason: str = pydantic.Field(min_length=1)

    @property
    def can_fail(self) -> bool:
        """Whether one of its limits ends the run with exit code 7."""
        return self.fail_at_least is not None or self.fail_at_most is not None

    @property
    def name(self) -> str:
        """What is watched, as the report's first page and summary.json name it."""
        value = f"{self.aggregate}({self.column})" if self.aggregate else self.column
        return f"{self.query} {value}{self.condition}"

    @property
    def condition(self) -> str:
        """` where column = value, ...`; "" when every row counts."""
        parts = [
            f"{column} = {' or '.join(map(str, value if isinstance(value, tuple) else (value,)))}"
            for column, value in self.where.items()
        ]
        return f" where {', '.join(parts)}" if parts else ""

    @pydantic.model_validator(mode="after")
    def _sound(self) -> QueryGate:
        if not self.can_fail and self.warn_at_least is None and self.warn_at_most is None:
            raise ValueError("give warn_at_least, warn_at_most, fail_at_least or fail_at_most")
        least, most = (self.warn_at_least, self.fail_at_least), (self.fail_at_most, self.warn_at_most)
        for sooner, later in (least, most):
            if sooner is not None and later is not None and sooner < later:
                raise ValueError("a warn limit is wider than its fail limit: it would never warn before it fails")
        if self.column == ROW_COUNT and self.aggregate is not None:
            raise ValueError("row_count is one value already: leave the aggregate out")
        return self


class ReportDefinition(_Frozen):
    """What a report runs and watches.

    expected_blind:    account ids known to be unreadable; any other unreadable account trips the gate.
    max_data_age_days: age of the latest snapshot, when the report is made, that trips the gate [d]; none = not watched.
    refuse_after_days: age from which nothing is published, so that the last good site stays [d]; none = never.
    timeout_seconds:   for one notebook, kernel start included [s].
    keep_runs:         finished runs kept under runs/; the oldest go first.
    """

    name: str = pydantic.Field(pattern=_NAME)
    title: str = pydantic.Field(min_length=1)
    description: str = ""
    notebooks: tuple[NotebookEntry, ...] = pydantic.Field(min_length=1)
    expected_blind: tuple[str, ...] = ()
    max_data_age_days: float | None = pydantic.Field(None, gt=0)
    refuse_after_days: float | None = pydantic.Field(None, gt=0)
    gates: tuple[FactGate, ...] = ()
    query_gates: tuple[QueryGate, ...] = ()
    timeout_seconds: int = pydantic.Field(900, gt=0)
    keep_runs: int = pydantic.Field(30, ge=1)

    @pydantic.model_validator(mode="after")
    def _consistent(self) -> ReportDefinition:
        names = [entry.name for entry in self.notebooks]
        if len(names) != len(set(names)):
            raise ValueError("a notebook is listed twice")
        strange = [gate.notebook for gate in self.gates if gate.notebook not in names]
        if strange:
            raise ValueError(f"a gate watches {strange[0]}, which this report does not run")
        trips, refuses = self.max_data_age_days, self.refuse_after_days
        if trips is not None and refuses is not None and refuses <= trips:
            raise ValueError("refuse_after_days is not above max_data_age_days: its gate would never be seen")
        watched = [gate.name for gate in self.query_gates]
        if len(watched) != len(set(watched)):
            raise ValueError("two query gates watch the same: put their limits into one")
        return self


def list_reports() -> list[str]:
    """Names of the definitions found, sorted."""
    return sorted(path.stem for path in paths.reports_folder().glob("*.toml"))


def load_report(name: str | Path) -> ReportDefinition:
    """A definition by name, or from a .toml file.

    Raises ReportInvalid when there is none, or when it is not a valid definition.
    """
    given = Path(name)
    path = given if given.suffix == ".toml" else paths.reports_folder() / f"{name}.toml"
    if not path.is_file():
        near = difflib.get_close_matches(str(name), list_reports(), 1)
        hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(list_reports()) or 'none'}."
        raise ReportInvalid("there is no such report", where=str(path), next_step=hint)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return ReportDefinition.model_validate({"name": path.stem, **content})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ReportInvalid(f"the definition is not TOML: {error}", where=str(path)) from error
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "definition"
        raise ReportInvalid(
            f"{place}: {first['msg']}",
            where=str(path),
            next_step=f"Known keys: {', '.join(ReportDefinition.model_fields)}.",
        ) from error

"""A report's definition: reports/<name>.toml, validated whole before anything runs."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Any

import pydantic

from patchlib import paths
from patchlib.errors import ReportInvalid

__all__ = ["FactGate", "NotebookEntry", "ReportDefinition", "list_reports", "load_report"]

_NAME = r"^[a-z0-9][a-z0-9_-]*$"


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


class ReportDefinition(_Frozen):
    """What a report runs and watches.

    expected_blind:    account ids known to be unreadable; any other unreadable account trips the gate.
    max_data_age_days: age of the latest snapshot, when the report is made, that trips the gate [d]; none = not watched.
    timeout_seconds:   for one notebook, kernel start included [s].
    keep_runs:         finished runs kept under runs/; the oldest go first.
    """

    name: str = pydantic.Field(pattern=_NAME)
    title: str = pydantic.Field(min_length=1)
    description: str = ""
    notebooks: tuple[NotebookEntry, ...] = pydantic.Field(min_length=1)
    expected_blind: tuple[str, ...] = ()
    max_data_age_days: float | None = pydantic.Field(None, gt=0)
    gates: tuple[FactGate, ...] = ()
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

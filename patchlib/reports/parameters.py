"""Parameters against what the notebooks declare: papermill only warns of a misspelt one, this refuses it.

A parameters cell declares `name: type = default  # help [unit]`; papermill reads it.
"""

from __future__ import annotations

import ast
import difflib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from patchlib.errors import ParameterInvalid, ParameterUnknown, ReportInvalid
from patchlib.kernel import papermill
from patchlib.remediation import load_exceptions, named_policy
from patchlib.reports.definition import ReportDefinition

__all__ = ["Parameter", "bind", "coerce", "declared"]


@dataclass(frozen=True)
class Parameter:
    """One declared parameter; `type` is str, int, float, bool, list or dict."""

    name: str
    type: str
    default: Any
    help: str


def declared(notebook: Path) -> dict[str, Parameter]:
    """The parameters a notebook declares, by name, in their order.

    Raises ReportInvalid when there is no such notebook.
    """
    if not notebook.is_file():
        raise ReportInvalid(
            "a report lists a notebook that does not exist",
            where=str(notebook),
            next_step="Mend the definition's notebooks.",
        )
    found = papermill().inspect_notebook(str(notebook))
    return {name: _parameter(name, said) for name, said in found.items()}


def _parameter(name: str, said: Mapping[str, str]) -> Parameter:
    default = ast.literal_eval(said["default"])
    annotated = said["inferred_type_name"].split("[")[0].strip()
    known = annotated if annotated in _READERS else type(default).__name__
    return Parameter(name, known, default, said["help"].strip())


def bind(definition: ReportDefinition, given: Mapping[str, Any], notebooks: Path) -> dict[str, dict[str, Any]]:
    """Each notebook's parameters: the definition's, then `given` wherever a notebook declares the name.

    given: values as JSON types, or as text from a command line.
    Raises ParameterUnknown for a name nothing declares, ParameterInvalid for a value of another type, SettingInvalid
    for a policy or exceptions that cannot be used: a notebook would fail on them only after minutes.
    """
    cells = {entry.name: declared(notebooks / f"{entry.name}.ipynb") for entry in definition.notebooks}
    everywhere = sorted({name for cell in cells.values() for name in cell} - {"store"})
    for name in given:
        if name not in everywhere:
            raise _unknown(name, everywhere, definition.name)
    bound = {}
    for entry in definition.notebooks:
        cell = cells[entry.name]
        for name in entry.parameters:
            if name not in cell:
                raise _unknown(name, sorted(cell), entry.name)
        wanted = {**entry.parameters, **{name: value for name, value in given.items() if name in cell}}
        bound[entry.name] = {name: coerce(cell[name], value, entry.name) for name, value in wanted.items()}
        _refuse_policy(bound[entry.name])
    return bound


def _refuse_policy(values: Mapping[str, Any]) -> None:
    """Read the policy and the exceptions that are named, as the notebook will."""
    owner, clock = values.get("policy_owner", ""), values.get("policy_clock", "")
    named_policy(values.get("policy", ""), owner=owner, clock=clock)
    load_exceptions(values.get("exceptions", ""))


def _unknown(name: str, known: list[str], where: str) -> ParameterUnknown:
    near = difflib.get_close_matches(name, known, 1)
    hint = f"Did you mean {near[0]}?" if near else f"Declared: {', '.join(known) or 'none'}."
    return ParameterUnknown(f"unknown parameter {name}", where=where, next_step=hint)


def _read_bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}[str(value).lower()]


def _read_int(value: Any) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and value != int(value)):
        raise ValueError(value)
    return int(value)


def _read_float(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError(value)
    return float(value)


def _read_str(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _read_json(kind: type) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        found = json.loads(value) if isinstance(value, str) else value
        if not isinstance(found, kind):
            raise TypeError(value)
        return found

    return read


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "bool": _read_bool,
    "dict": _read_json(dict),
    "float": _read_float,
    "int": _read_int,
    "list": _read_json(list),
    "str": _read_str,
}


def coerce(parameter: Parameter, value: Any, where: str = "") -> Any:
    """A value as the parameter's type; text from a command line is read as that type.

    Raises ParameterInvalid.
    """
    reader = _READERS.get(parameter.type)
    if reader is None:
        return value
    try:
        read = reader(value)
    except (KeyError, OverflowError, TypeError, ValueError) as error:
        raise ParameterInvalid(
            f"{parameter.name} must be of type {parameter.type}, not {value!r}",
            where=where,
            next_step=parameter.help or f"The default is {parameter.default!r}.",
        ) from error
    if parameter.name.endswith(("_days", "_hours")) and read < 0:
        raise ParameterInvalid(f"{parameter.name} is negative: {read}", where=where, next_step=parameter.help)
    return read

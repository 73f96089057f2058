"""Promises of parameter checks: nothing unknown or ill-typed reaches a notebook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from patchlib.errors import ParameterInvalid, ParameterUnknown, ReportInvalid, SettingInvalid
from patchlib.reports.definition import NotebookEntry, ReportDefinition
from patchlib.reports.parameters import Parameter, bind, coerce, declared
from tests.reports import sample


def _definition(**parameters: Any) -> ReportDefinition:
    return ReportDefinition(name="r", title="T", notebooks=(NotebookEntry(name="a", parameters=parameters),))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("notebooks")
    sample.write(place / "a.ipynb")
    return place


def test_the_parameters_cell_is_read(folder: Path) -> None:
    """Name, type, default and help come from `name: type = default  # help [unit]`."""
    found = declared(folder / "a.ipynb")
    assert found["limit"] == Parameter("limit", "int", 7, "days [d]")
    assert [parameter.type for parameter in found.values()] == ["str", "str", "int", "dict", "bool"]


def test_given_values_reach_notebooks_that_declare_them(folder: Path) -> None:
    """Text from a command line becomes the declared type, and wins over the definition's."""
    assert bind(_definition(limit=3), {"limit": "9", "is_strict": "true"}, folder) == {
        "a": {"limit": 9, "is_strict": True}
    }


def test_an_unknown_parameter_is_refused_with_the_nearest_name(folder: Path) -> None:
    """A typo never runs with the default instead."""
    with pytest.raises(ParameterUnknown, match=r"unknown parameter limits \(r\)\. Did you mean limit\?"):
        bind(_definition(), {"limits": 9}, folder)
    with pytest.raises(ParameterUnknown, match=r"unknown parameter as_off \(a\)\. Did you mean as_of\?"):
        bind(_definition(as_off="2026-11-02"), {}, folder)


def test_the_store_is_not_a_parameter(folder: Path) -> None:
    """Which store is read is said by --store, once for all notebooks."""
    with pytest.raises(ParameterUnknown, match="unknown parameter store"):
        bind(_definition(), {"store": "x.duckdb"}, folder)


@pytest.mark.parametrize(
    ("kind", "value"),
    [("int", "7.5"), ("int", True), ("int", 7.5), ("float", "much"), ("bool", "yes"), ("bool", 1), ("str", 7),
     ("dict", "[1]"), ("list", "{"), ("float", True)],
)  # fmt: skip
def test_a_value_of_another_type_is_refused(kind: str, value: object) -> None:
    """The message names the parameter, its type and its help."""
    with pytest.raises(ParameterInvalid, match=rf"limit must be of type {kind}, not .*days \[d\]"):
        coerce(Parameter("limit", kind, 0, "days [d]"), value)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [("int", "7", 7), ("float", "0.5", 0.5), ("float", 1, 1.0), ("bool", "False", False), ("str", "7", "7"),
     ("dict", '{"a": 1}', {"a": 1}), ("list", "[1, 2]", [1, 2])],
)  # fmt: skip
def test_text_is_read_as_the_declared_type(kind: str, text: object, value: object) -> None:
    """A command line knows only text."""
    found = coerce(Parameter("p", kind, None, ""), text)
    assert (found, type(found)) == (value, type(value))


def test_a_missing_notebook_is_the_definitions_fault(folder: Path) -> None:
    """A report that lists a notebook nobody wrote does not start."""
    with pytest.raises(ReportInvalid, match="does not exist"):
        declared(folder / "b.ipynb")


@pytest.mark.parametrize("name", ["stale_after_days", "scan_interval_hours"])
def test_a_negative_duration_is_refused(name: str) -> None:
    """Days and hours below zero would publish nonsense in good order."""
    with pytest.raises(ParameterInvalid, match=name):
        coerce(Parameter(name, "int", 7, ""), "-1")


@pytest.mark.parametrize(
    ("values", "said"),
    [({"policy": "pci"}, "there is no policy 'pci'"), ({"policy": "pci-dss-6.3.3"}, "no owner"),
     ({"exceptions": "absent.toml"}, "absent.toml")],
)  # fmt: skip
def test_a_policy_that_cannot_be_used_is_refused_before_anything_runs(
    tmp_path: Path, values: dict[str, str], said: str
) -> None:
    """From the command line or the definition: a notebook would fail on it only after minutes."""
    cell = "".join(f'{name}: str = ""\n' for name in ("policy", "policy_owner", "policy_clock", "exceptions"))
    sample.write(tmp_path / "a.ipynb", parameters=cell)
    with pytest.raises(SettingInvalid, match=said):
        bind(_definition(), values, tmp_path)
    with pytest.raises(SettingInvalid, match=said):
        bind(_definition(**values), {}, tmp_path)
    named = {"policy": "pci-dss-6.3.3", "policy_owner": "payments", "policy_clock": "released"}
    assert bind(_definition(), named, tmp_path) == {"a": named}

"""Promises of report definitions."""

from __future__ import annotations

from pathlib import Path

import pytest

from patchlib import paths
from patchlib.errors import ReportInvalid
from patchlib.reports.definition import list_reports, load_report
from patchlib.reports.parameters import bind

VALID = 'title = "T"\n[[notebooks]]\nname = "01_fleet"\n'


def _file(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text)
    return path


def test_the_name_is_the_file_stem(tmp_path: Path) -> None:
    """A report is called by its file."""
    assert load_report(_file(tmp_path, VALID)).name == "mine"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('titel = "T"\n' + VALID, "titel: Extra inputs"),
        ('title = "T"\n', "notebooks: Field required"),
        (VALID + '[[notebooks]]\nname = "01_fleet"\n', "listed twice"),
        (VALID + '[[gates]]\nnotebook = "x"\nfact = "f"\nat_least = 1\nreason = "r"\n', "watches x"),
        (VALID + '[[gates]]\nnotebook = "01_fleet"\nfact = "f"\nreason = "r"\n', "at_least or at_most"),
        (VALID + '[[notebooks]]\nname = "../evil"\n', "should match pattern"),
        ("max_data_age_days = 8\nrefuse_after_days = 8\n" + VALID, "would never be seen"),
        ("refuse_after_days = 0\n" + VALID, "refuse_after_days: Input should be greater than 0"),
        ("title = ", "not TOML"),
    ],
)
def test_a_definition_with_a_fault_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    """Unknown keys, doubles, gates on nothing and broken TOML never run."""
    with pytest.raises(ReportInvalid, match=said):
        load_report(_file(tmp_path, text))


def test_an_unknown_report_suggests_the_nearest() -> None:
    """A misspelt name meets the name that was meant."""
    with pytest.raises(ReportInvalid, match=r"Did you mean weekly\?"):
        load_report("weekyl")


@pytest.mark.parametrize("name", list_reports())
def test_every_committed_definition_fits_its_notebooks(name: str) -> None:
    """Each lists notebooks that exist and parameters that they declare."""
    definition = load_report(name)
    assert set(bind(definition, {}, paths.notebooks_folder())) == {entry.name for entry in definition.notebooks}


def test_the_demonstration_expects_the_sandbox_blind_accounts() -> None:
    """The demo's two blind accounts are listed; a third would trip its gate."""
    assert len(load_report("demo").expected_blind) == 2

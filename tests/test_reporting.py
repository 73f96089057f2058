"""`patchlib report` from the outside: what is printed where, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from patchlib import paths
from patchlib.cli import main
from patchlib.reports import run as running
from tests import estate
from tests.reports import sample

Run = Callable[..., tuple[int, str, str]]
GATE = """
[[query_gates]]
query = "fleet/coverage"
column = "node_count"
aggregate = "sum"
reason = "The small organisation has twelve"
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a report of one sample notebook on the small organisation, with limits; notebooks run without a kernel."""
    (tmp_path / "notebooks").mkdir()
    sample.write(tmp_path / "notebooks" / "01_fleet.ipynb")
    estate.loaded(tmp_path / "own.duckdb", estate.taken_once())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(paths, "notebooks_folder", lambda: tmp_path / "notebooks")
    whole = running.run_report
    monkeypatch.setattr("patchlib.reports.run_report", lambda *a, **k: whole(*a, execute=sample.in_process, **k))

    def reporting(limits: str, *arguments: str) -> tuple[int, str, str]:
        path = sample.definition(tmp_path / "estate.toml", "01_fleet")
        blind = f'"{estate.DENYING}", "{estate.SUSPENDED}"'
        path.write_text(path.read_text().replace('"111122223333", "444455556666"', blind) + limits)
        with pytest.raises(SystemExit) as ended:
            main(["report", "estate.toml", "--store", "own.duckdb", *arguments])
        out, err = capfd.readouterr()
        return int(ended.value.code or 0), out, err

    return reporting


def test_a_good_run_prints_the_page_and_exits_0(run: Run) -> None:
    """stdout is the front page's path alone."""
    code, out, err = run(f"{GATE}fail_at_least = 12\n")
    assert (code, out.strip()) == (0, "reports/output/estate/index.html")
    assert err == "patchlib: published reports/output/estate/index.html\n"


def test_a_warning_is_said_and_exits_0(run: Run) -> None:
    """On standard error, which a scheduler mails."""
    code, _, err = run(f"{GATE}warn_at_least = 13\n")
    said = "fleet/coverage sum(node_count): The small organisation has twelve: 12 nodes, wanted at least 13."
    assert (code, err.splitlines()[0]) == (0, f"patchlib: warning: {said}")


def test_a_tripped_gate_exits_7_after_publishing(run: Run) -> None:
    """One line with value, limit, page and way out."""
    code, out, err = run(f"{GATE}fail_at_least = 13\n")
    assert (code, out) == (7, "")
    assert Path("reports/output/estate/index.html").exists()
    assert "12 nodes, wanted at least 13 (reports/output/estate/index.html)." in err.splitlines()[-1]
    assert "change the limit in the report's definition" in err.splitlines()[-1]


def test_a_gate_on_nothing_exits_2_before_anything_runs(run: Run) -> None:
    """A misspelt column is a fault of the definition."""
    code, _, err = run(f"{GATE.replace('node_count', 'nodes_count')}fail_at_least = 13\n")
    assert code == 2
    assert "Did you mean node_count?" in err
    assert not Path("reports").exists()

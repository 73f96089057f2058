"""Promises of running notebooks."""

from __future__ import annotations

import threading
from pathlib import Path

import nbformat

from patchlib.reports.execution import Job, Outcome, papermill_executor, run_jobs
from tests.reports import sample


def _job(name: str, folder: Path = Path(), timeout: float = 60) -> Job:
    return Job(name, folder / f"{name}.ipynb", folder / f"{name}.out.ipynb", {}, timeout)


def test_two_notebooks_run_at_a_time() -> None:
    """Two meet at the barrier, so they ran together; never are there three."""
    together, counting = threading.Barrier(2, timeout=20), threading.Lock()
    running, most = [0], [0]

    def execute(job: Job) -> Outcome:
        with counting:
            running[0] += 1
            most[0] = max(most[0], running[0])
        together.wait()
        with counting:
            running[0] -= 1
        return Outcome(job.name, "ok")

    outcomes = run_jobs([_job(name) for name in "abcd"], execute)
    assert [outcome.name for outcome in outcomes] == list("abcd")
    assert most[0] == 2


def test_a_failure_stops_nobody_else_and_is_told() -> None:
    """The others run, and each end is one line."""
    told: list[str] = []
    outcomes = run_jobs(
        [_job("a"), _job("b")],
        lambda job: Outcome(job.name, "failed", "boom") if job.name == "a" else Outcome(job.name, "ok"),
        progress=told.append,
    )
    assert [outcome.status for outcome in outcomes] == ["failed", "ok"]
    assert sorted(told) == ["a: failed, boom", "b: ok"]


def test_a_notebook_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    """The limit is for the notebook, kernel start included."""
    sample.write(tmp_path / "slow.ipynb")
    outcome = papermill_executor(_job("slow", tmp_path, timeout=0.05))
    assert outcome == Outcome("slow", "failed", "not finished after 0.05 seconds")


def test_a_real_kernel_runs_a_notebook_with_its_parameters(tmp_path: Path) -> None:
    """papermill injects the parameters, a failed cell keeps the artefact and gives the cause."""
    source = sample.write(tmp_path / "real.ipynb", "limit", "raise LookupError('limit is ' + str(limit))")
    outcome = papermill_executor(Job("real", source, tmp_path / "out.ipynb", {"limit": 11}, 120))
    assert outcome == Outcome("real", "failed", "LookupError: limit is 11")
    shown = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    texts = [
        output.data.get("text/plain") for cell in shown.cells for output in cell.get("outputs", []) if "data" in output
    ]
    assert "11" in texts

"""Running notebooks: each in its own process with its own kernel, two at a time, each with a time limit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

__all__ = ["AT_ONCE", "Executor", "Job", "Outcome", "papermill_executor", "run_jobs", "silent"]

AT_ONCE = 2  # a kernel keeps one core busy; a third on two cores only adds memory


@dataclass(frozen=True)
class Job:
    """One notebook to run: source and target .ipynb, its parameters, its limit [s]."""

    name: str
    source: Path
    target: Path
    parameters: dict[str, Any]
    timeout_seconds: float


@dataclass(frozen=True)
class Outcome:
    """How it ended; `cause` is one line where it failed outside a cell (the cell's own is in the notebook)."""

    name: str
    status: Literal["ok", "failed"]
    cause: str = ""


Executor = Callable[[Job], Outcome]


def silent(_line: str) -> None:
    """Progress told to nobody."""


def papermill_executor(job: Job) -> Outcome:
    """Run a job by papermill in a child process; which ends, kernel included, when its time is over."""
    order = {
        "source": str(job.source),
        "target": str(job.target),
        "parameters": job.parameters,
        "timeout_seconds": job.timeout_seconds,
    }
    try:
        child = subprocess.run(
            [sys.executable, "-m", "patchlib.kernel"],
            input=json.dumps(order),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            timeout=job.timeout_seconds,
            env=os.environ | {"PYDEVD_DISABLE_FILE_VALIDATION": "1"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        # The child is killed; its kernel ends by itself when its parent is gone.
        return Outcome(job.name, "failed", f"not finished after {job.timeout_seconds:g} seconds")
    if child.returncode == 0:
        return Outcome(job.name, "ok")
    lines = [line for line in child.stderr.splitlines() if line.strip()]
    cause = lines[-1].strip() if lines else f"the process ended with {child.returncode}"
    return Outcome(job.name, "failed", cause)


def run_jobs(
    jobs: Sequence[Job],
    execute: Executor = papermill_executor,
    *,
    progress: Callable[[str], None] = silent,
) -> list[Outcome]:
    """Run all jobs, at most two at a time; one that fails does not stop the others.

    progress is told one line per finished notebook. Outcomes come in the order of the jobs.
    """

    def one(job: Job) -> Outcome:
        outcome = execute(job)
        progress(f"{job.name}: {outcome.status}{f', {outcome.cause}' if outcome.cause else ''}")
        return outcome

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, jobs))

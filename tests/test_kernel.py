"""Promises of the process that runs one notebook."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from patchlib import kernel
from tests.reports import sample


class _CellFailed(Exception):
    ename, evalue = "ValueError", "no rows"


class _Papermill:
    """Stands in for papermill: each start meets the next of `faults`; None is a good run."""

    exceptions = SimpleNamespace(PapermillExecutionError=_CellFailed)

    def __init__(self, *faults: Exception | None) -> None:
        self.faults = list(faults)
        self.orders: list[tuple[str, dict[str, Any]]] = []

    def execute_notebook(self, source: str, target: str, **how: Any) -> None:
        self.orders.append((source, {"target": target, **how}))
        fault = self.faults.pop(0)
        if fault:
            raise fault


def _main(monkeypatch: pytest.MonkeyPatch, papermill: _Papermill, target: Path) -> int:
    order = {"source": "a.ipynb", "target": str(target), "parameters": {"limit": 7}, "timeout_seconds": 60}
    monkeypatch.setattr(kernel, "papermill", lambda: papermill)
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(order)))
    monkeypatch.setattr("logging.disable", lambda _level: None)
    return kernel.main()


def test_an_order_is_run_with_its_parameters(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Source, parameters and limit reach papermill; the kernel is that of this Python."""
    papermill = _Papermill(None)
    assert _main(monkeypatch, papermill, tmp_path / "out.ipynb") == 0
    source, how = papermill.orders[0]
    assert (source, how["parameters"], how["execution_timeout"], how["kernel_name"]) == (
        "a.ipynb",
        {"limit": 7},
        60,
        "python3",
    )


def test_a_failed_cell_is_not_tried_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its cause is the last line, and the process says so by its exit code."""
    papermill = _Papermill(_CellFailed())
    assert _main(monkeypatch, papermill, tmp_path / "out.ipynb") == 1
    assert capsys.readouterr().err == "ValueError: no rows\n"


def test_a_kernel_that_did_not_start_is_tried_once_more(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Parallel kernels may take each other's ports; the second start has new ones."""
    papermill = _Papermill(RuntimeError("Kernel died before replying"), None)
    assert _main(monkeypatch, papermill, tmp_path / "out.ipynb") == 0
    assert len(papermill.orders) == 2


def test_a_kernel_that_died_in_a_cell_is_not_tried_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A notebook that killed its kernel would do it again, after the same time."""
    book = sample.notebook()
    book.cells[1]["execution_count"] = 1
    target = tmp_path / "out.ipynb"
    kernel.nbformat().write(book, target)
    papermill = _Papermill(RuntimeError("Kernel died"))
    assert _main(monkeypatch, papermill, target) == 1


def test_nbformat_comes_without_the_slow_grammar() -> None:
    """The module that costs two seconds at import is not there for it to find."""
    kernel.nbformat()
    assert sys.modules.get("rfc3987_syntax") is None

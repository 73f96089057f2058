"""Notebooks run in this process, cell by cell, without a kernel: what a reader would see comes back."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"


@dataclass(frozen=True)
class Shown:
    """One output: its MIME types with their content."""

    cell: int
    data: Mapping[str, Any]

    def of(self, kind: str) -> Any:
        """The content of the given kind of thing, else None."""
        return self.data.get(f"application/vnd.patchlib.{kind}+json")


@dataclass(frozen=True)
class Run:
    """What a run showed, and the frames its cells named."""

    shown: list[Shown]
    frames: Mapping[str, pd.DataFrame]

    def things(self, kind: str) -> list[Any]:
        """The content of everything of one kind, in order."""
        return [output.of(kind) for output in self.shown if output.of(kind) is not None]


def cells(stem: str) -> list[dict[str, Any]]:
    """The cells of one notebook, sources joined."""
    notebook = json.loads((FOLDER / f"{stem}.ipynb").read_text(encoding="utf-8"))
    return [{**cell, "source": "".join(cell["source"])} for cell in notebook["cells"]]


def run(stem: str, parameters: Mapping[str, Any]) -> Run:
    """Run the notebook; the first error of a cell is raised.

    parameters: bound after the parameters cell, as papermill does.
    """
    shell = InteractiveShell.instance()
    shown: list[Shown] = []
    names: dict[str, Any] = {}
    there = Path.cwd()
    os.chdir(FOLDER)
    try:
        for number, cell in enumerate(cells(stem)):
            if cell["cell_type"] != "code":
                continue
            source = cell["source"]
            if "parameters" in cell["metadata"].get("tags", []):
                source += "\n" + "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
            with capture_output() as captured:
                outcome = shell.run_cell(source)
            outcome.raise_error()
            shown += [Shown(number, output.data) for output in captured.outputs]
            if hasattr(outcome.result, "_repr_mimebundle_") and not hasattr(outcome.result, "_ipython_display_"):
                shown.append(Shown(number, outcome.result._repr_mimebundle_()))
        names = {name: value for name, value in shell.user_ns.items() if isinstance(value, pd.DataFrame)}
    finally:
        if "session" in shell.user_ns:
            shell.user_ns["session"].close()
        os.chdir(there)
        InteractiveShell.clear_instance()
    return Run(shown, names)

"""The door to papermill, and one notebook in one process.

papermill and nbformat are imported late, and without the two seconds that hide behind them.
`python -m patchlib.kernel` reads a JSON order on stdin and runs it: exit 0, or 1 when a cell failed. It is
started by `patchlib.reports.execution`; it imports nothing else of the package, so that it starts fast.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Any

__all__ = ["main", "nbformat", "papermill"]


def _without_slow_grammar() -> None:
    # jsonschema imports rfc3987_syntax when JupyterLab brought it along; that builds parsers for two seconds
    # (jupyter-server/jupyter_server#1559) for a format no notebook schema uses. None means "not importable".
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


def papermill() -> Any:
    """The papermill module."""
    _without_slow_grammar()
    import papermill as module

    return module


def nbformat() -> Any:
    """The nbformat module."""
    _without_slow_grammar()
    import nbformat as module

    return module


def _has_run(target: Path) -> bool:
    """Whether any cell was executed: if none was, it is the kernel that failed, not the notebook."""
    if not target.is_file():
        return False
    notebook = nbformat().read(target, as_version=4)
    return any(cell.get("execution_count") for cell in notebook.cells)


def _run(order: dict[str, Any]) -> None:
    papermill().execute_notebook(
        order["source"],
        order["target"],
        parameters=order["parameters"],
        kernel_name="python3",
        progress_bar=False,
        log_output=False,
        execution_timeout=int(order["timeout_seconds"]),
    )


def main() -> int:
    """Run the order on stdin; a kernel that did not start is tried once more (its ports may have been taken)."""
    logging.disable(logging.WARNING)
    order = json.load(sys.stdin)
    failed = papermill().exceptions.PapermillExecutionError
    for attempt in (1, 2):
        try:
            _run(order)
        except failed as error:
            sys.stderr.write(f"{error.ename}: {error.evalue}\n")
            return 1
        except RuntimeError as error:
            if attempt == 2 or _has_run(Path(order["target"])):
                sys.stderr.write(f"the kernel did not work: {error}\n")
                return 1
        else:
            return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())

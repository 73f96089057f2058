"""`patchlib report`: a run, what it warns of on standard error, and its faults as the command's end."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from patchlib import paths
from patchlib.opening import pairs

__all__ = ["publish", "report"]


def report(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="A definition of reports/*.toml.")],
    parameter: Annotated[list[str], typer.Option("-p", "--parameter", help="A parameter, as name=value.")] = [],  # noqa: B006
    as_of: Annotated[
        str, typer.Option("--as-of", help="Instant to report for [UTC]; default: the latest snapshot.")
    ] = "",
    store: Annotated[
        Path | None,
        typer.Option("--store", envvar="PATCHLIB_STORE", help=f"Store to use; default {paths.REAL_STORE}."),
    ] = None,
) -> None:
    """Run a report's notebooks and publish its pages under reports/output/NAME/.

    The last line of stdout is the front page's path. Exit code 0: the page can be trusted, though limits that only
    warn are said on standard error. 6: a notebook failed, or the same report is running already. 7: a limit is
    broken: an account fell dark, the data is old, a gate of the definition tripped; the page is published and says it.
    """
    typer.echo(str(publish(name, pairs(parameter), as_of, store, context.obj["now"])))


def publish(name: str, given: Mapping[str, str], as_of: str, store: Path | None, now: datetime) -> Path:
    """Run a report and return its front page; now: the clock's aware instant.

    Raises what the run met, after publishing it. Limits that only warn are told on standard error: a scheduler mails
    what stands there, though the exit code is 0.
    """
    from patchlib.reports import run_report

    moment = now.astimezone(UTC).replace(tzinfo=None)
    run = run_report(name, given=given, as_of=as_of, store=store or "", now=moment, progress=_told)
    for gate in run.summary.gates:
        if gate.is_warned:
            sys.stderr.write(f"patchlib: warning: {gate.name}: {gate.message}\n")
    sys.stderr.write(f"patchlib: published {run.index}\n")
    run.raise_for_faults()
    return run.index


def _told(line: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"{line}\n")

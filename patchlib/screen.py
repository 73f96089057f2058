"""What the command line prints: tables that a terminal wraps and does not cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from patchlib.dryrun import DryRun

__all__ = ["print_plan", "print_table"]

_LINE_WIDTH = 10_000


class _Console(Console):
    """rich's console, which takes a reader that has had enough (`| head`) for no fault."""

    def on_broken_pipe(self) -> None:
        """Let the command line end as it does wherever else its output is cut short."""
        raise BrokenPipeError


def print_plan(plan: DryRun, *, by_cell: bool) -> None:
    """The plan's sentences, then its tables; by_cell: that of the cells too."""
    for line in plan.lines:
        typer.echo(line)
    for rows in (plan.sources, plan.facts, plan.cells if by_cell else ()):
        if rows:
            typer.echo()
            # A column in which something is unknown keeps whole numbers.
            print_table(pd.DataFrame(list(rows)).convert_dtypes())


def print_table(frame: pd.DataFrame) -> None:
    """Rows under their columns' names; what is null reads `unknown`."""
    table = Table(header_style="bold", box=None, pad_edge=False)
    for name, dtype in frame.dtypes.items():
        table.add_column(str(name), justify="right" if pd.api.types.is_numeric_dtype(dtype) else "left")
    for row in frame.itertuples(index=False):
        table.add_row(*(_shown(value) for value in row))
    # Nothing is cut: an id that cannot be copied is of no use, so a narrow terminal wraps whole lines.
    _Console(markup=False, highlight=False, width=_LINE_WIDTH).print(table)


def _shown(value: Any) -> str:
    """A cell for reading; the other formats keep every digit."""
    if isinstance(value, float):
        return "unknown" if pd.isna(value) else f"{value:.4g}" if abs(value) < 1000 else f"{value:.0f}"
    return "unknown" if pd.isna(value) else str(value)

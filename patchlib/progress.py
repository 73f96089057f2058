"""Progress on standard error: a bar in a terminal, silence elsewhere; and what came of it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from patchlib import paths
from patchlib.manifest import ANSWERED, CellRecord, open_snapshot

__all__ = ["ExtractionBar", "run_summary"]


class ExtractionBar:
    """A bar over listings, and the count of those that could not be read. A context manager."""

    def __init__(self, console: Console | None = None) -> None:
        shown = console or Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=shown, transient=True, disable=not shown.is_terminal)
        self._task = self._progress.add_task("accounts and Regions", total=None)
        self._states: Counter[str] = Counter()

    def __enter__(self) -> ExtractionBar:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def total(self, listings: int) -> None:
        """How many listings are still to come."""
        self._progress.update(self._task, total=self._states.total() + listings)

    def done(self, record: CellRecord) -> None:
        """One listing has ended."""
        self._states[record.state] += 1
        unread = self._states.total() - self._states["ok"] - self._states["empty"]
        label = f"{record.source}" + (f", {unread} not read" if unread else "")
        self._progress.update(self._task, advance=1, description=label)


def run_summary(snapshot: Path, store: Path) -> str:
    """Lines on what a run has asked and kept, and how much of it was not answered.

    store: the one it was loaded into, where the rest is to be asked for.
    """
    cells = open_snapshot(snapshot).cells
    unanswered = sum(cell.state not in ANSWERED for cell in cells)
    kept = sum(len(cell.kept_items or ()) for cell in cells)
    told = f"patchlib: {len(cells) - unanswered:,} of {len(cells):,} reads answered"
    told += f", {sum(cell.calls for cell in cells):,} calls"
    told += f", {kept:,} details kept from the last run" if kept else ""
    rest = f"patchlib: who opens the rest: `patchlib query fleet/denials{paths.store_option(store)}`\n"
    return f"{told}\n" + (rest if unanswered else "")

"""Progress on standard error: a bar in a terminal, silence elsewhere."""

from __future__ import annotations

from collections import Counter
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from patchlib.snapshot import CellRecord

__all__ = ["ExtractionBar"]


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

"""Progress is for people at terminals; a scheduled run's log stays clean."""

import io

from rich.console import Console

from patchlib.progress import ExtractionBar
from patchlib.snapshot import CellRecord


def _record(state: str) -> CellRecord:
    return CellRecord(account_id="1", region="r", source="ssm_patch", service="ssm", operation="X", state=state)


def _shown(terminal: bool) -> str:
    written = io.StringIO()
    with ExtractionBar(Console(file=written, force_terminal=terminal, width=100)) as bar:
        bar.total(2)
        bar.done(_record("ok"))
        bar.done(_record("denied"))
    return written.getvalue()


def test_quiet_when_not_a_terminal() -> None:
    """Nothing is written to a file or a pipe."""
    assert _shown(terminal=False).strip() == ""


def test_a_terminal_sees_what_could_not_be_read() -> None:
    """The bar says how many listings were not read while the run goes on."""
    assert "1 not read" in _shown(terminal=True)

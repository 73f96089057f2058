"""Progress is for people at terminals; a scheduled run's log stays clean."""

import io
from pathlib import Path

from rich.console import Console

from patchlib import paths
from patchlib.progress import ExtractionBar, run_summary
from patchlib.snapshot import CellRecord
from tests.snapshots import TAKEN, write


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


def test_the_next_step_names_the_store(tmp_path: Path) -> None:
    """What was not answered is asked for where it was loaded, so that the command can be copied."""
    snapshot = write(tmp_path, TAKEN, {("111122223333", "eu-central-1", "ssm_managed_node"): "denied"})
    told = run_summary(snapshot, Path("own.duckdb"))
    assert "0 of 1 reads answered" in told
    assert "`patchlib query fleet/denials --store own.duckdb`" in told
    assert "`patchlib query fleet/denials`" in run_summary(snapshot, paths.REAL_STORE)

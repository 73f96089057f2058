"""What the command line prints."""

import pandas as pd
import pytest

from patchlib.dryrun import DryRun
from patchlib.screen import print_plan, print_table


def test_what_is_null_reads_unknown_and_nothing_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    """A whole number stays one beside an unknown; a long text is not wrapped into two."""
    print_table(pd.DataFrame({"calls": [3, None], "why": ["x" * 300, None]}).convert_dtypes())
    head, first, second = (line.rstrip() for line in capsys.readouterr().out.splitlines())
    assert head.split() == ["calls", "why"]
    assert first.split() == ["3", "x" * 300]
    assert second.split() == ["unknown", "unknown"]


@pytest.mark.parametrize("by_cell", [False, True])
def test_cells_are_printed_when_asked_for(capsys: pytest.CaptureFixture[str], by_cell: bool) -> None:
    """The sentences and the sources always, the cells with --cells."""
    plan = DryRun(("calls: 3",), [{"source": "ssm_patch"}], [], [{"account_id": "1" * 12}])
    print_plan(plan, by_cell=by_cell)
    out = capsys.readouterr().out
    assert out.startswith("calls: 3\n")
    assert "ssm_patch" in out
    assert ("1" * 12 in out) is by_cell

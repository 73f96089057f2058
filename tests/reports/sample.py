"""A small notebook, a cheap way to run it, and a session that needs no store, for the tests of reports."""

from __future__ import annotations

import ast
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd

from patchlib import queries
from patchlib.display import Chart, mime
from patchlib.notebook import Coverage
from patchlib.reports.execution import Job, Outcome

TAKEN_AT = datetime.fromisoformat("2026-11-02T06:00:00")

TITLE = """# How many nodes are seen?

For those who run the fleet. It decides which account to open first."""
PARAMETERS = """store: str = ""  # store file [path]
as_of: str = ""  # report instant [UTC]
limit: int = 7  # days [d]
shares: dict = {"Critical": 0.5}  # wanted share by severity [0..1]
is_strict: bool = False  # whether to stop"""
SETUP = """import pandas as pd
import plotly.graph_objects as go
from patchlib.display import conclusion, fact, figure, kpi, kpis, note, show, table
frame = pd.DataFrame({"platform": ["Windows Server", "Amazon Linux 2", "<script>alert(1)</script>"],
    "node_count": [310, 402, 88], "fresh_share": [0.91, 0.78, None],
    "last_scan_at": pd.to_datetime(["2026-11-01 03:10", "2026-10-30 12:00", None])})"""
CONCLUSION = 'conclusion("668 of 800 known nodes were scanned within 7 days; 132 are **not seen**.")'
CARDS = """kpis([
    kpi("fresh_share", "Freshly scanned", 0.835, "share", definition="Scan younger than 7 days.",
        source="fleet/coverage", denominator="668 of 800 known nodes", better="higher", tone="warning"),
    kpi("unmanaged_count", "Unmanaged", 57, "nodes", definition="No SSM agent.", source="fleet/coverage",
        denominator="of 800 known nodes", better="lower", tone="bad"),
    kpi("median_days", "Median lag", 13.2, "d", definition="Kaplan-Meier median.", source="lag/quantiles",
        interval=(11.0, 16.5), denominator="41,220 episodes, 9,310 open", better="lower"),
    kpi("blind_count", "Hidden in blind accounts", None, "nodes", definition="Cannot be counted.",
        source="fleet/accounts", denominator="2 accounts not readable")])"""
BARS = """def bars(color):
    return go.Figure(go.Bar(x=frame.node_count.tolist(), y=frame.platform.tolist(), orientation="h",
        marker_color=color)).update_xaxes(title_text="nodes [nodes]").update_layout(title="never shown")
figure(bars("#0072B2"), title="Known nodes by platform", question="Which platform has most nodes?",
    finding="Amazon Linux 2 has most, 402 of 800.", table=frame, source="fleet/platforms")"""
LINES = """days = list(range(0, 60, 2))
lines = go.Figure([go.Scatter(name=name, x=days, y=[factor ** (day / 20) for day in days],
    line={"shape": "hv", "color": color, "dash": dash}) for name, factor, color, dash in
    [("Critical", .5, "#D55E00", "solid"), ("Important", .7, "#E69F00", "dash"), ("Low", .9, "#0072B2", "dashdot")]])
figure(lines.update_xaxes(title_text="days since release [d]").update_yaxes(title_text="share open", tickformat=".0%"),
    title="Share of patches still open", question="Where does each line cross one half?",
    finding="Critical patches take 10 days at the median.", table=frame)"""
EMPTY = """figure(go.Figure(), title="Reboots owed", question="Who waits?", finding="none", table=frame.head(0),
    empty="No node waits for a reboot.")"""
TABLE = 'table(frame, title="Platforms", source="fleet/platforms")'
FACT = 'fact("checked", 3, "checks", definition="Checks that ran.")'


def notebook(*extra: str, title: str = TITLE, parameters: str = PARAMETERS) -> nbformat.NotebookNode:
    """The sample with further code cells at its end."""
    v4 = nbformat.v4
    cell = v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})
    code = [SETUP, CONCLUSION, CARDS]
    cells = [v4.new_markdown_cell(title), cell, *map(v4.new_code_cell, code)]
    for heading, source in (
        ("## Platforms\n\nLook for the longest bar.", BARS),
        ("## How long", LINES),
        ("## Reboots", EMPTY),
        ("## All platforms\n\nOne row each.", TABLE),
    ):
        cells += [v4.new_markdown_cell(heading), v4.new_code_cell(source)]
    cells += [v4.new_code_cell(FACT), *(v4.new_code_cell(source) for source in extra)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return v4.new_notebook(cells=cells, metadata=kernel)


def write(path: Path, *extra: str, **how: Any) -> Path:
    """The sample as a file."""
    nbformat.write(notebook(*extra, **how), path)
    return path


class SampleSession:
    """What a report needs of a session: two accounts of nine blind, a sandbox, one snapshot."""

    blind: tuple[str, ...] = ("111122223333", "444455556666")
    taken_at: datetime | None = TAKEN_AT
    is_sandbox = True
    organization_id = "o-sample12345"

    def __init__(self, store: Path, as_of: str, parameters: dict[str, Any]) -> None:
        self.parameters = parameters
        self.store = Path(store)
        self.as_of = datetime.fromisoformat(as_of) if as_of else TAKEN_AT
        names = tuple(f"legacy ({account})" for account in self.blind)
        age = None if self.taken_at is None else (self.as_of - self.taken_at).days
        self.first_taken_at = self.taken_at
        self.coverage = Coverage(9, self.blind, names, 212, 25, self.taken_at, age)

    def close(self) -> None: ...

    def query(self, name: str, **_params: Any) -> pd.DataFrame:
        """Whatever is asked has its columns and no row."""
        return pd.DataFrame({column.name: [] for column in queries.load(name).columns})

    def banners(self) -> list[dict[str, str]]:
        return [
            {
                "kind": "sandbox",
                "tone": "info",
                "title": "Sandbox organisation",
                "text": "Seeded data to learn on; no real estate.",
            },
            {"kind": "blind", "tone": "warning", "title": "No answer", "text": ", ".join(self.coverage.blind_names)},
        ]


def session_output(banners: list[dict[str, str]]) -> dict[str, Any]:
    """The output of `begin`, as a notebook holds it."""
    content = {"sentence": "7 of 9 accounts answered.", "banners": banners}
    return {mime("session"): content, "text/plain": "session"}


def _bundles(value: Any) -> list[dict[str, Any]]:
    if value is None:
        return []
    if isinstance(value, Chart):
        return value.outputs()
    return [value._repr_mimebundle_() if hasattr(value, "_repr_mimebundle_") else {"text/plain": repr(value)}]


def _run_cell(source: str, names: dict[str, Any]) -> list[dict[str, Any]]:
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    if last is None:
        return []
    return _bundles(eval(compile(ast.Expression(last.value), "cell", "eval"), names))


def in_process(job: Job) -> Outcome:
    """Run a notebook without a kernel: each cell by exec, its last expression as its output."""
    book = nbformat.read(job.source, as_version=4)
    book.metadata["papermill"] = {"parameters": job.parameters, "output_path": str(job.target), "duration": 1.5}
    names: dict[str, Any] = {}
    outcome = Outcome(job.name, "ok")
    for cell in book.cells:
        if cell.cell_type != "code" or outcome.status == "failed":
            continue
        try:
            shown = _run_cell(cell.source, names)
            names.update(job.parameters if "parameters" in cell.metadata.get("tags", []) else {})
        except Exception as error:  # noqa: BLE001 - a failed cell is an output, as in a kernel
            cell.outputs = [nbformat.v4.new_output("error", ename=type(error).__name__, evalue=str(error))]
            outcome = Outcome(job.name, "failed", f"{type(error).__name__}: {error}")
        else:
            cell.outputs = [nbformat.v4.new_output("display_data", data=bundle) for bundle in shown]
    nbformat.write(book, job.target)
    return outcome


def definition(path: Path, *notebooks: str, more: str = "") -> Path:
    """A report definition as a file."""
    listed = "\n".join(f'[[notebooks]]\nname = "{name}"' for name in notebooks)
    path.write_text(
        'title = "Patch state of the estate"\ndescription = "What is seen, what is open, and since when."\n'
        f'expected_blind = ["111122223333", "444455556666"]\n{more}\n{listed}\n'
    )
    return path


__all__ = ["TAKEN_AT", "SampleSession", "definition", "in_process", "notebook", "session_output", "write"]

"""A large fleet with a year of history: what it takes on disk, and how fast its curves answer.

Each goal is printed with what was measured and whether it is met; ratios are taken within the run.
"""

from __future__ import annotations

import statistics
from datetime import datetime
from pathlib import Path

import pandas as pd

from benchmarks.measure import Report, judged, median, same_curve, timed
from benchmarks.year import CHURN, build_year
from patchlib import queries
from patchlib.notebook import Session
from patchlib.store import connect

__all__ = ["GOALS", "bench_large"]

# Goals: a year on disk [MB], a change of filter [ms].
GOALS = {"size": 1000.0, "filter": 50.0}
RUNS = 7
_COUNT = "select patch_state, count(*) from core.node_patch group by patch_state"
_STORED = "select count(distinct block_id) * 0.262144 from pragma_storage_info('core.{}') where block_id >= 0"
_TABLES = ("node_patch", "node_scan_row", "node_key", "observation_row", "unit_key", "managed_node")


def bench_large(report: Report, folder: Path, *, nodes: int = 100_000, patches: int = 150, days: int = 365) -> None:
    """Build the store and measure it. report: what, value, unit, note."""
    store = folder / "year.duckdb"
    as_of, built = timed(lambda: build_year(store, nodes=nodes, patches=patches, days=days))
    report(f"year: {nodes} nodes, {patches} patches, {days} days", built, "s to lay it", CHURN)
    _size(report, store)
    with connect(store) as connection:
        counting = median(lambda: connection.execute(_COUNT).fetchall(), RUNS)
        facts = connection.execute("select count(*) from core.node_patch").fetchall()[0][0]
        report("floor: count of patch rows by state", counting * 1000, "ms", f"{facts} rows")
        whole, seconds = timed(lambda: queries.run(connection, "lag/survival", as_of=as_of))
        note = f"{seconds:.1f} s; three clocks, spells, ends and episodes included"
        report("ratio: from patch rows to the curves / count", seconds / counting, "x", note)
    _filters(report, store, as_of, whole)


def _size(report: Report, store: Path) -> None:
    """The file, and the blocks of the tables that every day adds to [MB of 10^6 bytes]."""
    size = store.stat().st_size / 1e6
    report("year: the store on disk", size, "MB", judged(size, GOALS["size"]))
    with connect(store) as connection:
        for table in _TABLES:
            rows = connection.execute(f"select count(*) from core.{table}").fetchall()[0][0]  # noqa: S608 - our own names
            part = float(connection.execute(_STORED.format(table)).fetchall()[0][0])
            report(f"year: of it core.{table}", part, "MB", f"{rows} rows, {part * 1e6 / max(rows, 1):.1f} B each")


def _filters(report: Report, store: Path, as_of: datetime, whole: pd.DataFrame) -> None:
    """Curves over the kept cube: of all, and of each environment as somebody who clicks would ask for them."""
    session = Session(store, as_of.isoformat(), {})
    cube, seconds = timed(lambda: session.query("lag/cube"))
    report("cube: made once a session", seconds, "s", f"{len(cube)} rows")
    same = same_curve(session.query("lag/survival"), whole)
    taken = []
    for _ in range(RUNS):
        for name in cube["environment"].unique():
            part, seconds = timed(lambda name=name: _clicked(session, cube, name))
            taken.append(seconds)
            same = same and same_curve(part, whole[whole["environment"] == name])
    usual, slowest = statistics.median(taken) * 1000, max(taken) * 1000
    note = f"median of {len(taken)}, slowest {slowest:.0f}; {judged(usual, GOALS['filter'])}"
    report("cube: a change of filter", usual, "ms", note)
    report("cube: its curves are those of the rows", float(same), "1 is yes", f"{len(whole)} points")
    session.close()


def _clicked(session: Session, cube: pd.DataFrame, environment: str) -> pd.DataFrame:
    return session.query("lag/survival", {"lag/cube": cube[cube["environment"] == environment]})

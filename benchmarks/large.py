"""A large fleet with a year of history: what it takes on disk, and what a Kaplan-Meier curve costs over it.

Each goal is printed with what was measured and whether it is met; ratios are taken within the run.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.year import CHURN, build_year
from patchlib import queries
from patchlib.notebook import Session
from patchlib.store import connect

__all__ = ["GOALS", "bench_large"]

# Goals: a year on disk [MB], a curve from the rows over a count of them [x], a change of filter [ms].
GOALS = {"size": 1000.0, "rows": 3.0, "filter": 50.0}
Report = Callable[[str, float, str, str], None]
RUNS = 7
_COUNT = "select patch_state, count(*) from core.node_patch group by patch_state"
_STORED = "select count(distinct block_id) * 0.262144 from pragma_storage_info('core.{}') where block_id >= 0"
_TABLES = ("node_patch", "node_scan", "managed_node", "observation")


def bench_large(report: Report, folder: Path, *, nodes: int = 100_000, patches: int = 150, days: int = 365) -> None:
    """Build the store and measure it. report: what, value, unit, note."""
    store = folder / "year.duckdb"
    start = time.perf_counter()
    as_of = build_year(store, nodes=nodes, patches=patches, days=days)
    built = time.perf_counter() - start
    report(f"year: {nodes} nodes, {patches} patches, {days} days", built, "s to lay it", CHURN)
    _size(report, store)
    with connect(store) as connection:
        counting = _median(lambda: connection.execute(_COUNT).fetchall())
        facts = connection.execute("select count(*) from core.node_patch").fetchall()[0][0]
        report("floor: count of patch rows by state", counting * 1000, "ms", f"{facts} rows")
        whole, seconds = _timed(lambda: queries.run(connection, "lag/survival", as_of=as_of))
        note = f"{seconds:.1f} s; goal {GOALS['rows']:g}: {_verdict(seconds / counting, GOALS['rows'])}"
        report("ratio: Kaplan-Meier from the rows / count", seconds / counting, "x", note)
    _filters(report, store, as_of, whole)


def _size(report: Report, store: Path) -> None:
    """The file, and the blocks of the tables that every day adds to [MB of 10^6 bytes]."""
    size = store.stat().st_size / 1e6
    report("year: the store on disk", size, "MB", f"goal {GOALS['size']:g}: {_verdict(size, GOALS['size'])}")
    with connect(store) as connection:
        for table in _TABLES:
            rows = connection.execute(f"select count(*) from core.{table}").fetchall()[0][0]  # noqa: S608 - our own names
            part = float(connection.execute(_STORED.format(table)).fetchall()[0][0])
            report(f"year: of it core.{table}", part, "MB", f"{rows} rows, {part * 1e6 / max(rows, 1):.1f} B each")


def _filters(report: Report, store: Path, as_of: datetime, whole: pd.DataFrame) -> None:
    """Curves over the kept cube: of all, and of each environment as somebody who clicks would ask for them."""
    session = Session(store, as_of.isoformat(), {})
    cube, seconds = _timed(lambda: session.query("lag/cube"))
    report("cube: made once a session", seconds, "s", f"{len(cube)} rows")
    same = _same(session.query("lag/survival"), whole)
    taken = []
    for _ in range(RUNS):
        for name in cube["environment"].unique():
            part, seconds = _timed(lambda name=name: _clicked(session, cube, name))
            taken.append(seconds)
            same = same and _same(part, whole[whole["environment"] == name])
    usual, slowest = statistics.median(taken) * 1000, max(taken) * 1000
    note = (
        f"median of {len(taken)}, slowest {slowest:.0f}; goal {GOALS['filter']:g}: {_verdict(usual, GOALS['filter'])}"
    )
    report("cube: a change of filter", usual, "ms", note)
    report("cube: its curves are those of the rows", float(same), "1 is yes", f"{len(whole)} points")
    session.close()


def _clicked(session: Session, cube: pd.DataFrame, environment: str) -> pd.DataFrame:
    return session.query("lag/survival", {"lag/cube": cube[cube["environment"] == environment]})


def _same(left: pd.DataFrame, right: pd.DataFrame) -> bool:
    """The same points: counts equal, shares to the last digits that the order of a sum leaves alone."""
    if len(left) != len(right):
        return False
    counts = [name for name in right.columns if name.endswith(("_count", "day"))]
    mine, theirs = (frame["survival_share"].to_numpy(float) for frame in (left, right))
    shares = np.isclose(mine, theirs, rtol=0, atol=1e-12)
    return bool((left[counts].to_numpy() == right[counts].to_numpy()).all() and shares.all())


def _verdict(value: float, goal: float) -> str:
    return "met" if value <= goal else "missed"


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What a piece of work gives, and its wall time [s]."""
    start = time.perf_counter()
    return work(), time.perf_counter() - start


def _median(work: Callable[[], object]) -> float:
    return statistics.median(_timed(work)[1] for _ in range(RUNS))

"""The generator of the large benchmark lays the history that it says, and the benchmark measures what it prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from benchmarks import curve, large
from benchmarks.measure import same_curve
from benchmarks.year import BEGIN, REFRESH_DAYS, build_year
from patchlib.checks import run_checks
from patchlib.queries import load, run
from patchlib.store import connect

NODES, PATCHES, DAYS = 240, 12, 200


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A small fleet and part of a year."""
    path = tmp_path_factory.mktemp("year") / "year.duckdb"
    build_year(path, nodes=NODES, patches=PATCHES, days=DAYS)
    with connect(path) as connection:
        yield connection


def _daily(store: duckdb.DuckDBPyConnection, table: str) -> set[int]:
    """The counts of rows that hold on each day."""
    rows = store.execute(
        f"select count(t.valid_from) from core.snapshot as s left join core.{table} as t "
        "on t.valid_from <= s.taken_at and t.valid_to > s.taken_at group by s.taken_at"
    ).fetchall()
    return {count for (count,) in rows}


@pytest.mark.parametrize("table", ["node", "node_service", "node_scan", "managed_node"])
def test_every_node_is_there_every_day(store: duckdb.DuckDBPyConnection, table: str) -> None:
    """As many at any instant as were asked for, though a tenth of them is replaced each month."""
    assert _daily(store, table) == {NODES}
    [(ids,)] = store.execute("select count(distinct node_id) from core.node").fetchall()
    # a generation more than fits whole into the days: the one that was there at their begin
    assert (
        0.9 * NODES + 0.1 * NODES * (DAYS // REFRESH_DAYS)
        < ids
        <= 0.9 * NODES + 0.1 * NODES * (DAYS // REFRESH_DAYS + 2)
    )


def test_every_node_lists_the_patches_released_by_then(store: duckdb.DuckDBPyConnection) -> None:
    """On the last day each lists all; at no instant is one of them told twice."""
    listed = store.execute(
        "select node_key, count(*) from core.node_patch where valid_to > timestamp '9999-01-01' group by node_key"
    ).fetchall()
    assert len(listed) == NODES
    assert {count for _, count in listed} == {PATCHES}
    overlaps = store.execute(
        "select count(*) from core.node_patch as a inner join core.node_patch as b "
        "on b.node_key = a.node_key and b.patch_key = a.patch_key and b.valid_from > a.valid_from "
        "and b.valid_from < a.valid_to"
    ).fetchall()
    assert overlaps == [(0,)]
    assert store.execute("select count(*) from core.node_patch where valid_from >= valid_to").fetchall() == [(0,)]


def test_the_history_holds_what_the_store_checks(store: duckdb.DuckDBPyConnection) -> None:
    """No check that stops a load finds a row."""
    stops = [result for result in run_checks(store) if result.severity == "stop" and result.row_count]
    assert stops == []


def test_every_reading_is_an_observation_of_its_node(store: duckdb.DuckDBPyConnection) -> None:
    """Each node's patches are read on each day, and what is read names the node that the scan is of."""
    [(readings, scans)] = store.execute(
        "select count(*), count(s.node_id) from core.observation as o "
        "left join core.snapshot as t on t.snapshot_id = o.snapshot_id "
        "left join core.node_scan as s on s.account_id = o.account_id and s.node_id = o.item "
        "and s.valid_from <= t.taken_at and s.valid_to > t.taken_at"
    ).fetchall()
    assert readings == scans == NODES * DAYS


def test_the_lag_is_the_stated_curve(store: duckdb.DuckDBPyConnection) -> None:
    """Half of the patches are effective after 51 days: the median of the Weibull curve that is stated."""
    curve = run(store, "lag/cube", as_of=BEGIN.replace(month=7, day=19))
    curve = curve.assign(severity="all", environment="all")
    counts = curve.groupby("day", as_index=False)[["entry_count", "exit_count", "event_count"]].sum()
    at_risk = (counts["entry_count"] - counts["exit_count"]).cumsum().shift(fill_value=0)
    share = (1 - counts["event_count"] / at_risk.where(at_risk > 0)).fillna(1.0).cumprod()
    assert abs(counts.loc[share <= 0.5, "day"].min() - 51) < 8


def _told(bench: Callable[..., None], folder: Path, **size: int) -> dict[str, tuple[float, str]]:
    found: dict[str, tuple[float, str]] = {}
    bench(lambda what, value, _, note: found.update({what: (value, note)}), folder, **size)
    return found


def _judged(told: dict[str, tuple[float, str]]) -> list[str]:
    notes = [note for _, note in told.values() if "goal" in note]
    assert all(note.endswith(("met", "missed")) for note in notes)
    return notes


def test_each_goal_is_printed_with_its_verdict(tmp_path: Path) -> None:
    """Size and filter are each judged, and the curves of the cube are those of the rows."""
    told = _told(large.bench_large, tmp_path, nodes=40, patches=8, days=60)
    assert len(_judged(told)) == len(large.GOALS)
    assert told["cube: its curves are those of the rows"][0] == 1.0
    assert told["year: the store on disk"][0] > 0


def test_curves_over_episodes_are_judged_and_compared(tmp_path: Path) -> None:
    """Rows and filter are each judged; every filter over the cube gives the points that its rows give."""
    told = _told(curve.bench_curve, tmp_path, nodes=300, patches=20)
    assert len(_judged(told)) == len(curve.GOALS)
    assert told["cube: the same points as from the rows"][0] == 1.0
    assert told["episodes: 300 nodes, 20 patches"][1].startswith("6000 rows")


def test_episodes_are_laid_as_the_query_gives_them(tmp_path: Path) -> None:
    """Their columns are those of lag/episode, nobody ends before he came, and what ended effective was patched."""
    with connect(tmp_path / "episodes.duckdb", read_only=False) as store:
        assert curve.lay_episodes(store, nodes=40, patches=10) == 400
        columns = [(row[0], row[1].lower()) for row in store.execute("describe episode").fetchall()]
        assert columns == [(each.name, each.type) for each in load("lag/episode").columns]
        faults = "exit_days <= entry_days or is_event <> (cause = 'patched') or started_at is null"
        assert store.execute(f"select count(*) from episode where {faults}").fetchall() == [(0,)]
        causes = store.execute("select distinct cause from episode order by 1").fetchall()
        assert causes == [("node gone",), ("open",), ("patched",)]


def test_another_curve_is_not_taken_for_the_same() -> None:
    """One event more, or a point less, is seen."""
    points = pd.DataFrame(
        {"day": [1.0, 2.0], "event_count": [1, 2], "survival_share": [0.5, 0.2], "survival_low": [0.1, None]}
    )
    assert same_curve(points, points.copy())
    assert not same_curve(points.head(1), points)
    assert not same_curve(points.assign(event_count=[1, 3]), points)
    assert not same_curve(points.assign(survival_share=[0.5, 0.2 + 1e-9]), points)

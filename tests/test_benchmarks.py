"""The generator of the large benchmark lays the history that it says, and the benchmark measures what it prints."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from benchmarks.large import GOALS, bench_large
from benchmarks.year import BEGIN, REFRESH_DAYS, build_year
from patchlib.checks import run_checks
from patchlib.queries import run
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


def test_the_lag_is_the_stated_curve(store: duckdb.DuckDBPyConnection) -> None:
    """Half of the patches are effective after 51 days: the median of the Weibull curve that is stated."""
    curve = run(store, "lag/cube", as_of=BEGIN.replace(month=7, day=19))
    curve = curve.assign(severity="all", environment="all")
    counts = curve.groupby("day", as_index=False)[["entry_count", "exit_count", "event_count"]].sum()
    at_risk = (counts["entry_count"] - counts["exit_count"]).cumsum().shift(fill_value=0)
    share = (1 - counts["event_count"] / at_risk.where(at_risk > 0)).fillna(1.0).cumprod()
    assert abs(counts.loc[share <= 0.5, "day"].min() - 51) < 8


def test_each_goal_is_printed_with_its_verdict(tmp_path: Path) -> None:
    """Size, rows and filter are each judged, and the curves of the cube are those of the rows."""
    told: dict[str, tuple[float, str]] = {}
    bench_large(lambda what, value, _, note: told.update({what: (value, note)}), tmp_path, nodes=40, patches=8, days=60)
    judged = [note for _, note in told.values() if "goal" in note]
    assert len(judged) == len(GOALS)
    assert all(note.endswith(("met", "missed")) for note in judged)
    assert told["cube: its curves are those of the rows"][0] == 1.0
    assert told["year: the store on disk"][0] > 0

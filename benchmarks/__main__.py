"""`make bench`: loading, queries and calls, each against a floor of the same run, curves, and a large fleet's year.

Absolute figures depend on the machine; the ratios are what to quote and to watch.
"""

from __future__ import annotations

import math
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import botocore.session
import duckdb

from benchmarks.curve import bench_curve
from benchmarks.large import bench_large
from benchmarks.parser import bench_parser
from patchlib import paths, queries
from patchlib.aws import Reader
from patchlib.extract import extract
from patchlib.load import load
from patchlib.sandbox.endpoint import Endpoint
from patchlib.sandbox.inprocess import attach
from patchlib.sandbox.organisation import Organisation
from patchlib.settings import load_settings
from patchlib.snapshot import CellRecord, read_pages
from patchlib.sources import ALLOWED, source
from patchlib.sources.declaration import rows
from patchlib.store import connect

RUNS = 5
NODES = 800
# Sources asked by blocks of ids [ids a call].
_BLOCKS = {"ssm_patch_state": 50, "ec2_image": 100}
# Patch facts for the query benchmark: the fleet's own rows, repeated under new node keys.
FACTS = 5_000_000


class _Quiet:
    def total(self, listings: int) -> None: ...

    def done(self, record: CellRecord) -> None: ...


def _median(work: Callable[[], object], runs: int = RUNS) -> float:
    """Median wall time of a piece of work [s]."""
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    return connection.execute(sql).fetchall()[0][0]


def _extracted(folder: Path) -> tuple[Path, Endpoint]:
    world = Organisation(nodes=NODES)
    endpoint = Endpoint(world.handlers, as_of=world.as_of, organisation=world)
    session = botocore.session.Session()
    session.set_credentials(f"ASIA{world.management_account_id}DEMO", "sandbox")
    attach(session, endpoint)
    settings = load_settings(paths.sandbox_settings())
    reader = Reader(settings, ALLOWED, session=session)
    return extract(settings, folder, reader=reader, progress=_Quiet()), endpoint


def _print(what: str, value: float, unit: str, note: str) -> None:
    print(f"{what:<58}{value:>10.2f} {unit:<12}{note}")  # noqa: T201 - printing is what a benchmark is for


def _bench_load(snapshot: Path, folder: Path) -> Path:
    """Load against DuckDB reading the same rows from Parquet into a table."""
    store = folder / "bench.duckdb"

    def loading() -> None:
        store.unlink(missing_ok=True)
        load([snapshot], store)

    seconds = _median(loading, 3)
    with connect(store, read_only=True) as connection:
        tables = [name for (name,) in connection.sql(_RAW_TABLES).fetchall()]
        total = sum(len(connection.table(name).project("1").fetchall()) for name in tables)
        for name in tables:
            connection.table(name).write_parquet(str(folder / f"{name}.parquet"))

    def floor() -> None:
        with duckdb.connect() as plain:
            for name in tables:
                plain.sql(f"create table \"{name}\" as from '{folder / name}.parquet'")

    least = _median(floor)
    _print("load: snapshot to checked store", total / seconds, "rows/s", f"{total} rows in {seconds:.2f} s")
    _print("floor: the same rows from Parquet into DuckDB", total / least, "rows/s", f"{least:.3f} s")
    _print("ratio: load / floor", seconds / least, "x", "gzip, JSON, raw, core, history, checks, fsync")
    return store


_RAW_TABLES = "select 'raw.' || table_name from information_schema.tables where table_schema = 'raw' order by 1"


def _enlarged(store: Path, folder: Path) -> Path:
    """The store with its fleet repeated under new node ids until it holds FACTS patch facts."""
    large = folder / "large.duckdb"
    large.write_bytes(store.read_bytes())
    with connect(large, read_only=False) as connection:
        copies = math.ceil(FACTS / _one(connection, "select count(*) from core.node_patch")) - 1
        stride = _one(connection, "select max(node_key) + 1 from core.node_key")
        given = {"copies": copies, "stride": stride}
        connection.execute(
            "insert into core.node_patch select n.* replace (node_key + k * $stride as node_key) "
            "from core.node_patch as n, range(1, $copies + 1) as copy(k)",
            given,
        )
        connection.execute(
            "insert into core.node_key select n.* replace (node_key + k * $stride as node_key, "
            "node_id || '-' || k as node_id) from core.node_key as n, range(1, $copies + 1) as copy(k)",
            given,
        )
        for name in ("node", "managed_node", "node_scan"):
            connection.table(f"core.{name}").query(
                "own",
                f"select own.* replace (node_id || '-' || k as node_id) from own, range(1, {copies} + 1) as copy(k)",  # noqa: S608 - a number of ours
            ).insert_into(f"core.{name}")
    return large


def _bench_queries(store: Path) -> None:
    """Compliance and Kaplan-Meier against counting the same table by state."""
    with connect(store, read_only=True) as connection:
        facts = _one(connection, "select count(*) from core.node_patch")
        as_of = _one(connection, "select max(taken_at) from core.snapshot")
        counting = _median(
            lambda: connection.execute("select patch_state, count(*) from core.node_patch group by 1").fetchall()
        )
        _print("floor: count of patch facts by state", counting * 1000, "ms", f"{facts} facts")
        for name in ("compliance/by_account", "lag/survival"):
            known = {"as_of": as_of, "stale_after_days": 7, "scan_interval_hours": 24}
            wanted = {field.name for field in queries.load(name).params}
            given = {key: value for key, value in known.items() if key in wanted}
            seconds = _median(lambda name=name, given=given: queries.run(connection, name, **given))
            _print(f"ratio: {name} / count", seconds / counting, "x", f"{seconds * 1000:.0f} ms")


def _fewest_calls(snapshot: Path) -> int:
    """The fewest calls AWS's limits allow for the rows found: per listing, rows over page size, at least one.

    Patch states and images take ids in blocks, so theirs is one listing a cell.
    """
    rows_of: Counter[tuple[str, ...]] = Counter()
    for file in snapshot.rglob("*.jsonl.gz"):
        for page, _ in read_pages(file):
            own = source(page.source)
            listing = (
                () if page.source in _BLOCKS else tuple(f"{k}={v}" for k, v in page.request.items() if k[-2:] == "Id")
            )
            rows_of[(page.source, page.account_id, page.region, *listing)] += len(rows(own, page.response))
    return sum(max(1, math.ceil(count / _size(key[0]))) for key, count in rows_of.items())


def _size(name: str) -> int:
    return _BLOCKS.get(name) or source(name).page_size or 1_000_000


def _bench_calls(snapshot: Path, endpoint: Endpoint) -> None:
    _print("calls made", endpoint.requests.total, "calls", f"{NODES} nodes, roles assumed included")
    fewest = _fewest_calls(snapshot)
    _print("floor: rows found over page sizes", fewest, "calls", "")
    _print("ratio: calls / floor", endpoint.requests.total / fewest, "x", "")


def main(parts: Sequence[str] = ()) -> None:
    """Measure and print; parts: `parser`, `estate`, `curve`, `large`, all of them when none is named."""
    if not parts or "parser" in parts:
        bench_parser(_print)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if not parts or "estate" in parts:
            _bench_estate(folder)
        if not parts or "curve" in parts:
            bench_curve(_print, folder)
        if not parts or "large" in parts:
            bench_large(_print, folder)


def _bench_estate(folder: Path) -> None:
    start = time.perf_counter()
    snapshot, endpoint = _extracted(folder / "snapshots")
    _print("extract: in-process", time.perf_counter() - start, "s", f"{endpoint.requests.total} calls")
    _bench_calls(snapshot, endpoint)
    store = _bench_load(snapshot, folder)
    _bench_queries(_enlarged(store, folder))


if __name__ == "__main__":
    main(sys.argv[1:])

"""Kaplan-Meier over millions of episodes, against a plain count of the very same table by the very same strata.

The episodes are laid as `lag/episode` gives them, in a table of a store's file, so that nothing but the curve's own
arithmetic is measured: every node has had every patch at risk once, on the released clock, and what is stated decides
how it ended.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import duckdb
import pandas as pd

from benchmarks.measure import Report, best, judged, same_curve, timed
from patchlib import queries
from patchlib.entities import create_tables
from patchlib.standin import standing_in
from patchlib.store import connect

__all__ = ["GOALS", "bench_curve", "lay_episodes"]

# Goals: a curve from the rows over a count of them [x], a change of filter over the cube [ms].
GOALS = {"rows": 3.0, "filter": 50.0}
AS_OF = "2026-12-31"
RUNS = 5
SHAPE, SCALE = 0.65, 90.0
# The strata of lag/cube, over which lag/survival is made: all of the cube's grain but its day.
_STRATA = "clock, severity, environment, owner"
_COUNT = f"select {_STRATA}, count(*) from lag_episode group by {_STRATA}"  # noqa: S608 - our own names
_FROM_ROWS = frozenset({"lag/episode"})
# What somebody who reads a curve asks for next.
_FILTERS: tuple[Mapping[str, str], ...] = (
    *({"environment": name} for name in ("production", "staging", "development")),
    *({"owner": f"team-{number}"} for number in (0, 7, 13)),
    {"environment": "production", "owner": "team-7"},
    {"severity": "Critical", "environment": "production"},
)

# A number in (0, 1) that depends on nothing but what it is of.
_DRAW = "((hash({}) % 1000000007) + 0.5) / 1000000008.0"
_EPISODES = f"""
with drawn as (
    select
        node, patch, 15.0 + 2.2 * patch as age_days, {_DRAW.format("node * 100003 + patch")} as pace,
        {_DRAW.format("node * 1009 + patch * 7 + 1")} as fate
    from range($nodes) as n(node), range($patches) as p(patch)
),
due as (
    select *, $scale * pow(-ln(pace), 1 / $shape) as lag_days,
        case when fate < 0.3 then cast(floor(fate * 50) as bigint) else 0 end as entry_days
    from drawn
)
select
    lpad(cast(210000000000 + node % 200 as varchar), 12, '0') as account_id, 'eu-central-1' as region,
    'i-' || md5(cast(node as varchar))[:17] as node_id, 'KB' || 5000000 + patch as patch_ref,
    cast(1 as bigint) as episode_number, 'released' as clock,
    ['Critical', 'Important', 'Moderate', 'Low'][1 + patch // 3 % 4] as severity,
    ['production', 'staging', 'development'][1 + node // 7 % 3] as environment, 'team-' || node % 20 as owner,
    ['Windows Server', 'Amazon Linux 2', 'Amazon Linux 2023', 'Ubuntu'][1 + node % 4] as platform,
    timestamp '{AS_OF}' - interval 1 second * cast(age_days * 86400 as bigint) as started_at, entry_days,
    greatest(ceil(least(lag_days, age_days)), entry_days + 1.0) as exit_days, lag_days < age_days as is_event,
    case when lag_days < age_days then 'patched' when fate > 0.9 then 'node gone' else 'open' end as cause
from due
order by node, patch
"""  # noqa: S608 - our own numbers


def lay_episodes(connection: duckdb.DuckDBPyConnection, *, nodes: int, patches: int) -> int:
    """Make the table `episode` with the columns of query lag/episode; returns its rows, nodes x patches.

    Days until a patch is effective are Weibull (shape 0.65, scale 90 days); an episode that is not by then was last
    seen open, or went with its node (one in ten); three of ten came under our eyes within their first fortnight.
    """
    columns = ", ".join(f"{each.name} {each.type}" for each in queries.load("lag/episode").columns)
    connection.execute(f"create table episode ({columns})")
    given = {"nodes": nodes, "patches": patches, "shape": SHAPE, "scale": SCALE}
    connection.execute(f"insert into episode by name {_EPISODES}", given)
    connection.execute("checkpoint store")
    return nodes * patches


def bench_curve(report: Report, folder: Path, *, nodes: int = 100_000, patches: int = 150) -> None:
    """Lay the episodes and measure. report: what, value, unit, note."""
    store = folder / "episodes.duckdb"
    with connect(store, read_only=False) as connection:
        create_tables(connection)
        rows, seconds = timed(lambda: lay_episodes(connection, nodes=nodes, patches=patches))
    report(f"episodes: {nodes} nodes, {patches} patches", seconds, "s to lay them", f"{rows} rows, released clock")
    with connect(store) as connection:
        _choose(connection, {})
        count, curve = best(
            lambda: connection.execute(_COUNT).fetchall(), lambda: _curve_from_rows(connection), runs=RUNS
        )
        report("floor: episodes counted by the strata of lag/cube", count * 1000, "ms", f"by {_STRATA}; best of {RUNS}")
        note = f"{curve * 1000:.0f} ms; {judged(curve / count, GOALS['rows'])}"
        report("ratio: Kaplan-Meier (lag/survival) / that count", curve / count, "x", note)
        _filters(report, connection)


def _filters(report: Report, connection: duckdb.DuckDBPyConnection) -> None:
    """The curves of parts over the cube, each compared with that of the same part's rows."""
    cube, seconds = timed(lambda: queries.run(connection, "lag/cube", _FROM_ROWS, as_of=AS_OF))
    report("cube: made once from the episodes", seconds, "s", f"{len(cube)} rows")
    taken: list[float] = []
    same = True
    for chosen in _FILTERS:
        asked = partial(_curve_from_cube, connection, cube, chosen)
        taken += best(asked, runs=RUNS)
        _choose(connection, chosen)
        same = same and same_curve(asked(), _curve_from_rows(connection))
    usual = statistics.median(taken) * 1000
    note = f"median of {len(taken)} filters, slowest {max(taken) * 1000:.0f}; {judged(usual, GOALS['filter'])}"
    report("cube: another environment or owner to its curve", usual, "ms", note)
    report("cube: the same points as from the rows", float(same), "1 is yes", f"{len(_FILTERS)} filters")


def _choose(connection: duckdb.DuckDBPyConnection, chosen: Mapping[str, str]) -> None:
    """Let `lag_episode` be the rows of which these columns have these values."""
    kept = " and ".join(["true", *(f"{column} = '{value}'" for column, value in chosen.items())])
    connection.execute(f"create or replace temp view lag_episode as select * from store.main.episode where {kept}")  # noqa: S608 - our own values


def _curve_from_rows(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    return queries.run(connection, "lag/survival", _FROM_ROWS, as_of=AS_OF)


def _curve_from_cube(
    connection: duckdb.DuckDBPyConnection, cube: pd.DataFrame, chosen: Mapping[str, str]
) -> pd.DataFrame:
    """The filter, the stand-in and the query: all that a change costs."""
    part = cube
    for column, value in chosen.items():
        part = part[part[column] == value]
    with standing_in(connection, {"lag/cube": part}) as names:
        return queries.run(connection, "lag/survival", names, as_of=AS_OF)

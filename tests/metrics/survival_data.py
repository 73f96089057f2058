"""Published survival data, and the queries of lag/ over given episodes."""

from collections.abc import Mapping
from datetime import datetime

import duckdb
import pandas as pd

from patchlib.queries import compose, load
from tests.metrics.published import MERCAPTOPURINE, PLACEBO

AS_OF = datetime(2026, 11, 2, 6)  # noqa: DTZ001 - the store is naive UTC


def arm(times: str, environment: str, severity: str = "Critical") -> pd.DataFrame:
    """Episodes of one published arm, all under care from day 0."""
    marks = times.split()
    return pd.DataFrame(
        {
            "clock": "released",
            "severity": severity,
            "environment": environment,
            "owner": "web",
            "entry_days": 0,
            "exit_days": [int(mark.rstrip("+")) for mark in marks],
            "is_event": [not mark.endswith("+") for mark in marks],
            "cause": ["open" if mark.endswith("+") else "patched" for mark in marks],
        }
    )


TRIAL = pd.concat([arm(MERCAPTOPURINE, "6-MP"), arm(PLACEBO, "placebo")], ignore_index=True)


def ask(name: str, episodes: pd.DataFrame) -> pd.DataFrame:
    """A query of lag/ over given episodes instead of lag/episode."""
    return over(name, {"lag/episode": episodes})


def over(name: str, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """A query of lag/ over given rows instead of the queries that it builds on."""
    connection = duckdb.connect()
    for each, rows in given.items():
        connection.register("given_rows", rows)
        connection.execute(f"create table {load(each).relation} as select * from given_rows")
        connection.unregister("given_rows")
    connection.execute("create schema core")
    connection.execute("create table core.severity (severity varchar, severity_rank integer)")
    sql = compose(load(name), given=frozenset(given))
    return connection.execute(sql, {"as_of": AS_OF} if "$as_of" in sql else {}).df()

"""Published survival data, and the queries of lag/ over given episodes."""

from datetime import datetime

import duckdb
import pandas as pd

from patchlib.queries import compose, load

AS_OF = datetime(2026, 11, 2, 6)  # noqa: DTZ001 - the store is naive UTC

# Freireich et al., Blood 21 (1963) 699-716: weeks of remission; a plus sign is censored.
MERCAPTOPURINE = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"


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
    connection = duckdb.connect()
    connection.register("given_rows", episodes)
    connection.execute("create table lag_episode as select * from given_rows")
    connection.execute("create schema core")
    connection.execute("create table core.severity (severity varchar, severity_rank integer)")
    query = load(name)
    sql = compose(query, given=frozenset({"lag/episode"}))
    return connection.execute(sql, {"as_of": AS_OF} if "$as_of" in sql else {}).df()

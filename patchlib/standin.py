"""Stand-ins: frames in the place of queries, so that what builds on them is asked without asking them again.

A curve needs of millions of episodes only how many come and go on each day: the cube. Over its few thousand rows,
all of them or those of one team, the same SQL answers in milliseconds; there is no second definition of a curve.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import duckdb
import pandas as pd

from patchlib.errors import ParameterInvalid
from patchlib.queries import Query, load

__all__ = ["standing_in"]


@contextmanager
def standing_in(connection: duckdb.DuckDBPyConnection, frames: Mapping[str, pd.DataFrame]) -> Iterator[frozenset[str]]:
    """Let frames stand in for queries while the block lasts; gives their names, for `queries.run(given=...)`.

    frames: by the query's name; columns that its header does not name are left out, the others have its types.
    The store is not written to: what is made lives in the connection alone.
    Raises QueryNotFound, and ParameterInvalid when a frame lacks a column.
    """
    chosen = {load(name): frame for name, frame in frames.items()}
    for query, frame in chosen.items():
        _refuse_lacking(query, frame)
    try:
        for query, frame in chosen.items():
            connection.register(f"frame_of_{query.relation}", frame)
            # A column of whole numbers with a gap is one of fractions to pandas: the header's types hold.
            columns = ", ".join(f'cast("{each.name}" as {each.type}) as "{each.name}"' for each in query.columns)
            connection.execute(
                f"create or replace temp view {query.relation} as select {columns} from frame_of_{query.relation}"  # noqa: S608 - our own names
            )
        yield frozenset(frames)
    finally:
        for query in chosen:
            connection.execute(f"drop view if exists temp.{query.relation}")
            connection.unregister(f"frame_of_{query.relation}")


def _refuse_lacking(query: Query, frame: pd.DataFrame) -> None:
    lacking = [each.name for each in query.columns if each.name not in frame.columns]
    if lacking:
        raise ParameterInvalid(
            f"the frame for {query.name} has no column {', '.join(lacking)}",
            where=query.name,
            next_step="Filter or sum the rows of that query, and keep its columns.",
        )

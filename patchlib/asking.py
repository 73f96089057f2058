"""What `patchlib query` and `patchlib check` do: a store is opened and asked, and what it cannot tell is said.

Imports are inside the functions, because `patchlib --help` must not wait for pandas.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from patchlib import paths
from patchlib.errors import ParameterInvalid, ParameterUnknown, StoreMissing

if TYPE_CHECKING:
    import pandas as pd

    from patchlib.notebook import Session

__all__ = ["check", "exported", "no_snapshot", "query_list", "refuse_before_time", "run_query"]


def _readable_store(store: Path | None) -> Path:
    """The store to ask: the one named, the real one, else the sandbox's, said on standard error."""
    target = store or paths.REAL_STORE
    if store is None and not target.exists() and paths.DEMO_STORE.exists():
        sys.stderr.write("patchlib: no store of a real estate; answering for the sandbox organisation\n")
        target = paths.DEMO_STORE
    return _existing(target)


def _existing(target: Path) -> Path:
    if target.exists():
        return target
    demo = f"; the sandbox's is {paths.DEMO_STORE}" if paths.DEMO_STORE.exists() else ""
    step = f"Run `patchlib extract`, or name a store with --store{demo}."
    raise StoreMissing("there is no store", where=str(target), next_step=step)


def no_snapshot(session: Session) -> StoreMissing | None:
    """What to say of a store without any snapshot, which is no empty estate; None where there is one."""
    if session.first_taken_at is not None:
        return None
    step = f"Run `patchlib extract{paths.store_option(session.store)}`, or `patchlib load` a snapshot into it."
    return StoreMissing(
        "no snapshot is loaded: nothing is known of any estate", where=str(session.store), next_step=step
    )


def refuse_before_time(session: Session, as_of: str) -> None:
    """Raise ParameterInvalid for an as_of before the first snapshot: nothing was read up to then."""
    first = session.first_taken_at
    if as_of and first is not None and session.as_of < first:
        step = f"The first snapshot is of {first.isoformat()}Z; name that instant or a later one."
        raise ParameterInvalid(f"nothing was read up to {as_of}", where=str(session.store), next_step=step)


def check(store: Path | None) -> Iterator[str]:
    """Run the data checks; one line each, then their count.

    Raises CheckFailed after that when one that stops has found rows.
    """
    from patchlib.checks import closing_line, raise_for_stops, run_checks
    from patchlib.notebook import Session
    from patchlib.store import connect

    target = _existing(store or paths.REAL_STORE)
    with connect(target, read_only=True) as connection:
        results = run_checks(connection)
    yield from map(str, results)
    yield closing_line(results)
    with closing(Session(target, "", {})) as session:
        if missing := no_snapshot(session):
            sys.stderr.write(f"patchlib: {missing}\n")
    raise_for_stops(results, where=str(target))


def query_list(topic: str) -> list[str]:
    """Every query whose name begins with a topic ("" is all that users ask) with its parameters and its purpose.

    Raises ParameterUnknown where there is none.
    """
    from patchlib.queries import STORE_FOLDERS, list_queries

    folder = topic.partition("/")[0]
    found = [
        query
        for query in list_queries(folder if folder in STORE_FOLDERS else None)
        if query.name.startswith(f"{topic}/" if topic and "/" not in topic else topic)
    ]
    if not found:
        topics = sorted({query.name.partition("/")[0] for query in list_queries()} | STORE_FOLDERS)
        near = difflib.get_close_matches(folder, topics, n=1)
        step = f"Did you mean {near[0]}?" if near and near[0] != folder else f"Topics: {', '.join(topics)}."
        raise ParameterUnknown(f"the name of no query begins with {topic}", next_step=step)
    called = [f"{query.name}({', '.join(param.name for param in query.params)})" for query in found]
    width = max(len(name) for name in called)
    return [f"{name:<{width}}  {query.purpose}" for name, query in zip(called, found, strict=True)]


def run_query(name: str, given: Mapping[str, str], store: Path | None) -> pd.DataFrame:
    """One query with its parameters bound from text; `as_of` defaults to the latest snapshot's instant.

    A store without a snapshot is said so on standard error: it may still hold facts from feeds.
    """
    from patchlib.notebook import Session

    with closing(Session(_readable_store(store), given.get("as_of", ""), dict(given))) as session:
        refuse_before_time(session, given.get("as_of", ""))
        frame = session.ask(name, given)
        if missing := no_snapshot(session):
            sys.stderr.write(f"patchlib: {missing}\n")
        return frame


def exported(frame: pd.DataFrame, form: str, output: Path | None) -> bytes:
    """A frame as csv, json or parquet. Raises ParameterInvalid for parquet without a file."""
    from patchlib.export import as_bytes

    if form == "parquet" and output is None:
        raise ParameterInvalid("parquet needs a file", next_step="Add -o FILE.")
    return as_bytes(frame, "csv" if form == "table" else form)

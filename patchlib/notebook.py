"""A notebook's session: the first call of every notebook, and what every number in it rests on.

    session = begin(store=store, as_of=as_of, stale_after_days=stale_after_days)
    session.query("fleet/coverage")
    session.limits()
    session.provenance()

The store is opened read-only. `as_of` and the parameters given to `begin` reach every query that declares
them, so one notebook speaks of one instant.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from patchlib import __version__, paths, queries
from patchlib.display import Shown, show
from patchlib.errors import ParameterInvalid, SettingInvalid
from patchlib.site import asset, fragments, wording
from patchlib.standin import standing_in
from patchlib.store import connect
from patchlib.tables import ATTR_MEANINGS, ATTR_QUERY, payload_of

__all__ = ["DEFAULTS", "Coverage", "Session", "begin", "instant", "store_path"]

# What every topic assumes unless a notebook's parameters say otherwise: days after which a scan no longer
# counts (GLOSSARY.md "stale"), and the hours between two scans of one node.
DEFAULTS: Mapping[str, Any] = {"stale_after_days": 7, "scan_interval_hours": 24}

# What many questions build on and is small: asked once a session. A curve over it takes milliseconds.
_KEPT = ("lag/cube", "lag/service_cube")

_SNAPSHOTS = """
    select snapshot_id, taken_at, endpoint, is_aws, organization_id, caller_account_id, tool_version, is_finished
    from core.snapshot where taken_at <= $as_of order by taken_at, snapshot_id
"""
_LATEST = "select max(taken_at) from core.snapshot"


def store_path(store: str | Path = "", *, may_fall_back: bool) -> Path:
    """The store to read: the one named, else `PATCHLIB_STORE`, else the real estate's.

    may_fall_back: notebooks opened by hand use the sandbox organisation's store when there is no other.
    Raises SettingInvalid when there is none to read.
    """
    named = str(store) or os.environ.get("PATCHLIB_STORE", "")
    if named:
        return Path(named)
    root = next((place for place in (Path(), Path("..")) if (place / paths.REAL_STORE).exists()), None)
    if root is not None:
        return root / paths.REAL_STORE
    demo = next((p / paths.DEMO_STORE for p in (Path(), Path("..")) if (p / paths.DEMO_STORE).exists()), None)
    if may_fall_back and demo is not None:
        return demo
    raise SettingInvalid(
        "there is no store to read",
        where=str(paths.REAL_STORE),
        next_step="Run `patchlib extract`, or name one with --store or PATCHLIB_STORE.",
    )


def instant(words: str) -> datetime:
    """A naive UTC instant from ISO text: a day, or a moment with or without `Z` or an offset.

    Raises ParameterInvalid when the text is neither.
    """
    try:
        moment = datetime.fromisoformat(words.strip())
    except ValueError as error:
        raise ParameterInvalid(
            f"as_of is not an instant: {words!r}", next_step="Write 2026-11-02 or 2026-11-02T06:00:00Z."
        ) from error
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


@dataclass(frozen=True)
class Coverage:
    """What could be read of the estate at one instant.

    age_days: from the latest snapshot up to that instant, however much later it is looked at; None when nothing was
    read [d].
    """

    account_count: int
    blind_accounts: tuple[str, ...]
    blind_names: tuple[str, ...]
    cell_count: int
    unread_cell_count: int
    taken_at: datetime | None
    age_days: float | None

    @property
    def sentence(self) -> str:
        """Coverage in words, with its denominators."""
        if self.taken_at is None:
            return "No snapshot: nothing has been read."
        seen = self.account_count - len(self.blind_accounts)
        answered = self.cell_count - self.unread_cell_count
        return (
            f"{seen} of {self.account_count} accounts answered. "
            f"{answered:,} of {self.cell_count:,} reads answered in full."
        )


class Session:
    """An open store at one instant, with the record of what was asked of it."""

    def __init__(self, store: Path, as_of: str, parameters: Mapping[str, Any]) -> None:
        self.store = store
        self._connection = connect(store, read_only=True)
        latest = self._connection.execute(_LATEST).fetchone()
        self._latest: datetime | None = latest[0] if latest else None
        self.as_of = instant(as_of) if as_of else self._latest or datetime(1970, 1, 1)  # noqa: DTZ001
        self.parameters: dict[str, Any] = {**DEFAULTS, **parameters}
        self.queries_run: list[dict[str, Any]] = []
        self._kept: dict[str, pd.DataFrame] = {}
        self.snapshots: pd.DataFrame = self._connection.execute(_SNAPSHOTS, {"as_of": self.as_of}).df()

    @cached_property
    def coverage(self) -> Coverage:
        """What could be read at this instant: accounts, sources, data age."""
        return self._read_coverage()

    @property
    def first_taken_at(self) -> datetime | None:
        """When the store's first snapshot was taken [UTC]; None when it has none."""
        found = self._connection.execute("select min(taken_at) from core.snapshot").fetchall()
        return found[0][0] if found else None

    @property
    def is_sandbox(self) -> bool:
        """True when the latest snapshot was not read from AWS."""
        return len(self.snapshots) > 0 and not bool(self.snapshots["is_aws"].iloc[-1])

    @property
    def organization_id(self) -> str:
        """The organisation read, or the caller's account where there is none; "" when nothing was read."""
        if not len(self.snapshots):
            return ""
        last = self.snapshots.iloc[-1]
        return str(last["caller_account_id"] if pd.isna(last["organization_id"]) else last["organization_id"])

    def query(self, name: str, given: Mapping[str, pd.DataFrame] | None = None, /, **params: Any) -> pd.DataFrame:
        """One query of queries/, e.g. `fleet/coverage`: its rows, with what each column means in `attrs`.

        params override the session's; `as_of` and every declared parameter the session knows are filled in.
        given: frames by the name of the query they stand in for, as `lag/cube`: rows of it that were filtered, or
        summed over a column, so that the curve of a part is computed as the whole is.
        Raises QueryNotFound, ParameterUnknown, ParameterInvalid where a frame lacks a column.
        """
        return self._told(name, *self._ask(name, params, given or {}))

    def query_for(self, name: str, columns: Mapping[str, str], /, **params: Any) -> pd.DataFrame:
        """As `query`: of its rows those whose columns have these values, without making the others."""
        return self._told(name, *self._ask(name, params, only=columns))

    def _told(self, name: str, frame: pd.DataFrame, bound: Mapping[str, Any]) -> pd.DataFrame:
        shown = {key: str(wording.plain(value)) for key, value in bound.items() if key != "as_of"}
        self.queries_run.append({"query": name, "rows": len(frame), "parameters": shown})
        return frame

    def ask(self, name: str, params: Mapping[str, Any]) -> pd.DataFrame:
        """One query as `query` answers it, with parameters by whatever names somebody wrote."""
        return self._ask(name, params)[0]

    def over(self, name: str, instants: Iterable[datetime]) -> pd.DataFrame:
        """One query as of each of some instants, under each other; column `taken_at` says which [UTC].

        instants: repeated ones are asked once. A past answer is what the store would have said then: one definition
        serves the present and its trend. Raises QueryNotFound, ParameterUnknown.
        """
        asked = sorted(set(instants))
        frames = [self._ask(name, {"as_of": each})[0].assign(taken_at=each) for each in asked]
        empty = self._ask(name, {})[0].head(0).assign(taken_at=pd.Series(dtype="datetime64[us]"))
        frame = pd.concat(frames, ignore_index=True) if frames else empty
        frame.attrs = empty.attrs
        known = {"instants": f"{len(asked)}"}
        self.queries_run.append({"query": name, "rows": len(frame), "parameters": known})
        return frame

    def _ask(
        self,
        name: str,
        params: Mapping[str, Any],
        given: Mapping[str, pd.DataFrame] = MappingProxyType({}),
        only: Mapping[str, str] | None = None,
    ) -> tuple[pd.DataFrame, dict[str, Any]]:
        query = queries.load(name)
        known = {"as_of": self.as_of, **self.parameters}
        bound = {param.name: known[param.name] for param in query.params if param.name in known} | dict(params)
        # What was kept holds for the session's own instant and parameters only.
        frames = dict(given) if params or given else self._keep(name)
        with standing_in(self._connection, frames) as names:
            frame: pd.DataFrame = queries.run(self._connection, name, names, only, **bound)
        frame.attrs[ATTR_QUERY] = name
        frame.attrs[ATTR_MEANINGS] = {column.name: column.meaning for column in query.columns}
        return frame, bound

    def _keep(self, name: str) -> dict[str, pd.DataFrame]:
        """The kept frames that a query builds on, asked now if they have not been."""
        wanted = [each for each in _KEPT if each in queries.builds_on(name)]
        for each in wanted:
            if each not in self._kept:
                self._kept[each] = self._ask(each, {})[0]
        return {each: self._kept[each] for each in wanted}

    def close(self) -> None:
        """Close the store."""
        self._connection.close()

    def _read_coverage(self) -> Coverage:
        accounts, ledger = self._ask("fleet/accounts", {})[0], self._ask("fleet/ledger", {})[0]
        unread = len(self._ask("fleet/blind_spots", {})[0])
        blind = accounts[accounts["is_blind"].astype(bool)]
        pairs = zip(blind["account_id"].astype(str), blind["account_name"], strict=True)
        names = [number if pd.isna(name) else f"{name} ({number})" for number, name in pairs]
        taken_at = self.snapshots["taken_at"].iloc[-1].to_pydatetime() if len(self.snapshots) else None
        age_days = None if taken_at is None else (self.as_of - taken_at) / timedelta(days=1)
        # What an organisation's policy closes on purpose, and where no node is known, is no read that was missed.
        wanted = int(ledger["is_readable"].astype(bool).sum()) + unread
        ids = tuple(map(str, blind["account_id"]))
        asked = len(accounts) - int(accounts["is_left_out"].astype(bool).sum())
        return Coverage(asked, ids, tuple(names), wanted, unread, taken_at, age_days)

    def banners(self) -> list[dict[str, str]]:
        """What must be said before any number: no data, sandbox, unreadable accounts, age, a cut-short run."""
        found, seen = [], self.coverage
        if seen.taken_at is None:
            found.append(_banner("empty", "bad", "No data", "No snapshot was taken at or before this instant."))
            return found
        if self.is_sandbox:
            found.append(_banner("sandbox", "info", "Sandbox organisation", "Seeded data to learn on; no real estate."))
        if seen.blind_accounts:
            count = f"{len(seen.blind_accounts)} of {seen.account_count} accounts"
            found.append(_banner("blind", "warning", "No answer", f"{count}: {', '.join(seen.blind_names)}."))
        limit = float(self.parameters["stale_after_days"])
        if seen.age_days is not None and seen.age_days > limit:
            age = wording.quantity(seen.age_days, "d")
            found.append(
                _banner(
                    "age",
                    "warning",
                    "Old data",
                    f"The latest snapshot is {age} days before this instant, limit {limit:g}.",
                )
            )
        if not bool(self.snapshots["is_finished"].iloc[-1]):
            found.append(_banner("unfinished", "warning", "Cut short", "The last extraction did not finish."))
        return found

    def _content(self) -> dict[str, Any]:
        seen = asdict(self.coverage) | {"taken_at": wording.plain(self.coverage.taken_at)}
        return {
            "as_of": wording.plain(self.as_of),
            "store": self.store.name,
            "organization_id": self.organization_id,
            "is_sandbox": self.is_sandbox,
            "snapshot_count": len(self.snapshots),
            "parameters": {key: wording.plain(value) for key, value in self.parameters.items()},
            "banners": self.banners(),
            "coverage": seen,
            "sentence": self.coverage.sentence,
        }

    def header(self) -> Shown:
        """The session in a line, with its banners; `begin` shows it."""
        content = self._content()
        line = f"As of {wording.text(self.as_of)}. {content['sentence']}"
        html = f"<style>{asset('lab.css')}</style>" + "".join(map(fragments.note, content["banners"]))
        html += f'<p class="pl-question">{fragments.prose(line)}</p>'
        spoken = [f"{banner['title']}: {banner['text']}" for banner in content["banners"]]
        return Shown("session", content, html=html, plain="\n".join([*spoken, line]))

    def limits(self, *remarks: str) -> Shown:
        """What these numbers cannot say: what was not read, how old the data is, and the notebook's remarks."""
        seen = self.coverage
        age = ""
        if seen.age_days is not None:
            days = f"{wording.quantity(seen.age_days, 'd')} days"
            age = f"Data age at the as-of instant: {days}, since the latest snapshot of {wording.text(seen.taken_at)}. "
        items = [f"{age}{seen.sentence}", *remarks]
        unread = self.query("fleet/blind_spots")
        counted = unread.groupby(["account_id", "state", "error_code"], dropna=False, as_index=False)
        frame = counted.agg(source_count=("source", "size"), last_ok_at=("last_ok_at", "max"))
        frame.attrs = unread.attrs
        grid = payload_of(frame, {"account_id": "", "state": "", "error_code": "", "source_count": "Reads",
                                  "last_ok_at": "Last complete answer"}, source="fleet/blind_spots") | {
            "title": "What could not be read", "note": "", "empty": "Every source was answered in full.",
        }  # fmt: skip
        listed = "".join(f"<li>{fragments.prose(item)}</li>" for item in items)
        html = f'<ul class="pl-limits">{listed}</ul>{fragments.table(grid)}'
        return Shown("limits", {"items": items, "table": grid}, html=html, plain="\n".join(items))

    def provenance(self) -> Shown:
        """Where the numbers come from: snapshots, queries with their parameters, versions."""
        snapshots = self.snapshots[["snapshot_id", "taken_at", "caller_account_id", "tool_version"]].tail(5)
        content = {
            "facts": [
                ("as of", wording.text(self.as_of)),
                ("organisation", self.organization_id or wording.UNKNOWN),
                ("store", self.store.name),
                ("snapshots", f"{len(self.snapshots)} up to this instant"),
                ("parameters", ", ".join(f"{key} = {value}" for key, value in self.parameters.items())),
                ("patchlib", __version__),
            ],
            "queries": self.queries_run,
            "table": payload_of(snapshots)
            | {"title": "Latest snapshots", "note": "", "empty": "No snapshot was read."},
        }
        return Shown("provenance", content, html=fragments.provenance(content), plain=_lines(content["facts"]))


def _lines(facts: Any) -> str:
    return "\n".join(f"{key}: {value}" for key, value in facts)


def _banner(kind: str, tone: str, title: str, words: str) -> dict[str, str]:
    return {"kind": kind, "tone": tone, "title": title, "text": words}


def begin(store: str | Path = "", as_of: str = "", **parameters: Any) -> Session:
    """Open the store at one instant; in a notebook, show coverage, data age and what is missing.

    store: file, "" for `PATCHLIB_STORE`, else the real store, else the sandbox organisation's.
    as_of: report instant, ISO [UTC]; "" is when the latest snapshot was taken.
    parameters: the notebook's own; they reach every query that declares them.
    Raises SettingInvalid, StoreMissing, ParameterInvalid.
    """
    session = Session(store_path(store, may_fall_back=True), as_of, parameters)
    if _in_notebook():
        show(session.header())
    return session


def _in_notebook() -> bool:
    # A kernel has imported IPython already; elsewhere its import would cost more than the question is worth.
    shell = sys.modules.get("IPython")
    return shell is not None and shell.get_ipython() is not None

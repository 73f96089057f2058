"""What several commands begin with: settings, what has ended of them, a reader, and the snapshot a run builds on.

Imports are inside the functions, because `patchlib --help` must not wait for boto3.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from patchlib import paths
from patchlib.errors import ParameterInvalid, StoreLocked
from patchlib.lock import LOCK_ENDING, only_one

if TYPE_CHECKING:
    from patchlib.aws import Reader
    from patchlib.manifest import CellState
    from patchlib.settings import Settings
    from patchlib.sources import Cell
    from patchlib.vanished import Known

__all__ = ["base_of", "known_places", "open_reader", "open_settings", "pairs", "sole_extraction", "tell_ended"]


def open_settings(path: Path | None, *, sandbox: bool) -> Settings:
    """The settings of that file, of the sandbox, of patchlib.toml where there is one, else the defaults."""
    from patchlib.settings import load_settings

    if path is None and sandbox:
        path = paths.sandbox_settings()
    elif path is None and paths.SETTINGS_FILE.exists():
        path = paths.SETTINGS_FILE
    return load_settings(path)


def pairs(parameters: Sequence[str]) -> dict[str, str]:
    """What stands as name=value on a command line. Raises ParameterInvalid for anything else."""
    found = {}
    for text in parameters:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise ParameterInvalid(f"not a parameter: {text!r}", next_step="Write -p name=value.")
        found[name.strip()] = value
    return found


def tell_ended(settings: Settings, now: datetime) -> None:
    """Say on standard error which exclusions have ended: their nodes count again, and nobody may expect it.

    now: the instant of the snapshot, aware.
    """
    for each in settings.ended_exclusions(now.astimezone(UTC).date()):
        sys.stderr.write(
            f"patchlib: the exclusion of {each.target} ended on {each.expires_on}, so its nodes count again: "
            f"renew it or take it out (owner {each.owner})\n"
        )


@contextmanager
def sole_extraction(store: Path, now: datetime) -> Iterator[None]:
    """Be the one extraction into a store until the block ends, its load included.

    Two would ask AWS for the same pages out of one account's rate, and the later load would be of the older reading.
    now: aware instant that a second run is told as our start. Raises StoreLocked at once while another runs.
    """

    def refusal(holder: str) -> StoreLocked:
        step = "Wait until it ends, or name another store with --store."
        return StoreLocked(f"an extraction into this store is under way: {holder}", where=str(store), next_step=step)

    store.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    started = now.astimezone(UTC).replace(tzinfo=None)
    with only_one(store.with_name(f"{store.name}{LOCK_ENDING}"), refusal, started=started):
        yield


def open_reader(settings: Settings) -> Reader:
    """A reader of what the catalogue names, and of nothing else."""
    from patchlib.aws import Reader
    from patchlib.sources import ALLOWED, HEAVY

    return Reader(settings, ALLOWED, raw_operations=HEAVY)


def base_of(store: Path, folder: Path, reader: Reader) -> str | None:
    """The store's latest snapshot, if the same caller took it and its pages are still there; None otherwise."""
    from patchlib.store import connect

    if not store.exists():
        return None
    caller = reader.caller()
    with connect(store, read_only=True) as connection:
        row = connection.execute(
            "select snapshot_id from core.snapshot where is_aws = $is_aws and caller_account_id = $account_id "
            "and inputs is null and taken_at <= $now order by taken_at desc, snapshot_id desc limit 1",
            {
                "is_aws": caller.is_aws,
                "account_id": caller.account_id,
                "now": caller.answered_at.astimezone(UTC).replace(tzinfo=None),
            },
        ).fetchone()
    return str(row[0]) if row and (folder / row[0] / "manifest.json").exists() else None


def known_places(store: Path, reader: Reader) -> Known:
    """What a store holds, place by place, whichever runs have read it; nothing where there is none yet."""
    from patchlib.sources import Cell
    from patchlib.store import connect
    from patchlib.vanished import Known

    if not store.exists():
        return Known()
    states: dict[Cell, dict[str, CellState]] = {}
    with connect(store, read_only=True) as connection:
        rows = connection.execute(
            "select account_id, region, source, state from core.coverage_now where state <> 'removed'"
        ).fetchall()
        members = connection.execute(
            "select id from raw.organizations_account where account_id = $caller",
            {"caller": reader.caller().account_id},
        ).fetchall()
    for account_id, region, source, state in rows:
        states.setdefault(Cell(account_id, region), {})[source] = state
    return Known(states, frozenset(str(row[0]) for row in members))

"""Immutable fleets with a known truth, laid as history into an empty store, and the queries of lag/ over it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from patchlib.queries import run
from patchlib.store import connect
from tests.estate import empty_store
from tests.handmade import writable

BEGIN = datetime(2026, 1, 1)  # noqa: DTZ001 - the store is naive UTC
END = datetime(9999, 12, 31)  # noqa: DTZ001
GOLDEN = (5**0.5 - 1) / 2
WINDOW, LIFE = 30.0, 10.0  # days: a fix comes uniformly within the window; instances live exponentially
Row = tuple[str, dict[str, Any]]
ASKED = ("lag/service_item", "lag/service_cube", "lag/service_exposure")


@dataclass(frozen=True)
class Life:
    """One instance: launched and ended, patched if in place, with the fix in its image or not [d since BEGIN]."""

    service: int
    launched: float
    ended: float
    patched: float
    has_fix: bool


def replaced(services: int, *, spread_days: float = 0.0) -> tuple[list[Life], list[float]]:
    """Services of one instance: it dies and comes back with the old image until a refresh brings the fix.

    spread_days: releases are spread over so many days. Returns the instances, and each service's release [d].
    """
    releases = [spread_days * (number * GOLDEN % 1) for number in range(services)]
    draws = np.random.default_rng(20260)
    lives: list[Life] = []
    for number, release in enumerate(releases):
        fixed = release + WINDOW * (number + 0.5) / services
        launched, ends = release - LIFE, release + draws.exponential(LIFE)
        while ends < fixed:
            lives.append(Life(number, launched, ends, np.inf, has_fix=False))
            launched, ends = ends, ends + draws.exponential(LIFE)
        lives.append(Life(number, launched, fixed, np.inf, has_fix=False))
        lives.append(Life(number, fixed, np.inf, np.inf, has_fix=True))
    return lives, releases


def patched_in_place(services: int, members: int) -> tuple[list[Life], list[float]]:
    """Services whose members are patched in place, each uniformly within the window."""
    draws = np.random.default_rng(20261)
    lives = [
        Life(number, -LIFE, np.inf, WINDOW * draws.random(), has_fix=False)
        for number in range(services)
        for _ in range(members)
    ]
    return lives, [0.0] * services


def _moment(days: float) -> datetime:
    return END if np.isinf(days) else BEGIN + timedelta(days=days)


def _seen(days: float, interval: float) -> float:
    """When the next snapshot comes."""
    return days if np.isinf(days) else float(np.ceil(days / interval) * interval)


def _told(lives: list[Life], releases: list[float], interval: float, as_of: float) -> Iterator[Row]:
    place = {"account_id": "1", "region": "eu"}
    always = {"valid_from": _moment(-365), "valid_to": END, "observation_id": 1}
    for number, release in enumerate(releases):
        name = f"KB{number}"
        yield "patch_key", {"patch_key": number, "patch_ref": name, "severity": "Critical"}
        yield "patch", {"operating_system": "WINDOWS", "patch_ref": name, "severity": "Critical",
                        "released_at": _moment(release)} | always  # fmt: skip
    numbers = count()
    for life in lives:
        own, key = {**place, "node_id": f"i-{(number := next(numbers))}"}, number
        first, last = _seen(life.launched, interval), _seen(life.ended, interval)
        if first >= last or first > as_of:
            continue  # it came and went between two snapshots
        seen = {"valid_from": _moment(first), "valid_to": _moment(last), "observation_id": 1}
        yield "node_key", own | {"node_key": key}
        yield "node", own | seen | {"environment": "prod", "operating_system": "WINDOWS", "platform": "Windows Server",
                                    "launched_at": _moment(life.launched)}  # fmt: skip
        yield "node_service", own | seen | {"service_kind": "auto scaling group", "service_id": f"s{life.service}",
                                            "service_name": f"s{life.service}"}  # fmt: skip
        scanned = min(as_of, last - interval)
        yield "node_scan", own | seen | {"operation_ended_at": _moment(scanned)}
        if not np.isinf(life.ended):
            yield "scaling_activity", place | seen | {
                "activity_id": f"a-{key}", "instance_id": own["node_id"], "activity_kind": "termination",
                "activity_status": "Successful", "started_at": _moment(life.ended),
                "valid_from": _moment(last), "valid_to": END}  # fmt: skip
        yield from _patch_rows(life, key, max(first, _seen(releases[life.service], interval)), last, interval)


def _patch_rows(life: Life, key: int, first: float, last: float, interval: float) -> Iterator[Row]:
    own = {"node_key": key, "patch_key": life.service, "observation_id": 1}
    done = {"patch_state": "Installed", "installed_at": _moment(life.launched - 1 if life.has_fix else life.patched)}
    turn = first if life.has_fix else min(last, _seen(life.patched, interval))
    if first < turn:
        yield "node_patch", own | {"patch_state": "Missing", "valid_from": _moment(first), "valid_to": _moment(turn)}
    if turn < last:
        yield "node_patch", own | done | {"valid_from": _moment(turn), "valid_to": _moment(last)}


def ask(lives: list[Life], releases: list[float], *, interval: float, as_of: float) -> dict[str, pd.DataFrame]:
    """The answers of `ASKED` at an instant over a store that was filled by a snapshot every `interval` [d]."""
    tables: dict[str, list[dict[str, Any]]] = {}
    for table, row in _told(lives, releases, interval, as_of):
        tables.setdefault(table, []).append(row)
    with TemporaryDirectory() as folder, connect(empty_store(Path(folder) / "s.duckdb"), read_only=False) as store:
        for table, rows in tables.items():
            writable(store, f"core.{table}")
            store.register("told", pd.DataFrame(rows))
            store.execute(f"insert into core.{table} by name select * from told")
            store.unregister("told")
        return {name: run(store, name, as_of=_moment(as_of)) for name in ASKED}

"""What a query says of a past instant is what the store would have said then: later snapshots do not bend it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from patchlib.queries import list_queries, load, run
from patchlib.store import connect
from tests import estate, snapshots

WEEK = timedelta(days=7)
# A parameter that is not named here is null.
SETTINGS = {"stale_after_days": 9, "scan_interval_hours": 24}
ASKED = [
    query.name
    for topic in ("fleet", "compliance", "lag")
    for query in list_queries(topic)
    if any(param.name == "as_of" for param in query.params)
]


def _week(number: int, patches: Mapping[str, Any], other: Any) -> dict[tuple[str, str, str], Any]:
    """Two accounts in one week; the nodes of the first were scanned a day before, those of the second never."""
    scanned = (snapshots.TAKEN + number * WEEK - timedelta(days=1)).isoformat()
    listings = snapshots.estate(patches)
    listings[snapshots.ACCOUNT, snapshots.REGION, "ssm_patch_state"] = [
        {"InstanceId": node, "BaselineId": "pb-1", "Operation": "Scan", "OperationEndTime": scanned} for node in patches
    ]
    if isinstance(other, str):
        return listings | {
            (snapshots.OTHER, snapshots.REGION, source): other for source in ("ec2_instance", "ssm_patch")
        }
    return listings | snapshots.estate(other, account_id=snapshots.OTHER)


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Stores of the first one, two, three and four weeks."""
    folder = tmp_path_factory.mktemp("weeks")
    missing, done = snapshots.patch("KB1"), snapshots.patch("KB1", "Installed", "2026-11-05T00:00:00Z")
    weeks = [
        _week(0, {"i-01": [missing], "i-02": [missing]}, {"i-11": [missing]}),
        # Installed on one node; the other was replaced; the second account is denied.
        _week(1, {"i-01": [done], "i-03": [missing]}, "denied"),
        # The patch is missing again, and the second account is read again.
        _week(2, {"i-01": [missing], "i-03": [done]}, {"i-11": [done]}),
        # One node is gone.
        _week(3, {"i-01": [done]}, {"i-11": [done]}),
    ]
    taken = [snapshots.write(folder, snapshots.TAKEN + n * WEEK, week) for n, week in enumerate(weeks)]
    stores: list[Path] = []
    for number, snapshot in enumerate(taken):
        store = folder / f"first{number}.duckdb"
        if stores:
            shutil.copyfile(stores[-1], store)
        stores.append(estate.loaded(store, snapshot))
    return stores


def _answer(store: Path, name: str, week: int) -> pd.DataFrame:
    known = {"as_of": snapshots.TAKEN + week * WEEK, **SETTINGS}
    params = {param.name: known.get(param.name) for param in load(name).params}
    with connect(store) as connection:
        frame = run(connection, name, **params)
    return frame.sort_values(list(frame.columns), key=lambda c: c.astype(str)).reset_index(drop=True)


@pytest.mark.parametrize("name", ASKED)
def test_a_past_answer_stays_as_it_was(stores: list[Path], name: str) -> None:
    """The store of all weeks, asked of an earlier week, answers as the store that ended there."""
    for week, then in enumerate(stores[:-1]):
        pd.testing.assert_frame_equal(_answer(stores[-1], name, week), _answer(then, name, week))


@pytest.mark.parametrize("name", ["fleet/node_coverage", "compliance/node_status"])
def test_the_weeks_differ(stores: list[Path], name: str) -> None:
    """Staying as it was says something only where the later weeks say another thing."""
    answers = [_answer(stores[-1], name, week) for week in range(len(stores))]
    assert not any(answer.empty for answer in answers[:-1])
    assert not any(earlier.equals(later) for earlier, later in pairwise(answers))

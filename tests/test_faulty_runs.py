"""Whatever goes wrong: what the ledger calls answered is what a clean run brings, and the rest is left as it was."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from patchlib.errors import RunCutShort
from patchlib.extract import extract
from patchlib.sandbox.faults import (
    AccessDenied,
    ClosedConnection,
    DroppedBody,
    DuplicateItem,
    ExpiredToken,
    Fault,
    Faults,
    MalformedBody,
    PageCap,
    RegionDisabled,
    ServerError,
    ServiceRefuses,
    Throttling,
)
from patchlib.snapshot import ANSWERED, Manifest, open_snapshot
from patchlib.sources import SOURCES, Scope, Source, sources_in
from patchlib.sources import source as source_of
from patchlib.store import connect
from tests import estate

Rows = dict[tuple[str, str, str], list[Any]]

MEMBER, HOME = estate.MEMBER, "eu-central-1"
BY_POLICY = "User is not authorized with an explicit deny in a service control policy"


@cache
def _clean_rows() -> Rows:
    """The rows of a store with one clean snapshot of the small organisation."""
    with tempfile.TemporaryDirectory() as folder:
        return _rows(_with_clean(Path(folder) / "clean.duckdb"))


def _with_clean(store: Path) -> Path:
    """A store that holds the clean snapshot."""
    return estate.loaded(store, estate.taken_once())


def _rows(store: Path, snapshot_id: str = "") -> Rows:
    """Every raw row by account, Region and source, without the number of its observation.

    snapshot_id: of this snapshot only; "" is of all.
    """
    found: Rows = {}
    own = "select observation_id from core.observation where $snapshot_id in ('', snapshot_id)"
    with connect(store) as connection:
        for source in SOURCES:
            sql = (
                f"select * exclude (observation_id) from raw.{source.name} where observation_id in ({own}) order by all"
            )
            for row in connection.execute(sql, {"snapshot_id": snapshot_id}).fetchall():
                found.setdefault(_key(row[0], row[1], source), []).append(row)
    for source in sources_in(Scope.REGION):
        # The same in all accounts, and read from the first that answers.
        for key in [key for key in found if key[2] == source.name]:
            found[key] = sorted({row[1:] for row in found[key]}, key=str)
    return found


def _key(account_id: str, region: str, source: Source) -> tuple[str, str, str]:
    return ("*" if source.scope is Scope.REGION else account_id, region, source.name)


def _faulty(faults: tuple[Fault, ...], folder: Path, base: str | None = None) -> Path:
    # Later than the clean run: what it brings takes the place of what that one did.
    served = estate.endpoint(Faults(fault=faults), as_of=estate.AS_OF + timedelta(hours=1))
    run = {"reader": estate.reader(served), "progress": estate.Told(), "clock": lambda: 0.0}
    return extract(estate.SETTINGS, folder, base=base, **run)


def _holds(manifest: Manifest, found: Rows, clean: Rows) -> None:
    """What is answered equals the clean run; of what is not, nothing is invented."""
    answered = {_key(c.account_id, c.region, source_of(c.source)) for c in manifest.cells if c.state in ANSWERED}
    for key in answered | found.keys():
        if key in answered:
            assert found.get(key, []) == clean.get(key, []), key
        else:
            assert all(row in clean.get(key, []) for row in found.get(key, [])), key


HEALED = [
    PageCap(items=7),
    PageCap(empty_first=True),
    DuplicateItem(),
    ServerError(times=2, probability=0.5),
    ClosedConnection(times=2, probability=0.5),
    DroppedBody(times=1),
    MalformedBody(times=1),
    ExpiredToken(account_id=MEMBER, service="ssm", after=7),
    Throttling(rate=1000.0, burst=3),
]
LOST = [
    AccessDenied(account_id=MEMBER, service="ssm"),
    AccessDenied(account_id=MEMBER, service="ssm", operation="DescribeInstancePatches"),
    AccessDenied(account_id=MEMBER, region=HOME, message=BY_POLICY),
    AccessDenied(account_id=MEMBER, service="sts", operation="AssumeRole"),
    RegionDisabled(account_id=MEMBER, region="us-east-1"),
    ServiceRefuses(account_id=MEMBER, service="ssm", code="SubscriptionRequiredException", message="not subscribed"),
    ServerError(account_id=MEMBER, operation="DescribePatchBaselines", service="ssm", times=99),
    MalformedBody(account_id=MEMBER, operation="DescribePatchBaselines", service="ssm", times=99),
    DroppedBody(account_id=MEMBER, operation="DescribeInstances", service="ec2", times=99),
]


@pytest.mark.parametrize("fault", HEALED, ids=lambda fault: fault.kind)
def test_what_heals_costs_no_row(fault: Fault, tmp_path: Path) -> None:
    """Short pages, repeated rows, passing errors: every row of the store is that of a clean run."""
    folder = _faulty((fault,), tmp_path)
    estate.loaded(tmp_path / "faulty.duckdb", folder)
    assert _rows(tmp_path / "faulty.duckdb") == _clean_rows()
    clean = {(c.account_id, c.region, c.source): c.state for c in open_snapshot(estate.taken_once()).cells}
    assert {(c.account_id, c.region, c.source): c.state for c in open_snapshot(folder).cells} == clean


@pytest.mark.parametrize("fault", LOST, ids=lambda fault: f"{fault.kind}-{fault.operation}")
def test_what_is_lost_is_named_and_nothing_else_is(fault: Fault, tmp_path: Path) -> None:
    """The other account equals the clean run; the ledger names what is hit; the last good rows stay."""
    clean = _clean_rows()
    folder = _faulty((fault,), tmp_path)
    manifest = open_snapshot(folder)
    hit = {(c.account_id, c.region, c.source) for c in manifest.cells if c.state not in ANSWERED}
    usual = open_snapshot(estate.taken_once()).cells
    known_blind = {(c.account_id, c.region, c.source) for c in usual if c.state not in ANSWERED}
    assert {account for account, _, _ in hit - known_blind} == {MEMBER}
    store = estate.loaded(_with_clean(tmp_path / "store.duckdb"), folder)
    _holds(manifest, _rows(store, folder.name), clean)
    assert _rows(store) == clean


_FAULT = st.one_of(
    st.sampled_from(HEALED),
    st.sampled_from(LOST),
    st.builds(
        AccessDenied,
        account_id=st.sampled_from((estate.MANAGEMENT, MEMBER)),
        region=st.sampled_from((*estate.REGIONS, "*")),
        service=st.sampled_from(("ssm", "ec2")),
        message=st.sampled_from(("not authorized", BY_POLICY)),
    ),
    st.builds(
        ServerError,
        region=st.sampled_from(estate.REGIONS),
        service=st.just("ssm"),
        times=st.integers(1, 9),
        probability=st.floats(0.1, 1),
    ),
)


def _judge(faults: list[Fault], folder: Path) -> None:
    clean = _clean_rows()
    try:
        taken = _faulty(tuple(faults), folder)
    except RunCutShort:
        return  # nothing at all could be read, which is said and leaves no snapshot to load
    store = estate.loaded(_with_clean(folder / "store.duckdb"), taken)
    _holds(open_snapshot(taken), _rows(store, taken.name), clean)
    assert _rows(store) == clean


# A failing mix is short as it is, and each run of one costs seconds.
NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
_QUICK = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]}


@given(st.lists(_FAULT, min_size=1, max_size=4))
@settings(max_examples=2, phases=NO_SHRINKING, derandomize=True, **_QUICK)
def test_no_mix_of_faults_makes_a_row_wrong(tmp_path_factory: pytest.TempPathFactory, faults: list[Fault]) -> None:
    """Answered means equal to a clean run, and what stands in the store is never worse than before."""
    _judge(faults, tmp_path_factory.mktemp("mix"))


@pytest.mark.slow
@given(st.lists(_FAULT, min_size=1, max_size=6))
@settings(max_examples=40, phases=NO_SHRINKING, **_QUICK)
def test_no_mix_of_many_faults_makes_a_row_wrong(tmp_path_factory: pytest.TempPathFactory, faults: list[Fault]) -> None:
    """The same promise over many and longer mixes."""
    _judge(faults, tmp_path_factory.mktemp("mix"))

"""The base of an incremental run: what it holds, how young it is, where a watermark stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from patchlib.base import Base, open_base
from patchlib.errors import SnapshotInvalid
from patchlib.harvest import blank_record
from patchlib.manifest import CallerRecord, CellState, Manifest
from patchlib.sources import Cell, Source, source
from tests import estate
from tests.sources.asking import CELL, context

CATALOGUE = source("ssm_available_patch")
DETAIL = source("ssm_patch")
WATERMARK = replace(source("ssm_managed_node"), unit="watermark", lookback_days=30, overlap_hours=48)


def _base(of: Source, state: CellState = "ok", cell: Cell = CELL, **more: object) -> Base:
    record = blank_record(of, cell, state).model_copy(update=more)
    caller = CallerRecord(account_id=estate.MANAGEMENT, arn=f"arn:aws:iam::{estate.MANAGEMENT}:role/Reader")
    manifest = Manifest(
        snapshot_id="a", taken_at=estate.AS_OF, endpoint=None, is_aws=True, caller=caller, cells=(record,)
    )
    return Base(Path("nowhere"), manifest)


def test_no_base_holds_nothing(tmp_path: Path) -> None:
    """A first run asks everything, and looks back as far as the source says."""
    base = open_base(tmp_path, None)
    assert base.snapshot_id is None
    assert base.unchanged(DETAIL, context()) == frozenset()
    assert base.fresh(CATALOGUE, CELL, estate.AS_OF) is None
    assert base.since(WATERMARK, CELL, estate.AS_OF) == estate.AS_OF - timedelta(days=30)


def test_a_base_that_is_gone_is_said(tmp_path: Path) -> None:
    """A chain with a missing link is an error, not a run that silently holds less."""
    with pytest.raises(SnapshotInvalid, match="no snapshot here"):
        open_base(tmp_path, "20261102T060000Z")


@pytest.mark.parametrize(("hours", "is_fresh"), [(0, True), (19.9, True), (20, False), (200, False)])
def test_young_answers_are_not_asked_again(hours: float, is_fresh: bool) -> None:
    """The refresh time counts from the answer itself, through any number of runs that kept it."""
    base = _base(CATALOGUE, "kept", observed_at=(estate.AS_OF - timedelta(hours=hours)).isoformat())
    assert (base.fresh(CATALOGUE, CELL, estate.AS_OF) is not None) is is_fresh


@pytest.mark.parametrize("state", ["denied", "partial", "error", "skipped"])
def test_what_was_not_answered_is_not_fresh(state: CellState) -> None:
    """A failure is never kept."""
    assert _base(CATALOGUE, state, observed_at=estate.AS_OF.isoformat()).fresh(CATALOGUE, CELL, estate.AS_OF) is None


def test_what_is_the_same_in_all_accounts_is_fresh_from_any() -> None:
    """Per Region another account's answer will do; per cell only its own."""
    elsewhere = Cell(estate.MEMBER, CELL.region)
    shared = _base(CATALOGUE, "ok", elsewhere, observed_at=estate.AS_OF.isoformat())
    assert shared.fresh(CATALOGUE, CELL, estate.AS_OF) is not None
    own = source("ssm_effective_patch")
    assert _base(own, "ok", elsewhere, observed_at=estate.AS_OF.isoformat()).fresh(own, CELL, estate.AS_OF) is None


@pytest.mark.parametrize(
    ("complete_to", "expected"),
    [
        (None, timedelta(days=30)),
        (estate.AS_OF - timedelta(days=7), timedelta(days=7, hours=48)),
        (estate.AS_OF, timedelta(hours=48)),
    ],
)
def test_a_watermark_goes_on_behind_where_it_stands(complete_to: datetime | None, expected: timedelta) -> None:
    """What had begun by then may have ended since; a run that failed leaves the watermark where it was."""
    text = complete_to.isoformat() if complete_to else None
    base = _base(WATERMARK, "ok", complete_to=text)
    assert base.since(WATERMARK, CELL, estate.AS_OF) == estate.AS_OF - expected


@pytest.mark.parametrize(("state", "is_empty"), [("empty", True), ("absent", True), ("ok", False), ("denied", False)])
def test_only_what_was_answered_empty_is_known_empty(state: CellState, is_empty: bool) -> None:
    """A denied listing may hide rows that an older run holds."""
    assert _base(DETAIL, state).is_known_empty(DETAIL, CELL) is is_empty


def test_learned_rates_are_remembered_by_operation() -> None:
    """The next run begins where this one ended."""
    key = (CELL.account_id, CELL.region, "ssm", "DescribeInstancePatches")
    assert _base(DETAIL, rate=12.5).rates() == {key: 12.5}
    assert _base(DETAIL).rates() == {}


@pytest.mark.parametrize(
    ("ended_days_ago", "open_days_ago", "expected"),
    [
        (7, None, timedelta(days=9)),
        (7, 3, timedelta(days=9)),
        (7, 20, timedelta(days=20, seconds=1)),
        (7, 200, timedelta(days=30)),
        (38, None, timedelta(days=40)),
        (38, 39, timedelta(days=40)),
    ],
)
def test_what_is_under_way_makes_a_run_look_further_back_and_never_less(
    ended_days_ago: int, open_days_ago: int | None, expected: timedelta
) -> None:
    """As far as AWS keeps it; a run after a long gap asks the whole gap, whatever is open."""
    ago = {"complete_to": ended_days_ago, "open_since": open_days_ago}
    told = {key: (estate.AS_OF - timedelta(days=days)).isoformat() for key, days in ago.items() if days is not None}
    assert _base(WATERMARK, "ok", **told).since(WATERMARK, CELL, estate.AS_OF) == estate.AS_OF - expected

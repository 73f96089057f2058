"""What the last run says of the next one."""

from datetime import timedelta
from pathlib import Path

import pytest

from patchlib.base import Base
from patchlib.lastrun import Expected, LastRun, open_last_run
from patchlib.manifest import CallerRecord, CellRecord, Manifest
from patchlib.sources import Cell, source
from tests import estate

CELL = Cell(estate.MEMBER, "eu-central-1")
NOW = estate.AS_OF + timedelta(days=1)


def record(name: str, state: str = "ok", **facts: object) -> CellRecord:
    """A ledger row of the cell."""
    named = {"service": source(name).service, "operation": source(name).operation, "source": name}
    return CellRecord(account_id=CELL.account_id, region=CELL.region, state=state, **named, **facts)  # type: ignore[arg-type]


def manifest(*records: CellRecord, base: str | None = None) -> Manifest:
    """A run of those ledger rows, a day ago."""
    caller = CallerRecord(account_id=estate.MANAGEMENT, arn="arn:aws:iam::1:user/x")
    return Manifest(
        snapshot_id="x", taken_at=estate.AS_OF, endpoint=None, is_aws=True, caller=caller, cells=records,
        base_snapshot=base,
    )  # fmt: skip


def chain(*runs: Manifest, can_build: bool = True) -> LastRun:
    """Runs, newest first."""
    return LastRun(tuple(Base(manifest=each) for each in runs), can_build=can_build)


def expected(name: str, last: LastRun, *, is_full: bool = False) -> Expected | None:
    """Of the cell, a day later."""
    return last.expected(source(name), CELL, NOW, is_full=is_full)


def test_a_cell_that_was_not_read_is_not_known() -> None:
    """Nothing is said of a source without a ledger row."""
    assert expected("ec2_instance", chain(manifest())) is None
    assert expected("ec2_instance", LastRun()) is None


def test_a_listing_is_asked_as_often_as_last_time() -> None:
    """Three pages make three calls; what was refused is refused with one."""
    assert expected("ec2_instance", chain(manifest(record("ec2_instance", calls=3)))) == Expected(3)
    assert expected("ec2_instance", chain(manifest(record("ec2_instance", "denied", calls=1)))) == Expected(1)


def test_what_is_young_is_not_asked() -> None:
    """Within its refresh time an answer stands; a day later it does not, and --full does not care."""
    young = record("ssm_effective_patch", calls=15, observed_at=(NOW - timedelta(hours=19)).isoformat())
    old = young.model_copy(update={"observed_at": (NOW - timedelta(hours=21)).isoformat()})
    assert expected("ssm_effective_patch", chain(manifest(young))) == Expected(0, saved=15, why="young")
    assert expected("ssm_effective_patch", chain(manifest(old))) == Expected(15)
    assert expected("ssm_effective_patch", chain(manifest(young)), is_full=True) == Expected(15)


def test_what_was_kept_costs_what_it_cost_when_it_was_asked() -> None:
    """A row that was kept made no call: the run before it tells how many it takes."""
    kept = record("ssm_effective_patch", "kept", observed_at=(NOW - timedelta(hours=30)).isoformat())
    before = manifest(record("ssm_effective_patch", calls=15))
    assert expected("ssm_effective_patch", chain(manifest(kept, base="y"), before)) == Expected(15)
    assert expected("ssm_effective_patch", chain(manifest(kept, base="y"))) is None


def items(read: int, kept: int, calls: int) -> CellRecord:
    """A ledger row of patch detail for so many nodes."""
    names = [f"i-{number}" for number in range(read + kept)]
    facts = {"read_items": tuple(names[:read]), "kept_items": tuple(names[read:])}
    return record("ssm_patch", calls=calls, items=400 * read, **facts)


def test_after_a_first_run_all_details_are_taken_to_change() -> None:
    """Nodes are scanned daily, so a day later every detail is asked, until a run has shown another share."""
    assert expected("ssm_patch", chain(manifest(items(10, 0, 80)))) == Expected(80)


def test_an_incremental_run_shows_the_share_that_changes() -> None:
    """Two of ten nodes had changed, at 8 calls each: as many are expected again, and --full asks all ten."""
    last = chain(manifest(items(2, 8, 16), base="y"))
    assert expected("ssm_patch", last) == Expected(16, saved=64, why="unchanged")
    assert expected("ssm_patch", last, is_full=True) == Expected(80)


def test_what_a_detail_costs_is_looked_up_where_it_was_read() -> None:
    """When nothing had changed, the run before knows what ten details cost."""
    quiet, first = manifest(items(0, 10, 0), base="y"), manifest(items(10, 0, 80))
    assert expected("ssm_patch", chain(quiet, first)) == Expected(0, saved=80, why="unchanged")
    assert expected("ssm_patch", chain(quiet, first), is_full=True) == Expected(80)
    assert expected("ssm_patch", chain(quiet), is_full=True) == Expected(None)


def test_the_store_alone_does_not_tell_what_was_left_out() -> None:
    """Without the snapshot its ledger row is a floor: how many details stood unchanged is not in the store."""
    ledger = chain(manifest(record("ssm_patch", calls=16)), can_build=False)
    assert expected("ssm_patch", ledger) == Expected(16, is_floor=True)


@pytest.mark.parametrize(
    ("base", "calls", "rows", "planned"),
    [
        (None, 31, 1500, 4),  # 3 of 30 days: 150 of 1500 rows, and the page that ends the listing
        ("y", 4, 150, 4),  # it had a base itself, so it covered what the next will
        (None, 3, 0, 3),  # three requests without a row stay three
    ],
)
def test_a_listing_by_time_shrinks_with_the_time_it_covers(
    base: str | None, calls: int, rows: int, planned: int
) -> None:
    """The first run looks back a month, the next one a day and the overlap of two."""
    last = chain(manifest(record("ssm_command_invocation", calls=calls, items=rows), base=base))
    assert expected("ssm_command_invocation", last) == Expected(planned)


def test_pace_and_regions_come_from_the_ledger() -> None:
    """Seconds per call, and the Regions in which an account was read."""
    last = chain(manifest(record("ec2_instance", calls=4, seconds=2.0)))
    assert last.seconds_per_call(source("ec2_instance"), CELL) == 0.5
    assert last.seconds_per_call(source("ssm_patch"), CELL) == 0.0
    assert last.regions == {estate.MEMBER: ("eu-central-1",)}


def test_the_chain_is_opened_as_far_as_it_lies_there(tmp_path: Path) -> None:
    """Two runs on disk are a chain of two; without an id only the ledger is known, and nothing can be built on it."""
    first = estate.taken(tmp_path).name
    assert [base.snapshot_id for base in open_last_run(tmp_path, first).chain] == [first]
    assert open_last_run(tmp_path, None) == LastRun()
    ledger = manifest(record("ec2_instance", calls=4))
    known = open_last_run(tmp_path, None, ledger)
    assert (known.can_build, known.newest.manifest) == (False, ledger)

"""Loading: all or nothing, whatever is read or not, whoever watches, whenever it is killed."""

from __future__ import annotations

import fcntl
import hashlib
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patchlib import load as room
from patchlib import paths
from patchlib.entities import create_tables
from patchlib.errors import CheckFailed, DataError, SnapshotIncomplete, SnapshotInvalid, StoreLocked, StoreRefused
from patchlib.load import load
from patchlib.settings import Exclusion
from patchlib.snapshot import open_snapshot
from patchlib.store import connect
from tests.estate import empty_store
from tests.snapshots import ACCOUNT, OTHER, REGION, TAKEN, Listing, estate, patch, write

LATER = TAKEN + timedelta(days=1)
ONE_NODE = {"i-1": [patch("KB1"), patch("KB2", "Installed", "2026-10-01T04:00:00Z")]}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _rows(store: Path, sql: str) -> list[tuple[Any, ...]]:
    with connect(store) as connection:
        return connection.execute(sql).fetchall()


def _states(store: Path) -> list[tuple[Any, ...]]:
    return _rows(store, "select account_id, node_id, patch_ref, patch_state from core.node_patch_now order by all")


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one snapshot of one node, and the snapshot beside it; never written to."""
    folder = tmp_path_factory.mktemp("loaded")
    load([write(folder / "snapshots", TAKEN, estate(ONE_NODE))], folder / "store.duckdb")
    return folder / "store.duckdb"


@pytest.fixture
def store(loaded: Path, tmp_path: Path) -> Path:
    """A copy of that store to write to."""
    path = tmp_path / "store.duckdb"
    path.write_bytes(loaded.read_bytes())
    return path


def test_a_snapshot_becomes_rows_with_provenance(loaded: Path) -> None:
    """Every value leads back to the snapshot, account, Region, source and item it was read from."""
    rows = _rows(
        loaded,
        "select p.node_id, p.patch_ref, p.patch_state, p.installed_at, o.source, o.item, o.account_id, s.snapshot_id "
        "from core.node_patch_now as p join core.observation as o using (observation_id) "
        "join core.snapshot as s using (snapshot_id) order by p.patch_ref",
    )
    told = ("ssm_patch", "i-1", ACCOUNT, "20261102T060000Z")
    assert rows == [
        ("i-1", "KB1", "Missing", None, *told),
        ("i-1", "KB2", "Installed", datetime(2026, 10, 1, 4), *told),  # noqa: DTZ001
    ]


def test_the_same_snapshot_twice_changes_nothing(loaded: Path, store: Path) -> None:
    """Loading again is answered, and not a byte of the store moves."""
    before = _digest(store)
    [again] = load([next((loaded.parent / "snapshots").iterdir())], store)
    assert not again.is_new
    assert _digest(store) == before


def test_a_snapshot_named_twice_is_taken_once(tmp_path: Path) -> None:
    """A folder that a pattern and a name both give is no mistake."""
    folder = write(tmp_path / "s", TAKEN, estate(ONE_NODE))
    first, again = load([folder, folder], empty_store(tmp_path / "store.duckdb"))
    assert first == again
    assert len(_states(tmp_path / "store.duckdb")) == 2


_FULL = """
import resource, sys
from patchlib.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), -1))
main(["load", sys.argv[2], "--store", sys.argv[3]])
"""


@pytest.mark.parametrize("size", [20_000, 300_000])
def test_a_full_disk_leaves_the_store_as_it_was(store: Path, tmp_path: Path, size: int) -> None:
    """While copying, creating or committing: one line, exit code 4, the old store, nothing left behind."""
    snapshot = write(tmp_path / "s", LATER, estate({"i-1": [patch("KB1", "Installed")]}))
    before = _digest(store)
    for path, kept in ((store, True), (tmp_path / "new.duckdb", False)):
        command = [sys.executable, "-c", _FULL, str(size), str(snapshot), str(path)]
        ended = subprocess.run(command, check=False, capture_output=True, text=True)
        assert ended.returncode == 4, ended.stderr
        assert ended.stderr.count("\n") == 1
        assert "cannot be written" in ended.stderr
        assert path.exists() is kept
    assert _digest(store) == before
    assert not list(tmp_path.glob("*.new*"))


def test_a_store_that_may_not_be_written_is_one_line(tmp_path: Path) -> None:
    """A folder that cannot be made is told with its path."""
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="cannot be written"):
        load([write(tmp_path / "s", TAKEN, {})], tmp_path / "file" / "store.duckdb")


def test_snapshots_are_taken_oldest_first(tmp_path: Path) -> None:
    """The order in which folders are named does not matter."""
    older = write(tmp_path / "s", TAKEN, estate({"i-1": [patch("KB1")]}))
    newer = write(tmp_path / "s", LATER, estate({"i-1": [patch("KB1", "Installed")]}))
    results = load([newer, older], empty_store(tmp_path / "store.duckdb"))
    assert [result.snapshot_id for result in results] == [older.name, newer.name]
    assert [row[3] for row in _states(tmp_path / "store.duckdb")] == ["Installed"]


def test_an_older_snapshot_is_refused(store: Path, tmp_path: Path) -> None:
    """History is written forward only; the message says how to rebuild."""
    before = _digest(store)
    with pytest.raises(StoreRefused, match="older than the store's latest, of 2026-11-02T06:00:00Z"):
        load([write(tmp_path / "s", TAKEN - timedelta(days=1), estate(ONE_NODE))], store)
    assert _digest(store) == before


def test_a_second_snapshot_of_one_instant_speaks_for_it(store: Path, tmp_path: Path) -> None:
    """A repeated extraction at the same instant replaces what the first said, and the ledger keeps both."""
    write(tmp_path / "s", TAKEN, {})
    second = write(tmp_path / "s", TAKEN, estate({"i-1": [patch("KB1", "Installed")]}))
    load([second], store)
    rows = _rows(store, "select patch_key, patch_state, valid_to from core.node_patch order by all")
    assert rows == [(1, "Installed", datetime(9999, 12, 31))]  # noqa: DTZ001
    assert _rows(store, "select count(distinct snapshot_id) from core.coverage") == [(2,)]


def test_an_unfinished_snapshot_is_refused(tmp_path: Path) -> None:
    """A run that was cut short is resumed first."""
    with pytest.raises(SnapshotIncomplete, match="--resume 20261102T060000Z"):
        load([write(tmp_path / "s", TAKEN, {}, is_finished=False)], tmp_path / "store.duckdb")
    assert not (tmp_path / "store.duckdb").exists()


@pytest.mark.parametrize("state", ["denied", "throttled", "partial", "skipped", "error"])
def test_what_was_not_read_is_carried_forward(store: Path, tmp_path: Path, state: str) -> None:
    """No failure closes a row: yesterday's truth stands until the unit is read again."""
    before = _states(store)
    listings = dict.fromkeys(estate({}), state)
    load([write(tmp_path / "s", LATER, listings)], store)
    assert _states(store) == before
    ledger = "select state, last_ok_at from core.coverage_now where source = 'ssm_patch'"
    assert _rows(store, ledger) == [(state, TAKEN.replace(tzinfo=None))]


def test_absence_closes_a_row_where_its_unit_was_read(store: Path, tmp_path: Path) -> None:
    """A patch that a completely read node no longer reports is closed at that snapshot."""
    load([write(tmp_path / "s", LATER, estate({"i-1": [patch("KB1")]}))], store)
    closed = _rows(store, "select patch_state, valid_to from core.node_patch where valid_to < '9999-01-01'")
    assert closed == [("Installed", LATER.replace(tzinfo=None))]


def test_items_are_replaced_one_by_one(tmp_path: Path) -> None:
    """Where one node's patches failed, the others' are taken and the failed one's stay."""
    store, both = empty_store(tmp_path / "store.duckdb"), {"i-1": [patch("KB1")], "i-2": [patch("KB1")]}
    load([write(tmp_path / "s", TAKEN, estate(both))], store)
    listings = estate(both)
    listings[ACCOUNT, REGION, "ssm_patch"] = Listing(
        state="partial",
        items={"i-1": [patch("KB1", "Installed")]},
        unread_items={"i-2": [patch("KB9")]},
    )
    load([write(tmp_path / "s", LATER, listings)], store)
    assert [row[1:] for row in _states(store)] == [("i-1", "KB1", "Installed"), ("i-2", "KB1", "Missing")]


def test_a_node_that_is_gone_takes_its_patches_along(tmp_path: Path) -> None:
    """When the listing of scanned nodes no longer names a node, its patch rows close."""
    store = empty_store(tmp_path / "store.duckdb")
    load([write(tmp_path / "s", TAKEN, estate({"i-1": [patch("KB1")], "i-2": [patch("KB1")]}))], store)
    load([write(tmp_path / "s", LATER, estate({"i-2": [patch("KB1")]}))], store)
    assert [row[1] for row in _states(store)] == ["i-2"]
    assert _rows(store, "select node_id from core.node_now") == [("i-2",)]


def test_one_account_does_not_touch_another(tmp_path: Path) -> None:
    """A snapshot that reads one account leaves the other's rows open."""
    store = empty_store(tmp_path / "store.duckdb")
    load([write(tmp_path / "s", TAKEN, estate(ONE_NODE) | estate(ONE_NODE, account_id=OTHER))], store)
    load([write(tmp_path / "s", LATER, estate({}))], store)
    assert {row[0] for row in _states(store)} == {OTHER}


def test_exclusions_are_those_of_the_latest_snapshot(store: Path, tmp_path: Path) -> None:
    """A rule that left the settings no longer excludes anything."""
    rule = Exclusion(node_id="i-1", reason="appliance", owner="team-a", expires_on=date(2027, 1, 1))
    load([write(tmp_path / "s", LATER, {}, exclusions=[rule])], store)
    expected = [("i-1", None, "appliance", date(2027, 1, 1))]
    assert _rows(store, "select node_id, tag_key, reason, expires_on from core.exclusion") == expected
    load([write(tmp_path / "s", LATER + timedelta(days=1), {})], store)
    assert _rows(store, "select * from core.exclusion") == []


def test_a_damaged_page_file_is_named(store: Path, tmp_path: Path) -> None:
    """A page file that does not fit its checksum stops the load before anything is taken in."""
    before = _digest(store)
    folder = write(tmp_path / "s", LATER, estate(ONE_NODE))
    file = folder / "pages" / ACCOUNT / REGION / "ssm_patch.jsonl.gz"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(SnapshotInvalid, match=r"ssm_patch\.jsonl\.gz"):
        load([folder], store)
    file.unlink()
    with pytest.raises(SnapshotInvalid, match=r"ssm_patch\.jsonl\.gz"):
        load([folder], store)
    assert _digest(store) == before


@pytest.mark.parametrize(
    ("wrong", "right", "named"),
    [
        ('"items": 7', '"items": 2', "manifest counts 7 rows, the pages hold 2"),
        (f'"file": "../{ACCOUNT}', f'"file": "pages/{ACCOUNT}', "outside the snapshot"),
    ],
)
def test_a_manifest_that_lies_is_refused(tmp_path: Path, wrong: str, right: str, named: str) -> None:
    """Row counts must agree with the manifest, and its files lie inside the snapshot."""
    folder = write(tmp_path / "s", TAKEN, estate(ONE_NODE))
    manifest = folder / "manifest.json"
    text = manifest.read_text(encoding="utf-8")
    assert right in text
    manifest.write_text(text.replace(right, wrong), encoding="utf-8")
    store = empty_store(tmp_path / "store.duckdb")
    with pytest.raises(SnapshotInvalid, match=named):
        load([folder], store)


def test_pages_of_another_account_are_refused(tmp_path: Path) -> None:
    """A page that names another account than its cell's is not counted into either."""
    folder = write(tmp_path / "s", TAKEN, {(ACCOUNT, REGION, "ssm_managed_node"): [{"InstanceId": "i-1"}]})
    manifest = folder / "manifest.json"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(
        text.replace(f'"account_id": "{ACCOUNT}",\n      "region"', f'"account_id": "{OTHER}",\n      "region"')
    )
    store = empty_store(tmp_path / "store.duckdb")
    with pytest.raises(SnapshotInvalid):
        load([folder], store)


def test_a_failed_check_leaves_the_store_as_it_was(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A check that stops ends the load before the swap, and nothing is left lying about."""
    before = _digest(store)
    listings = estate(ONE_NODE)
    listings[ACCOUNT, REGION, "ssm_managed_node"] = [{"InstanceId": "i-1"}, {"PingStatus": "Online"}]
    with pytest.raises(CheckFailed, match=r"core\.managed_node"):
        load([write(tmp_path / "s", LATER, listings)], store)
    assert _digest(store) == before
    assert {path.name for path in tmp_path.iterdir()} == {"s", "store.duckdb", "store.duckdb.lock"}


def test_warnings_are_handed_back(loaded: Path, tmp_path: Path) -> None:
    """A check that warns lets the load pass and is named in its result."""
    folder = write(tmp_path / "s", TAKEN, estate({"i-1": [patch("KB1", "Postponed")]}))
    [result] = load([folder], empty_store(tmp_path / "store.duckdb"))
    assert "checks/unknown_patch_state" in [warning.name for warning in result.warnings]
    assert "Postponed" in str(result)


def test_two_snapshots_load_both_or_neither(store: Path, tmp_path: Path) -> None:
    """When the second fails, the first is not swapped in alone."""
    before = _digest(store)
    good = write(tmp_path / "s", LATER, estate({}))
    bad = write(tmp_path / "s", LATER + timedelta(days=1), estate(ONE_NODE))
    (bad / "pages" / ACCOUNT / REGION / "ssm_patch.jsonl.gz").unlink()
    with pytest.raises(SnapshotInvalid):
        load([good, bad], store)
    assert _digest(store) == before


_DIE = """
import os, sys
import patchlib.load, patchlib.swap
point, times, snapshot, store = sys.argv[1:]
room = patchlib.swap if hasattr(patchlib.swap, point) else patchlib.load
alive, left = getattr(room, point), int(times)
def die(*given, **named):
    global left
    left -= 1
    return alive(*given, **named) if left else os._exit(9)
setattr(room, point, die)
patchlib.load.load([snapshot], store)
"""


@pytest.mark.parametrize(
    ("point", "times", "is_new"),
    [
        ("load_pages", 1, False),  # inside the transaction
        ("run_checks", 1, False),  # all rows written, not committed
        ("_swap", 1, False),  # the new file is complete, the old one still live
        ("_flush", 2, True),  # after the rename
    ],
)
def test_a_killed_load_leaves_one_whole_store(
    store: Path, tmp_path: Path, point: str, times: int, is_new: bool
) -> None:
    """Killed anywhere, the store is the old one or the new one, and the next load goes through."""
    before = _digest(store)
    snapshot = write(tmp_path / "s", LATER, estate({"i-1": [patch("KB1", "Installed")]}))
    command = [sys.executable, "-c", _DIE, point, str(times), str(snapshot), str(store)]
    assert subprocess.run(command, check=False).returncode == 9
    assert (_digest(store) == before) is not is_new
    [result] = load([snapshot], store)
    assert result.is_new is not is_new
    assert [row[3] for row in _states(store)] == ["Installed"]
    assert not (tmp_path / "store.duckdb.new").exists()


def test_a_reader_keeps_what_it_opened(store: Path, tmp_path: Path) -> None:
    """A report that runs while a load ends sees one store to its end; the next reader sees the new one."""
    with connect(store) as early:
        load([write(tmp_path / "s", LATER, estate({}))], store)
        assert early.execute("select count(*) from core.node_patch_now").fetchone() == (2,)
    assert _states(store) == []


def test_a_second_writer_is_told_who_is_first(store: Path, tmp_path: Path) -> None:
    """Two loads at once: the second ends in one line and touches nothing."""
    lock = tmp_path / "store.duckdb.lock"
    with lock.open("w") as held:
        held.write("4711")
        held.flush()
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(StoreLocked, match="process 4711"):
            load([write(tmp_path / "s", LATER, {})], store)


def test_a_foreign_log_beside_the_store_is_not_swapped_under(store: Path, tmp_path: Path) -> None:
    """A write-ahead log that another program left holds changes; a swap would lose them and break the store."""
    log = tmp_path / "store.duckdb.wal"
    with duckdb.connect() as other:
        other.execute(f"attach '{store}' as s")
        other.execute("pragma disable_checkpoint_on_shutdown; create table s.core.mine (a integer)")
    assert log.exists()
    with pytest.raises(StoreLocked, match="log"):
        load([write(tmp_path / "s", LATER, {})], store)
    assert log.exists()


# One day of one cell: not read, or per node its patches, or None where that node's patches were not read.
PATCHES = st.dictionaries(st.sampled_from(["KB1", "KB2"]), st.sampled_from(["Missing", "Installed"]), max_size=2)
DAY = st.one_of(st.none(), st.dictionaries(st.sampled_from(["i-1", "i-2", "i-3"]), st.one_of(st.none(), PATCHES)))
DAYS = st.lists(st.fixed_dictionaries({ACCOUNT: DAY, OTHER: DAY}), min_size=2, max_size=4)
Day = dict[str, dict[str, str] | None] | None


@pytest.fixture(scope="module")
def memory() -> duckdb.DuckDBPyConnection:
    """A store in memory."""
    connection = duckdb.connect()
    create_tables(connection)
    return connection


def _listings(account_id: str, day: Day) -> dict[tuple[str, str, str], Any]:
    if day is None:
        return dict.fromkeys(estate({}, account_id=account_id), "denied")
    read = {node: [patch(*pair) for pair in patches.items()] for node, patches in day.items() if patches is not None}
    unread: dict[str, list[Any]] = {node: [] for node, patches in day.items() if patches is None}
    listings = estate(dict.fromkeys(day, ()), account_id=account_id)
    state = "partial" if unread else None
    return listings | {(account_id, REGION, "ssm_patch"): Listing(state=state, items=read, unread_items=unread)}


def _see(known: dict[str, Any], day: Day) -> dict[str, Any]:
    """What is known of a cell after a day, by the rule of replacement: whole units, or not at all."""
    if day is None:
        return known
    read = {node: patches for node, patches in day.items() if patches is not None}
    kept = known["patches"] if len(read) < len(day) else {}
    return {"nodes": set(day), "patches": kept | read}


@given(DAYS)
@settings(max_examples=6, deadline=None, derandomize=True)
def test_history_is_what_naive_copies_would_show(
    memory: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory, days: list[dict[str, Day]]
) -> None:
    """As of any snapshot, patch rows are the latest complete observation of each cell and node by then."""
    for schema, table in memory.execute("select schema_name, table_name from duckdb_tables()").fetchall():
        if (schema, table) != ("core", "store_format"):
            memory.execute(f"delete from {schema}.{table}")
    folder = tmp_path_factory.mktemp("days")
    known: dict[str, Any] = {account_id: {"nodes": set(), "patches": {}} for account_id in (ACCOUNT, OTHER)}
    copies = []
    for number, day in enumerate(days):
        listings = _listings(ACCOUNT, day[ACCOUNT]) | _listings(OTHER, day[OTHER])
        snapshot = write(folder, TAKEN + timedelta(days=number), listings)
        room._take_in(memory, open_snapshot(snapshot), snapshot, folder)
        known = {account_id: _see(before, day[account_id]) for account_id, before in known.items()}
        copies.append(
            {
                (account_id, node, reference): state
                for account_id, cell in known.items()
                for node in cell["nodes"]
                for reference, state in cell["patches"].get(node, {}).items()
            }
        )
    for number, copy in enumerate(copies):
        rows = memory.execute(
            "select n.account_id, n.node_id, k.patch_ref, p.patch_state from core.node_patch as p "
            "join core.node_key as n using (node_key) join core.patch_key as k using (patch_key) "
            "where p.valid_from <= $as_of and p.valid_to > $as_of",
            {"as_of": TAKEN.replace(tzinfo=None) + timedelta(days=number, hours=5)},
        ).fetchall()
        assert {row[:3]: row[3] for row in rows} == copy
        assert len(rows) == len(copy)


@pytest.fixture
def real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The real estate's default store, in a working folder of its own."""
    monkeypatch.chdir(tmp_path)
    return paths.REAL_STORE


def test_the_real_store_refuses_a_sandbox(real: Path) -> None:
    """What was not read from AWS never enters the default store, however its path is written."""
    snapshot = write(Path("s"), TAKEN, estate(ONE_NODE))
    for path in (real, real.resolve()):
        with pytest.raises(StoreRefused, match="not AWS"):
            load([snapshot], path)
    assert not real.exists()
    assert load([snapshot], "another.duckdb")[0].is_new


def test_the_real_store_takes_what_each_accounts_own_reader_read(real: Path) -> None:
    """A cell read by another account's identity is refused."""
    own = estate(ONE_NODE, account_id=OTHER)
    foreign = own | {(OTHER, REGION, "sts_caller_identity"): [{"Account": ACCOUNT}]}
    with pytest.raises(StoreRefused, match=OTHER):
        load([write(Path("s"), TAKEN, foreign, is_aws=True)], real)
    unproved = {key: rows for key, rows in own.items() if key[2] != "sts_caller_identity"}
    with pytest.raises(StoreRefused, match=OTHER):
        load([write(Path("s"), TAKEN, unproved, is_aws=True)], real)
    assert load([write(Path("s"), TAKEN, own, is_aws=True)], real)[0].is_new

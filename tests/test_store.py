"""The one way to open a store: read-only, UTC, offline, private, and refusals in one line."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from patchlib.errors import SchemaMismatch, StoreLocked, StoreMissing
from patchlib.store import connect


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store with nothing in it."""
    path = tmp_path / "it's a store.duckdb"
    connect(path, read_only=False).close()
    return path


def test_a_missing_store_is_named_with_the_next_step(tmp_path: Path) -> None:
    """A reader never creates a store; the message says what to run."""
    with pytest.raises(StoreMissing, match="patchlib extract") as caught:
        connect(tmp_path / "none.duckdb")
    assert "none.duckdb" in str(caught.value)
    assert not (tmp_path / "none.duckdb").exists()


def test_readers_cannot_write(store: Path) -> None:
    """A connection is read-only unless asked otherwise."""
    with connect(store) as connection, pytest.raises(duckdb.Error, match="read-only"):
        connection.execute("create table core.mine (a integer)")


def test_the_file_is_open_to_its_owner_only(store: Path) -> None:
    """The store knows every gap of the estate; nobody else may read it."""
    assert stat.S_IMODE(store.stat().st_mode) & 0o077 == 0


def test_opening_leaves_the_process_umask_alone(store: Path) -> None:
    """What the caller writes next has the caller's rights."""
    before = os.umask(0o022)
    connect(store).close()
    assert os.umask(before) == 0o022


def test_times_do_not_depend_on_the_host(store: Path) -> None:
    """A zoned instant becomes the same naive UTC one everywhere."""
    zoned = "cast(timestamptz '2026-11-02 07:00:00+01' as timestamp)"
    with connect(store) as connection:
        row = connection.execute(f"select current_setting('TimeZone'), {zoned}")
        assert row.fetchone() == ("UTC", datetime(2026, 11, 2, 6))  # noqa: DTZ001


def test_nothing_is_fetched_or_taken_from_python(store: Path) -> None:
    """No extension is installed behind the user's back, and a Python variable is no table."""
    core_node = [1]
    with connect(store) as connection:
        names = ("autoinstall_known_extensions", "autoload_known_extensions", "python_enable_replacements")
        for name in names:
            assert connection.execute(f"select current_setting('{name}')").fetchone() == (False,)
        with pytest.raises(duckdb.Error):
            connection.execute("select * from core_node")
    assert core_node


def test_older_duckdb_can_read_the_file(store: Path) -> None:
    """The storage version is pinned to what DuckDB 1.5 reads."""
    with connect(store) as connection:
        tags = connection.execute("select tags from duckdb_databases() where database_name = 'store'").fetchone()
    assert tags is not None
    assert "v1.5" in str(tags[0])


def test_a_newer_store_is_refused(store: Path) -> None:
    """A store of a newer format is not read as if it were ours."""
    with connect(store, read_only=False) as connection:
        connection.execute("update core.store_format set format_number = 99")
    with pytest.raises(SchemaMismatch, match=r"format 99.*newer patchlib"):
        connect(store)


def test_an_older_store_says_how_to_rebuild(store: Path) -> None:
    """A store of an older format is rebuilt from its snapshots."""
    with connect(store, read_only=False) as connection:
        connection.execute("update core.store_format set format_number = 0")
    with pytest.raises(SchemaMismatch, match="patchlib load"):
        connect(store)


def test_another_database_is_no_store(tmp_path: Path) -> None:
    """A DuckDB file of another program, and a file that is none, are refused in one line."""
    foreign = tmp_path / "foreign.duckdb"
    duckdb.connect(str(foreign)).close()
    with pytest.raises(SchemaMismatch):
        connect(foreign)
    text = tmp_path / "text.duckdb"
    text.write_text("no database " * 1000, encoding="utf-8")
    with pytest.raises(SchemaMismatch) as caught:
        connect(text)
    assert "\n" not in str(caught.value)


_HOLD = """
import sys
from patchlib.store import connect
with connect(sys.argv[1], read_only=False):
    print("open", flush=True)
    sys.stdin.read()
"""


def test_a_locked_store_names_the_process(store: Path) -> None:
    """Who holds the store is named by its process id."""
    command = [sys.executable, "-c", _HOLD, str(store)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(StoreLocked, match=f"process {holder.pid}"):
            connect(store)
        holder.communicate()
    connect(store).close()


def test_what_spills_stays_beside_the_store(tmp_path: Path) -> None:
    """Rows that do not fit in memory are not written into the folder the user stands in."""
    path = tmp_path / "it's.duckdb"
    connect(path, read_only=False).close()
    with connect(path) as connection:
        assert connection.execute("select current_setting('temp_directory')").fetchone() == (f"{path}.tmp",)

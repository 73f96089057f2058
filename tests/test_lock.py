"""Promises of the lock: one holder, named to whoever comes second, and never a dead one."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from patchlib.errors import StoreLocked
from patchlib.lock import only_one

STARTED = datetime.fromisoformat("2026-11-02T06:00:00")
HOLDING = """
import sys
from datetime import datetime
from pathlib import Path
from patchlib.errors import StoreLocked
from patchlib.lock import only_one
with only_one(Path(sys.argv[1]), StoreLocked, started=datetime.fromisoformat("2026-11-02T06:00:00")):
    print("held", flush=True)
    sys.stdin.read()
"""


def _holder(lock: Path) -> subprocess.Popen[str]:
    """Another process that holds the lock until its standard input closes."""
    child = subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


def _taken(lock: Path) -> str:
    with only_one(lock, StoreLocked) as killed:
        return killed


def test_the_second_ends_at_once_and_is_told_who_is_first(tmp_path: Path) -> None:
    """Process and start; after the first has ended by itself nothing is told of it."""
    lock = tmp_path / "one.lock"
    with _holder(lock) as child:
        with pytest.raises(StoreLocked, match=f"process {child.pid}, started 2026-11-02 06:00:00 UTC"):
            _taken(lock)
        child.communicate()
    assert _taken(lock) == ""


def test_the_lock_of_a_killed_process_is_free_and_tells_of_it(tmp_path: Path) -> None:
    """SIGKILL leaves its words in the file and nothing that anybody would have to remove."""
    lock = tmp_path / "one.lock"
    with _holder(lock) as child:
        child.kill()
        child.wait()
    assert _taken(lock) == f"process {child.pid}, started 2026-11-02 06:00:00 UTC"
    assert _taken(lock) == ""


def test_one_process_does_not_hold_it_twice(tmp_path: Path) -> None:
    """Two threads of a program are two as well."""
    lock = tmp_path / "one.lock"
    with only_one(lock, StoreLocked), pytest.raises(StoreLocked, match=f"process {os.getpid()}"):
        _taken(lock)


def test_a_block_that_fails_leaves_the_lock_in_order(tmp_path: Path) -> None:
    """An exception is no kill."""
    lock = tmp_path / "one.lock"
    with pytest.raises(ValueError, match="boom"), only_one(lock, StoreLocked, started=STARTED):
        raise ValueError("boom")
    assert _taken(lock) == ""

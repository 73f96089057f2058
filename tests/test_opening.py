"""What several commands begin with."""

from pathlib import Path

import pytest

from patchlib.opening import base_of, open_settings
from tests import estate


def test_settings_are_found_where_they_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """patchlib.toml of the working folder where there is one; the sandbox has its own, a named file comes first."""
    monkeypatch.chdir(tmp_path)
    assert open_settings(None, sandbox=False).accounts == "caller"
    Path("patchlib.toml").write_text("threads = 3\n", encoding="utf-8")
    assert open_settings(None, sandbox=False).threads == 3
    assert open_settings(None, sandbox=True).accounts == "organization"
    Path("own.toml").write_text("threads = 5\n", encoding="utf-8")
    assert open_settings(Path("own.toml"), sandbox=True).threads == 5


def test_a_run_builds_on_the_store_s_latest_snapshot_of_the_same_caller(tmp_path: Path) -> None:
    """Its pages must still be there."""
    reader, store = estate.reader(estate.endpoint()), tmp_path / "own.duckdb"
    assert base_of(store, tmp_path / "snapshots", reader) is None
    snapshot = estate.taken(tmp_path / "snapshots")
    estate.loaded(store, snapshot)
    assert base_of(store, tmp_path / "snapshots", reader) == snapshot.name
    assert base_of(store, tmp_path / "elsewhere", reader) is None

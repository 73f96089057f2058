"""What several commands begin with."""

from pathlib import Path

import pytest

from patchlib.errors import ParameterInvalid, StoreLocked
from patchlib.extract import extract
from patchlib.opening import base_of, known_places, open_settings, pairs, sole_extraction
from patchlib.store import connect
from patchlib.vanished import Known
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


def test_what_a_store_holds_is_known_without_a_base(tmp_path: Path) -> None:
    """A whole run after an account has left says so, also when runs of a part came in between."""
    store = tmp_path / "own.duckdb"
    assert known_places(store, estate.reader(estate.endpoint())) == Known()
    estate.loaded(store, estate.taken(tmp_path / "snapshots"))
    part = estate.SETTINGS.model_copy(update={"accounts": "caller", "regions": estate.REGIONS[:1]})
    later = estate.endpoint(as_of=estate.AS_OF.replace(day=9))
    estate.loaded(store, estate.take(later, tmp_path / "snapshots", settings=part))
    listed = estate.handlers()["organizations", "ListAccounts"](None)["Accounts"]  # type: ignore[arg-type,index]
    left = [row for row in listed if row["Id"] != estate.MEMBER]
    served = estate.endpoint(as_of=estate.AS_OF.replace(day=16), ListAccounts=lambda _call: {"Accounts": left})
    reader = estate.reader(served)
    known = known_places(store, reader)
    assert known.regions(estate.MEMBER) == {*estate.REGIONS}
    run = {"reader": reader, "progress": estate.Told(), "clock": lambda: 0.0, "known": known, "is_full": True}
    estate.loaded(store, extract(estate.SETTINGS, tmp_path / "snapshots", **run))
    assert known_places(store, reader).regions(estate.MEMBER) == set()
    with connect(store) as connection:
        found = connection.execute("select distinct account_id from core.instance_now").fetchall()
    assert found == [(estate.MANAGEMENT,)]


def test_two_extractions_into_one_store_do_not_run_at_once(tmp_path: Path) -> None:
    """The second is told of the first before its first call; another store is free, and this one after the end."""
    store = tmp_path / "data" / "own.duckdb"
    with sole_extraction(store, estate.AS_OF):
        second = sole_extraction(store, estate.AS_OF)
        with pytest.raises(StoreLocked, match=r"process \d+, started 2026-11-02 06:00:00 UTC"), second:
            pytest.fail("two at once")
        with sole_extraction(tmp_path / "other.duckdb", estate.AS_OF):
            pass
    with sole_extraction(store, estate.AS_OF):
        pass


def test_parameters_are_pairs() -> None:
    """The first equals sign parts them."""
    assert pairs(["a=1", "b=x=y", "c="]) == {"a": "1", "b": "x=y", "c": ""}
    with pytest.raises(ParameterInvalid, match="not a parameter: 'a'"):
        pairs(["a"])

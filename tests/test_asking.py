"""Queries and checks as one types them: what there is, what is not, and a store that knows of no estate."""

from __future__ import annotations

from pathlib import Path

import pytest

from patchlib import asking, paths
from patchlib.cli import main
from patchlib.entities import create_tables
from patchlib.errors import ParameterUnknown
from patchlib.store import connect


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A store as feeds alone make it: facts, and no snapshot."""
    path = tmp_path / "own store.duckdb"
    with connect(path, read_only=False) as connection:
        create_tables(connection)
        connection.execute("insert into core.kev (cve_id, feed) values ('CVE-2026-0001', 'kev')")
    return path


def test_a_topic_that_is_none_is_refused_with_the_nearest() -> None:
    """Silence would say that there is no query; a part of a name is no topic."""
    with pytest.raises(ParameterUnknown, match=r"begins with nosuch\. Topics: checks, compliance, core"):
        asking.query_list("nosuch")
    with pytest.raises(ParameterUnknown, match="Did you mean fleet"):
        asking.query_list("fleeet")
    with pytest.raises(ParameterUnknown):
        asking.query_list("fle")
    assert [line.split("(")[0] for line in asking.query_list("fleet/coverag")] == ["fleet/coverage"]


def test_what_the_store_evaluates_is_listed_too(capsys: pytest.CaptureFixture[str]) -> None:
    """Relations and checks by their topic; the list of all says how."""
    assert {line.split("/")[0] for line in asking.query_list("core")} == {"core"}
    assert any(line.startswith("checks/old_feed()") for line in asking.query_list("checks"))
    with pytest.raises(SystemExit) as ended:
        main(["query", "--list"])
    assert ended.value.code == 0
    assert "query core --list" in capsys.readouterr().err


def test_a_store_without_a_snapshot_is_no_empty_estate(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A query answers, for facts of feeds are there, and says that no estate was read."""
    assert len(asking.run_query("fleet/accounts", {}, bare)) == 0
    told = capsys.readouterr().err
    assert "no snapshot is loaded: nothing is known of any estate" in told
    assert f"patchlib extract --store '{bare}'" in told
    with pytest.raises(SystemExit) as ended:
        main(["explain", "i-1", "--store", str(bare)])
    assert ended.value.code == 4
    assert "no snapshot is loaded" in capsys.readouterr().err


def test_checks_are_counted_and_then_stop(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every line is there before the fault is raised, the count last; that nothing was read is said beside it."""
    *lines, closing = asking.check(bare)
    assert closing == f"{len(lines)} checks: {len(lines)} ok, 0 warn, 0 stop"
    assert "no snapshot is loaded" in capsys.readouterr().err
    with connect(bare, read_only=False) as connection:
        connection.execute("insert into core.patch_key (patch_key, patch_ref) values (1, 'KB1'), (2, 'KB1')")
    with pytest.raises(SystemExit) as ended:
        main(["check", "--store", str(bare)])
    assert ended.value.code == 4
    out, err = capsys.readouterr()
    assert out.splitlines()[-1].endswith("ok, 0 warn, 1 stop")
    assert "patch_key" in err


def test_a_store_is_named_where_it_would_not_be_asked_anyway() -> None:
    """A command that is told can be copied; a name with a space is quoted."""
    assert paths.store_option(paths.REAL_STORE) == ""
    assert paths.store_option(Path("my store.duckdb")) == " --store 'my store.duckdb'"

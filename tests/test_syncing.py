"""`extract --data-sync`: from a bucket or a folder to the store in one command, and what it refuses."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from patchlib.cli import main
from patchlib.sandbox.http import serve
from patchlib.sandbox.process import caller_environment
from patchlib.sources.data_sync import LAYOUTS
from patchlib.sources.report_file import REPORT_SOURCES
from patchlib.store import connect
from patchlib.syncing import Place, plan_objects
from tests.datasync import places

TEXTS = places.node("i-1") | places.node("i-2")
URL = f"s3://{places.BUCKET}/ssm"


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In an empty folder, without anybody's credentials."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("AWS_", "PATCHLIB_STORE"))]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def _served(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The bucket over HTTP, with an environment that leads to it."""
    with serve(places.endpoint_of(TEXTS)) as url:
        for name, value in caller_environment(url, places.CALLER, places.REGION).items():
            monkeypatch.setenv(name, value)
        yield


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command line."""
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


def test_a_folder_needs_no_credentials_and_a_store_of_its_own(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Nobody is asked; the store of the real estate is refused before a file is read."""
    places.folder_of(tmp_path / "copied", TEXTS)
    code, _, err = run(capsys, "extract", "--data-sync", "copied")
    assert code == 4
    assert "a folder is not AWS" in err
    assert not (tmp_path / "data").exists()
    code, out, err = run(capsys, "extract", "--data-sync", "copied", "--store", "own.duckdb")
    assert (code, err) == (0, "patchlib: loaded into own.duckdb\n")
    assert (Path(out.splitlines()[-1]) / "manifest.json").exists()
    with connect(Path("own.duckdb"), read_only=True) as connection:
        assert connection.sql("select count(*) from core.node_now").fetchall() == [(2,)]


@pytest.mark.usefixtures("_served")
def test_a_bucket_in_one_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a role anywhere; the second run builds on the first; --full asks everything again."""
    command = ("extract", "--data-sync", URL, "--bucket-owner", places.OWNER, "--store", "own.duckdb")
    assert run(capsys, *command)[0] == 0
    assert run(capsys, *command)[0] == 0
    assert run(capsys, *command, "--full")[0] == 0
    with connect(Path("own.duckdb"), read_only=True) as connection:
        snapshots = connection.sql("select base_snapshot_id, inputs from core.snapshot order by snapshot_id").fetchall()
        states = connection.sql(
            "select state, count(*) from core.coverage where source = 'datasync_tag' group by 1 order by 1"
        ).fetchall()
    assert snapshots == [(None, f"{URL}/"), ("20261102T060000Z", f"{URL}/"), (None, f"{URL}/")]
    assert states == [("kept", 1), ("ok", 2)]


@pytest.mark.usefixtures("_served")
def test_a_dry_run_lists_and_reads_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Objects, changed, bytes, requests and dollars by kind."""
    code, out, _ = run(capsys, "extract", "--data-sync", URL, "--bucket-owner", places.OWNER, "--dry-run")
    assert code == 0
    assert out.splitlines()[0].split() == ["kind", "objects", "changed", "bytes", "requests", "usd"]
    assert any(line.split()[:3] == ["AWS:PatchSummary", "2", "2"] for line in out.splitlines())
    assert not (tmp_path / "data").exists()


@pytest.mark.usefixtures("_served")
def test_the_owner_is_the_caller_unless_named(capsys: pytest.CaptureFixture[str]) -> None:
    """A bucket of somebody else by that name is not read by accident; the next step names the option."""
    code, _, err = run(capsys, "extract", "--data-sync", URL, "--store", "own.duckdb")
    assert code == 3
    assert "--bucket-owner" in err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--bucket-owner", "210000000001"], "--data-sync"),
        (["--data-sync", "absent"], "no such folder"),
        (["--data-sync", ""], "names no place"),
        (["--data-sync", ".", "--store", "own.duckdb"], "no object here"),
        (["--data-sync", ".", "--sandbox"], "this is a folder"),
        (["--data-sync", ".", "--bucket-owner", "210000000001"], "a folder has no owner"),
        (["--data-sync", "s3://b", "--bucket-owner", "me"], "twelve digits"),
        (["--data-sync", "s3://"], "s3://BUCKET/PREFIX"),
    ],
)
def test_what_cannot_be_meant_is_refused(capsys: pytest.CaptureFixture[str], arguments: list[str], says: str) -> None:
    """One line and the exit code of a configuration fault."""
    code, _, err = run(capsys, "extract", *arguments)
    assert code == 2
    assert says in err
    assert err.count("\n") == 1


def test_the_sandbox_has_a_bucket_to_try_this_on(capsys: pytest.CaptureFixture[str]) -> None:
    """As docs/data-sync.md has it."""
    page = (Path(__file__).resolve().parent.parent / "docs" / "data-sync.md").read_text(encoding="utf-8")
    command = next(line for line in page.splitlines() if line.startswith("patchlib extract --sandbox"))
    code, out, _ = run(capsys, *command.split()[1:])
    assert code == 0
    assert any(line.split()[:1] == ["AWS:PatchSummary"] for line in out.splitlines())


def test_the_page_names_every_kind_of_object() -> None:
    """docs/data-sync.md: what is read, and that no layout is verified."""
    page = (Path(__file__).resolve().parent.parent / "docs" / "data-sync.md").read_text(encoding="utf-8")
    assert all(f"| `{layout.type_name}` |" in page for layout in LAYOUTS)
    assert all(f"raw.{source.name}" in page for source in REPORT_SOURCES)
    assert "No object that a service has written was at hand" in page


def test_a_plan_of_a_folder_is_free(tmp_path: Path) -> None:
    """The same table without a request."""
    places.folder_of(tmp_path / "copied", TEXTS)
    plan = plan_objects(Place("copied", "", places.TAKEN), None, None)
    assert sum(row.requests for row in plan) == 0
    assert sum(row.changed for row in plan) == len(TEXTS)

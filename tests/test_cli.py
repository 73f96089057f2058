"""The command line: bad input and bad luck end in one line and the contract's exit code, and harm nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest
import typer

from patchlib.cli import app, main
from patchlib.opening import sole_extraction
from patchlib.sandbox.http import serve
from patchlib.sandbox.process import caller_environment
from patchlib.store import connect
from tests import estate
from tests.test_policy import grants

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Run a command line in an empty folder; returns exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("AWS_", "PATCHLIB_STORE"))]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    def running(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        out, err = capfdbinary.readouterr()
        return int(ended.value.code or 0), out.decode(), err.decode()

    return running


@pytest.fixture
def endpoint_url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The small organisation over HTTP, with an environment that leads to it."""
    with serve(estate.endpoint()) as url:
        for name, value in caller_environment(url, estate.MANAGEMENT, "eu-central-1").items():
            monkeypatch.setenv(name, value)
        yield url


@pytest.fixture(scope="module")
def snapshot() -> Path:
    """One snapshot of the small organisation."""
    return estate.taken_once()


def _settings(**keys: str) -> str:
    text = "\n".join(f"{key} = {value}" for key, value in keys.items())
    Path("own.toml").write_text(f"{text}\n[rates]\ndefault = 100000\nburst = 1000\n", encoding="utf-8")
    return "own.toml"


def _one_line(err: str) -> str:
    lines = [line for line in err.splitlines() if line.startswith("patchlib: ")]
    assert len(lines) == 1, err
    assert "Traceback" not in err
    return lines[0]


def test_extract_prints_the_snapshot_last(run: Run, endpoint_url: str) -> None:
    """From endpoint to store in one command; the last line of stdout is the snapshot's path."""
    settings = _settings(accounts='"organization"', role='"Reader"', home_region='"eu-central-1"')
    code, out, err = run("extract", "--settings", settings, "--store", "own.duckdb")
    assert code == 0
    answered, opener, loaded = err.splitlines()
    assert re.fullmatch(r"patchlib: [\d,]+ of [\d,]+ reads answered, [\d,]+ calls", answered)
    assert opener.endswith("`patchlib query fleet/denials --store own.duckdb`")
    assert loaded == "patchlib: loaded into own.duckdb"
    assert (Path(out.splitlines()[-1]) / "manifest.json").exists()
    with connect(Path("own.duckdb"), read_only=True) as connection:
        assert connection.sql("select count(*) from core.instance_now").fetchall() == [(12,)]


def test_a_foreign_endpoint_never_enters_the_real_store(run: Run, endpoint_url: str) -> None:
    """A snapshot from an endpoint that is not AWS's is refused by the store of the real estate."""
    code, _, err = run("extract", "--settings", _settings(home_region='"eu-central-1"'))
    assert code == 4
    assert "--store" in _one_line(err)
    assert not Path("data").exists()  # refused before the first page was asked for


def test_a_second_extraction_into_a_store_ends_before_its_first_page(run: Run, endpoint_url: str) -> None:
    """It is told which process is first and since when; nothing is read, and the plan can still be asked for."""
    settings = _settings(home_region='"eu-central-1"')
    with sole_extraction(Path("own.duckdb"), estate.AS_OF):
        code, _, err = run("extract", "--settings", settings, "--store", "own.duckdb")
        assert code == 4
        assert f"process {os.getpid()}, started 2026-11-02 06:00:00 UTC" in _one_line(err)
        assert not Path("data").exists()
        assert run("extract", "--dry-run", "--settings", settings, "--store", "own.duckdb")[0] == 0


def test_a_dry_run_reads_no_fleet(run: Run, endpoint_url: str) -> None:
    """The call plan names every source and leaves no snapshot."""
    code, out, _ = run("extract", "--dry-run", "--settings", _settings(home_region='"eu-central-1"'))
    assert code == 0
    assert "ssm:DescribeInstancePatches" in out
    assert not Path("data").exists()


def test_a_dry_run_shows_cells_and_counts_nodes(run: Run, endpoint_url: str) -> None:
    """--cells adds the longest cell's row, --probe the ways to each fact; neither reads more than lists of nodes."""
    settings = _settings(accounts='"organization"', role='"Reader"', home_region='"eu-central-1"')
    code, plain, _ = run("extract", "--dry-run", "--settings", settings)
    _, full, _ = run("extract", "--dry-run", "--cells", "--probe", "--settings", settings)
    assert code == 0
    assert "longest_source_minutes" not in plain
    assert "longest_source_minutes" in full
    assert "ssm:DescribeInstanceInformation, per cell" in full
    assert not Path("data").exists()


@pytest.mark.slow
def test_the_worked_example_needs_nobody_to_ask(run: Run) -> None:
    """It prints the page's block without credentials."""
    code, out, _ = run("extract", "--dry-run", "--example")
    assert code == 0
    assert out.startswith("| | first run |")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["extract", "--settings", "absent.toml"], 2, "absent.toml"),
        (["extract"], 3, "AWS_PROFILE"),
        (["load", "absent"], 4, "manifest.json"),
        (["check"], 4, "patchlib extract"),
        (["query", "fleet/coverage"], 4, "patchlib extract"),
        (["report", "weekly"], 2, "--store"),
        (["report", "nosuch"], 2, "nosuch"),
        (["extract", "--resume", "20260101T000000Z"], 3, "AWS_PROFILE"),
        (["extract", "--probe"], 2, "--dry-run"),
        (["extract", "--dry-run"], 3, "AWS_PROFILE"),
        (["sandbox", "--as-of", "yesterday"], 2, "yesterday"),
        (["sandbox", "--faults", "absent.toml"], 2, "absent.toml"),
    ],
)
def test_what_cannot_be_done_is_one_line(run: Run, arguments: list[str], code: int, says: str) -> None:
    """Missing files, stores and credentials: what, where, next step, and the branch's exit code."""
    found, _, err = run(*arguments)
    assert found == code, err
    assert says in _one_line(err)


def test_an_unknown_region_is_refused_before_any_call(run: Run) -> None:
    """A Region that cannot be one is a configuration error."""
    code, _, err = run("extract", "--settings", _settings(regions='["eu-nowhere"]'))
    assert code == 2
    assert "regions" in _one_line(err)


def test_an_endpoint_that_is_down_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody answers: exit code 3 and what to check."""
    for name, value in caller_environment("http://127.0.0.1:9", estate.MANAGEMENT, "eu-central-1").items():
        monkeypatch.setenv(name, value)
    code, _, err = run("extract")
    assert code == 3
    assert "AWS_ENDPOINT_URL" in _one_line(err)


def test_a_damaged_page_leaves_the_store_as_it_was(run: Run, snapshot: Path, tmp_path: Path) -> None:
    """A page file that does not fit its checksum is named, and the good data stay."""
    store = tmp_path / "own.duckdb"
    estate.loaded(store, snapshot)
    before = store.read_bytes()
    shutil.copytree(snapshot, tmp_path / "snapshots" / snapshot.name)
    damaged = estate.take(estate.endpoint(), tmp_path / "snapshots")  # the next of the same instant
    file = next(damaged.rglob("ssm_patch.jsonl.gz"))
    file.write_bytes(file.read_bytes()[:-9])
    code, _, err = run("load", str(damaged), "--store", str(store))
    assert code == 4
    assert "ssm_patch.jsonl.gz" in _one_line(err)
    assert store.read_bytes() == before


def test_queries_come_in_every_format(run: Run, snapshot: Path) -> None:
    """JSON is an array of objects with ISO instants; csv and parquet hold the same rows."""
    estate.loaded(Path("own.duckdb"), snapshot)
    code, out, _ = run("query", "fleet/node_coverage", "--store", "own.duckdb", "--format", "json")
    assert code == 0
    rows = orjson.loads(out)
    assert len(rows) == 12
    assert {row["coverage_state"] for row in rows} == {"fresh", "unmanaged"}
    assert any(str(row["last_scan_at"]).endswith("Z") for row in rows)
    code, out, _ = run("query", "fleet/node_coverage", "--store", "own.duckdb", "--format", "csv")
    assert (code, len(out.splitlines())) == (0, 13)
    arguments = ("query", "fleet/node_coverage", "--store", "own.duckdb", "--format", "parquet")
    assert run(*arguments)[0] == 2
    code, _, told = run(*arguments, "-o", "nowhere/rows.parquet")
    assert (code, told.count("\n")) == (2, 1)
    assert run(*arguments, "-o", "rows.parquet")[0] == 0
    assert run("query", "fleet/node_coverage", "--store", "own.duckdb", "-o", "rows.json")[0] == 0
    assert orjson.loads(Path("rows.json").read_bytes()) == rows
    assert duckdb.sql("select count(*) from 'rows.parquet'").fetchall() == [(12,)]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["fleet/coverge"], "fleet/coverage"),
        (["fleet/coverage", "-p", "stale_after_dys=7"], "stale_after_days"),
        (["fleet/coverage", "-p", "stale_after_days=soon"], "stale_after_days"),
        (["fleet/coverage", "-p", "stale_after_days"], "name=value"),
        (["fleet/coverage", "-p", "as_of=monday"], "monday"),
    ],
)
def test_a_misspelt_query_or_parameter_is_refused(run: Run, snapshot: Path, arguments: list[str], says: str) -> None:
    """No parameter is ignored: a misspelt one names the nearest that exists."""
    estate.loaded(Path("own.duckdb"), snapshot)
    code, _, err = run("query", *arguments, "--store", "own.duckdb")
    assert code in {2, 4}
    assert says in _one_line(err)


def test_check_prints_every_check(run: Run, snapshot: Path) -> None:
    """A sound store passes, and the command says what was checked."""
    estate.loaded(Path("own.duckdb"), snapshot)
    code, out, _ = run("check", "--store", "own.duckdb")
    assert code == 0
    assert len(out.splitlines()) > 5


def test_policy_is_json(run: Run) -> None:
    """The policy command prints a policy document and nothing else."""
    code, out, err = run("policy")
    assert (code, err) == (0, "")
    assert orjson.loads(out)["Version"] == "2012-10-17"
    code, out, _ = run("policy", "--part", "member", "--beside", "SecurityAudit")
    assert code == 0
    assert "organizations:" not in out


def test_policy_says_when_it_does_not_fit(run: Run) -> None:
    """The whole stays on stdout; stderr says how to print it in documents that fit."""
    buckets = [word for number in range(40) for word in ("--bucket", f"bucket-{number:0>50}")]
    code, out, err = run("policy", *buckets)
    assert code == 0
    numbers = re.findall(r"--document (\d)", _one_line(err))
    assert numbers[:2] == ["1", "2"]
    whole = orjson.loads(out)
    parts = [orjson.loads(run("policy", *buckets, "--document", number)[1]) for number in numbers]
    assert grants(*parts) == grants(whole)
    code, _, err = run("policy", *buckets, "--document", "9")
    assert code == 2
    assert "there is no document 9" in _one_line(err)


@pytest.mark.parametrize("stack", ["member", "management"])
def test_policy_prints_a_template(run: Run, stack: str) -> None:
    """A stack is printed whole; what only a policy has cannot be asked of it."""
    code, out, _ = run("policy", "--cloudformation", stack)
    assert code == 0
    assert "ReaderRole" in orjson.loads(out)["Resources"]
    code, _, err = run("policy", "--cloudformation", stack, "--document", "1")
    assert code == 2
    assert "--bucket" in _one_line(err)


def test_doctor_prints_what_is_readable(run: Run, endpoint_url: str) -> None:
    """Who, what of each system, and a full run; as JSON too. Refused systems are told, not a failure."""
    settings = _settings(role='"Reader"', home_region='"eu-central-1"')
    code, out, _ = run("doctor", "--settings", settings, "--store", "own.duckdb")
    assert code == 0
    assert f"account       {estate.MANAGEMENT}" in out.splitlines()
    assert any(line.startswith("Maintenance windows") and "readable" in line for line in out.splitlines())
    assert "a full run: at least" in out
    arguments = ("doctor", "--settings", settings, "--store", "own.duckdb", "--account", estate.DENYING)
    code, out, _ = run(*arguments, "--format", "json")
    assert code == 0
    assert {check["state"] for check in orjson.loads(out)["checks"]} <= {"denied", "role_missing", "not asked"}


def test_doctor_without_an_identity_ends_with_3(run: Run) -> None:
    """Nobody to ask as is AWS's exit code, in one line."""
    code, _, err = run("doctor", "--store", "own.duckdb")
    assert code == 3
    assert "no usable AWS credentials" in _one_line(err)


def test_list_names_every_query_with_its_purpose(run: Run) -> None:
    """`query --list` works without a store."""
    code, out, _ = run("query", "--list")
    assert code == 0
    assert any(line.startswith("fleet/coverage(as_of, ") for line in out.splitlines())
    assert {line[:4] for line in run("query", "--list", "lag")[1].splitlines()} == {"lag/"}


def test_a_bug_keeps_its_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only known errors are one line; anything else is not swallowed."""

    def broken(*_arguments: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("patchlib.commands.policy", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        main(["policy"])


def test_the_sandbox_ends_with_its_parent() -> None:
    """`sandbox --attached` serves until standard input closes, and its first line leads to it."""
    command = [sys.executable, "-m", "patchlib", "sandbox", "--attached", "--nodes", "20"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url, account_id, region = process.stdout.readline().split()
        assert url.startswith("http://127.0.0.1:")
        assert len(account_id) == 12
        assert region == "eu-central-1"
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=20) == 0


def test_help_is_worth_reading(run: Run) -> None:
    """Every command and every option says what it does."""
    group: Any = typer.main.get_command(app)
    for command in group.commands.values():
        assert command.help
        assert all(getattr(option, "help", "x") for option in command.params), command.name


def test_a_reader_who_has_had_enough_is_no_fault(run: Run, snapshot: Path, tmp_path: Path) -> None:
    """`patchlib query | head -1` ends well, so that pipefail holds."""
    estate.loaded(tmp_path / "own.duckdb", snapshot)
    query = f"{sys.executable} -m patchlib query fleet/node_coverage --store {tmp_path / 'own.duckdb'}"
    piped = ["bash", "-o", "pipefail", "-c", f"{query} | head -1 >/dev/null"]
    ended = subprocess.run(piped, capture_output=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_a_folder_that_may_not_be_written_is_one_line(run: Run, endpoint_url: str, tmp_path: Path) -> None:
    """Where data/ cannot be made, the operating system's reason and the path are said."""
    (tmp_path / "data").write_text("a file where a folder should be", encoding="utf-8")
    code, _, err = run("extract", "--store", "own.duckdb", "--settings", _settings(home_region='"eu-central-1"'))
    assert code == 4
    assert "data" in _one_line(err)


def test_before_the_first_snapshot_there_is_no_answer(run: Run, snapshot: Path) -> None:
    """An as_of before anything was read is refused, by queries and reports alike; no page is replaced."""
    estate.loaded(Path("own.duckdb"), snapshot)
    code, _, err = run("query", "fleet/coverage", "--store", "own.duckdb", "-p", "as_of=2026-10-01")
    assert code == 2
    assert "2026-11-02" in _one_line(err)
    code, _, err = run("report", "weekly", "--store", "own.duckdb", "--as-of", "2026-10-01")
    assert code == 2
    assert "2026-11-02" in _one_line(err)
    assert not Path("reports").exists()


def test_a_parameter_of_any_name_is_refused_in_words(run: Run, snapshot: Path) -> None:
    """Also one that a function of ours is called with: no query has such parameters, and that is what is said."""
    estate.loaded(Path("own.duckdb"), snapshot)
    for name in ("name", "connection", "columns", "self"):
        code, _, err = run("query", "fleet/coverage", "--store", "own.duckdb", "-p", f"{name}=x")
        assert code == 2, err
        assert f"no parameter {name}" in _one_line(err)

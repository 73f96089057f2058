"""`patchlib cve` through the command line, on a store made by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from patchlib.cli import main
from tests.notebooks.hand_store import build

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("assessing") / "full.duckdb")


@pytest.fixture
def run(store: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run `patchlib cve` on that store; returns exit code, stdout, stderr."""

    def running(*arguments: str, at: Path = store) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["cve", *arguments, "--store", str(at)])
        out, err = capfd.readouterr()
        return int(ended.value.code or 0), out, err

    return running


def test_a_reader_sees_where_it_is_open_and_when_it_closes(run: Run) -> None:
    """The first lines say it; each section follows."""
    code, out, _ = run("CVE-2026-0001")
    assert code == 0
    assert "CVE-2026-0001 is open on 2 nodes" in out
    assert "What published tables decide" in out
    assert "closes 2026-11-08 01:00 UTC" in out


def test_a_program_gets_the_same_as_json(run: Run) -> None:
    """Rows of the affected assets and of every known node."""
    code, out, _ = run("CVE-2026-0001", "--format", "json")
    told = json.loads(out)
    assert code == 0
    assert {asset["asset_id"] for asset in told["assets"]} == {"i-web2", "i-web3"}
    assert len(told["nodes"]) == 11


def test_answers_of_an_owner_narrow_what_is_decided(run: Run, tmp_path: Path) -> None:
    """Human impact and exposure are not in any system: a signed file tells them."""
    answers = tmp_path / "answers.toml"
    answers.write_text(
        'owner = "payments"\nsigned_date = 2026-11-01\n[system_exposure]\n"not read" = "open"\n', encoding="utf-8"
    )
    asked = ("CVE-2026-0001", "--table", "ssvc_deployer", "--format", "json")
    without, told = (json.loads(run(*asked, *more)[1]) for more in ((), ("--answers", str(answers))))
    notes = [
        value["note"] for each in (without, told) for section in each["sections"] for value in section["values"]
        if section["title"] == "What published tables decide"
    ]  # fmt: skip
    assert any("signed 2026-11-01" in note for note in notes)
    assert "system_exposure" in notes[0]
    assert "system_exposure" not in notes[1]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("KB1",), 2, "not a CVE id"),
        (("CVE-2026-9999",), 4, "silence"),
        (("CVE-2026-0001", "--as-of", "2020-01-01"), 2, "first snapshot"),
        (("CVE-2026-0001", "--table", "nosuch"), 2, "Tables:"),
    ],
)
def test_what_cannot_be_answered_says_so(run: Run, arguments: tuple[str, ...], code: int, words: str) -> None:
    """One line, what to do next, and the contract's exit code."""
    found, out, err = run(*arguments)
    assert (found, out) == (code, "")
    if words != "silence":
        assert words in err
    assert err.count("\n") == 1


def test_old_data_is_called_old(run: Run) -> None:
    """An instant long after the latest snapshot: what is told is of then."""
    _, out, _ = run("CVE-2026-0001", "--as-of", "2026-12-02T06:00:00")
    assert "The latest snapshot is 30 days older than that instant" in out


def test_a_way_in_that_does_not_exist_is_refused(run: Run, tmp_path: Path) -> None:
    """Not silently left out: the answer would seem to count."""
    answers = tmp_path / "answers.toml"
    answers.write_text('owner = "x"\nsigned_date = 2026-11-01\n[system_exposure]\ninternet = "open"\n', "utf-8")
    code, _, err = run("CVE-2026-0001", "--answers", str(answers))
    assert code == 2
    assert "public address" in err


def test_a_store_without_a_snapshot_is_no_empty_estate(run: Run, tmp_path: Path) -> None:
    """Nothing was read: that is not the same as nothing found."""
    code, out, err = run("CVE-2026-0001", at=build(tmp_path / "empty.duckdb", with_data=False))
    assert code != 0
    assert out == ""
    assert "snapshot" in err

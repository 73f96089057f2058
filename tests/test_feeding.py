"""`patchlib feeds update` as one types it: a line per feed, and an exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from patchlib.cli import main
from patchlib.feeds.catalogue import catalogue
from patchlib.feedtables import FEED_TABLES
from tests.feeds.mirror import serving
from tests.feeds.samples import epss_gz, kev_json

JSON = "known_exploited_vulnerabilities.json"


def _run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["feeds", "update", *arguments])
    return int(ended.value.code or 0)


def test_feeds_come_from_a_folder_into_a_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line each on stdout; a second time unchanged; what is not there is skipped, which is no fault."""
    (tmp_path / JSON).write_bytes(kev_json())
    asked = ("--from", str(tmp_path), "--store", str(tmp_path / "store.duckdb"))
    assert _run(*asked) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"kev: updated: 3 rows as of 2026-08-22 from {tmp_path / JSON}"
    assert {line.split(": ")[1] for line in lines[1:]} == {"skipped"}
    assert _run(*asked) == 0
    assert capsys.readouterr().out.startswith("kev: unchanged")


def test_a_feed_that_fails_ends_in_exit_code_4(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After the others were taken in, whether the file or the network is at fault."""
    store = ("--store", str(tmp_path / "store.duckdb"))
    with serving() as mirror:
        mirror.files.update({JSON: kev_json()[:90], "epss_scores-current.csv.gz": epss_gz()})
        assert _run("kev", "epss", "--from", mirror.url, *store) == 4
        told = capsys.readouterr()
        assert told.out.splitlines()[0].startswith("kev: failed: the file is no JSON")
        assert told.out.splitlines()[1].startswith("epss: updated")
        assert told.err.startswith("patchlib: 1 of 2 feeds failed: kev.")
        mirror.status["epss_scores-current.csv.gz"] = 503
        assert _run("epss", "--from", mirror.url, *store) == 4
        assert "HTTP 503" in capsys.readouterr().out


@pytest.mark.parametrize("wrong", [["keev"], ["--from", "http://example.org"], ["--from", "nowhere"]])
def test_what_cannot_be_asked_is_exit_code_2(tmp_path: Path, wrong: list[str]) -> None:
    """Before anything is fetched or written."""
    assert _run(*wrong, "--store", str(tmp_path / "store.duckdb")) == 2
    assert not list(tmp_path.iterdir())


def test_every_feed_is_listed_and_documented(capsys: pytest.CaptureFixture[str]) -> None:
    """With its address, files and terms, on the screen as in the documentation."""
    with pytest.raises(SystemExit) as ended:
        main(["feeds", "list"])
    assert not ended.value.code
    said = capsys.readouterr().out
    document = (Path(__file__).parent.parent / "docs" / "feeds.md").read_text(encoding="utf-8")
    for feed in catalogue():
        [row] = [line for line in document.splitlines() if line.startswith(f"| `{feed.name}` | {feed.title}")]
        for words in (feed.address, *feed.files, feed.licence):
            assert words in said
            assert words in row
    assert all(table.name in document for table in FEED_TABLES)


def test_the_help_says_what_a_failure_does(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code and what stays are part of the contract."""
    assert _run("--help") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "exit code 4" in said
    assert "leaves the rows that stand" in said

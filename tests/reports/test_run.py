"""Promises of a whole report, from definition to site."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from patchlib.errors import DataTooOld, GateTripped, NotebookFailed, ParameterUnknown, ReportLocked, SettingInvalid
from patchlib.reports import run as running
from patchlib.reports.execution import Executor, Job, Outcome
from patchlib.reports.run import ReportRun, run_report
from tests.reports import sample

NEXT_WEEK = "2026-11-09T06:00:00"


class Bench:
    """Two notebooks and a definition in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.front = folder / "out" / "estate"
        (folder / "notebooks").mkdir()
        self.write("01_fleet")
        self.write("02_lag")
        self.definition = sample.definition(folder / "estate.toml", "01_fleet", "02_lag")

    def write(self, name: str, *extra: str) -> None:
        sample.write(self.folder / "notebooks" / f"{name}.ipynb", *extra)

    def run(self, execute: Executor = sample.in_process, **how: Any) -> ReportRun:
        places = {"store": "x.duckdb", "output": self.folder / "out", "notebooks": self.folder / "notebooks"}
        return run_report(self.definition, execute=execute, **(places | how))

    def files(self) -> dict[str, bytes]:
        """The front's files, runs and assets left out."""
        found = [*self.front.glob("*.*"), *(self.front / "notebooks").iterdir()]
        return {str(path.relative_to(self.front)): path.read_bytes() for path in found if path.is_file()}


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(running, "Session", sample.SampleSession)
    return Bench(tmp_path)


def test_a_report_becomes_a_site(bench: Bench) -> None:
    """Index, pages, executed notebooks, summary, one plotly.js, and the run's own copy."""
    run = bench.run()
    run.raise_for_faults()
    pages = {
        "index.html",
        "01_fleet.html",
        "02_lag.html",
        "summary.json",
        "notebooks/01_fleet.ipynb",
        "notebooks/02_lag.ipynb",
    }
    assert (run.exit_code, set(bench.files()) - {".lock"}) == (0, pages)
    own = bench.front / "runs" / run.run_id
    assert {str(path.relative_to(own)) for path in own.rglob("*.*")} == pages | {"assets/plotly.min.js"}


def test_every_link_of_the_site_leads_somewhere(bench: Bench) -> None:
    """Index, pages, downloads and the previous run are where the pages say."""
    bench.run()
    bench.write("02_lag", "1 / 0")
    bench.run(as_of=NEXT_WEEK)
    for page in bench.front.rglob("*.html"):
        html = page.read_text()
        for part in html.split('href="')[1:]:
            target = part.split('"')[0]
            if not target.startswith(("#", "data:")):
                assert (page.parent / target).is_file(), f"{page.name} -> {target}"


def test_the_summary_speaks_for_the_run(bench: Bench) -> None:
    """Report, run, instant, status, coverage, gates, and each notebook's conclusion and facts."""
    summary = json.loads(bench.run(given={"limit": "9"}).summary_file.read_text())
    assert (summary["schema_version"], summary["report"], summary["as_of"]) == (1, "estate", "2026-11-02T06:00:00Z")
    assert (summary["status"], summary["exit_code"], summary["is_sandbox"]) == ("ok", 0, True)
    assert summary["parameters"]["01_fleet"] == {"limit": 9}
    assert summary["coverage"]["account_count"] == 9
    assert summary["coverage"]["unexpected_blind_accounts"] == []
    assert summary["gates"] == [
        {
            "name": "coverage",
            "is_tripped": False,
            "message": "2 unreadable accounts, all expected.",
            "is_warned": False,
            "value": None,
            "unit": "",
        }
    ]
    fleet = summary["notebooks"][0]
    assert (fleet["name"], fleet["status"], fleet["page"], fleet["failure"]) == (
        "01_fleet",
        "ok",
        "01_fleet.html",
        None,
    )
    assert fleet["facts"][0] == {
        "name": "fresh_share", "value": 0.835, "unit": "share", "definition": "Scan younger than 7 days.",
        "denominator": "668 of 800 known nodes", "source": "fleet/coverage",
    }  # fmt: skip


def test_notebooks_get_store_instant_and_parameters(bench: Bench) -> None:
    """Each is told the same store and instant, and what it declares of the rest."""
    seen: dict[str, dict[str, Any]] = {}

    def execute(job: Job) -> Outcome:
        seen[job.name] = job.parameters
        return sample.in_process(job)

    bench.run(execute, given={"limit": 9}, as_of=NEXT_WEEK)
    expected = {"store": "x.duckdb", "as_of": f"{NEXT_WEEK}Z", "limit": 9}
    assert seen == {"01_fleet": expected, "02_lag": expected}


def test_an_unknown_parameter_stops_before_anything_runs(bench: Bench) -> None:
    """No notebook runs and no file is written."""
    with pytest.raises(ParameterUnknown):
        bench.run(lambda job: pytest.fail(f"{job.name} ran"), given={"limt": 9})
    assert not (bench.folder / "out").exists()


def test_a_report_never_falls_back_to_the_sandbox(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a store named and without a real one, the report does not start."""
    (bench.folder / "data" / "local").mkdir(parents=True)
    (bench.folder / "data" / "local" / "demo.duckdb").touch()
    monkeypatch.chdir(bench.folder)
    monkeypatch.delenv("PATCHLIB_STORE", raising=False)
    with pytest.raises(SettingInvalid, match="no store"):
        bench.run(store="")


def test_a_failed_notebook_changes_only_index_and_summary_at_the_front(bench: Bench) -> None:
    """Its last good page and notebook stay byte for byte; the failed ones are under runs/."""
    first = bench.run()
    before = bench.files()
    bench.write("02_lag", "raise ValueError('no rows')")
    second = bench.run(as_of=NEXT_WEEK)
    after = bench.files()
    assert after["02_lag.html"] == before["02_lag.html"]
    assert after["notebooks/02_lag.ipynb"] == before["notebooks/02_lag.ipynb"]
    assert after["01_fleet.html"] != before["01_fleet.html"]
    assert b"This notebook failed" in (bench.front / "runs" / second.run_id / "02_lag.html").read_bytes()
    entry = second.summary.notebooks[1]
    assert (entry.status, entry.published_run_id, entry.published_as_of) == (
        "failed",
        first.run_id,
        "2026-11-02T06:00:00Z",
    )
    index = after["index.html"].decode()
    assert "ValueError: no rows" in index
    assert "Last good page, as of 2026-11-02" in index
    assert f"runs/{second.run_id}/02_lag.html" in index


def test_a_failed_notebook_is_exit_6_with_its_place(bench: Bench) -> None:
    """The error names the notebook, the heading and the cause; the others ran."""
    bench.write("01_fleet", "raise ValueError('no rows')")
    run = bench.run()
    with pytest.raises(
        NotebookFailed, match=r"1 of 2 notebooks failed: 01_fleet under 'All platforms': ValueError: no rows"
    ):
        run.raise_for_faults()
    assert (run.exit_code, run.summary.status, run.summary.notebooks[1].status) == (6, "notebook failed", "ok")


def test_without_an_earlier_good_page_the_failed_one_is_shown(bench: Bench) -> None:
    """A first run that fails still leads somewhere."""
    bench.write("02_lag", "raise ValueError('no rows')")
    run = bench.run()
    assert b"This notebook failed" in (bench.front / "02_lag.html").read_bytes()
    assert run.summary.notebooks[1].published_run_id == ""


def test_an_unexpected_blind_account_is_exit_7_and_on_every_first_screen(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page is published and says it."""
    monkeypatch.setattr(sample.SampleSession, "blind", ("777788889999",))
    run = bench.run()
    with pytest.raises(GateTripped, match=r"coverage: Not readable and not expected to be: legacy \(777788889999\)"):
        run.raise_for_faults()
    assert run.exit_code == 7
    for page in ("index.html", "01_fleet.html", "02_lag.html"):
        assert b"Gate tripped: coverage" in (bench.front / page).read_bytes()


def test_a_notebook_that_wrote_nothing_is_still_said(bench: Bench) -> None:
    """A kernel that never started has a page with the cause, and no download that leads nowhere."""

    def dead(job: Job) -> Outcome:
        return sample.in_process(job) if job.name == "01_fleet" else Outcome(job.name, "failed", "the kernel died")

    run = bench.run(dead)
    page = (bench.front / "02_lag.html").read_text()
    assert "the kernel died" in page
    assert "notebooks/02_lag.ipynb" not in page
    assert run.summary.notebooks[1].failure is not None
    assert run.summary.notebooks[1].failure.cell is None


def test_of_two_faults_the_lower_exit_code_counts(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed notebook comes before a tripped gate."""
    monkeypatch.setattr(sample.SampleSession, "blind", ("777788889999",))
    bench.write("02_lag", "1 / 0")
    assert bench.run().exit_code == 6


def test_a_crash_in_the_middle_leaves_the_site_as_it_was(bench: Bench) -> None:
    """Nothing at the front changes, and no half run stays behind."""
    bench.run()
    before = bench.files()

    def crash(job: Job) -> Outcome:
        sample.in_process(job)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.run(crash, as_of=NEXT_WEEK)
    assert bench.files() == before
    assert len(list((bench.front / "runs").iterdir())) == 1


def test_cards_show_the_change_since_an_earlier_run(bench: Bench) -> None:
    """Against the last published run of an earlier instant; the same instant again is no change."""
    bench.run()
    bench.run()
    assert b"since 2026-11-02" not in (bench.front / "01_fleet.html").read_bytes()
    bench.run(as_of=NEXT_WEEK)
    assert b"unchanged <span>since 2026-11-02</span>" in (bench.front / "01_fleet.html").read_bytes()
    assert b"since 2026-11-02" in (bench.front / "index.html").read_bytes()


@pytest.mark.parametrize(("is_sandbox", "code"), [(False, 7), (True, 0)])
def test_the_age_of_the_data_is_counted_from_the_clock_given(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, is_sandbox: bool, code: int
) -> None:
    """Old data of a real estate trips; the sandbox lives in its own time. The first page says up to when it counts."""
    monkeypatch.setattr(sample.SampleSession, "is_sandbox", is_sandbox)
    bench.definition = sample.definition(bench.folder / "estate.toml", "01_fleet", more="max_data_age_days = 8")
    now: datetime = sample.TAKEN_AT + timedelta(days=9)
    assert bench.run(now=now).exit_code == code
    said = "at the as-of instant: 0 days" if is_sandbox else "when this report was made: 9 days"
    assert f"Data age {said}, since the latest snapshot of" in (bench.front / "index.html").read_text()


def test_data_that_is_too_old_is_not_published(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 4 with age, limit and what stays; the last good site is untouched, and no notebook runs."""
    monkeypatch.setattr(sample.SampleSession, "is_sandbox", False)
    more = "max_data_age_days = 8\nrefuse_after_days = 10"
    bench.definition = sample.definition(bench.folder / "estate.toml", "01_fleet", more=more)
    assert bench.run(now=sample.TAKEN_AT + timedelta(days=9)).exit_code == 7
    before = bench.files()
    refused = r"12 days old, of 2026-11-02 06:00 UTC; this report refuses data older than 10 days .* 2026-11-02 stays"
    with pytest.raises(DataTooOld, match=refused) as ended:
        bench.run(lambda job: pytest.fail(f"{job.name} ran"), now=sample.TAKEN_AT + timedelta(days=12))
    assert ended.value.exit_code == 4
    assert bench.files() == before


def test_a_past_instant_that_is_asked_for_is_not_old(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its data is as old as it was then; so is an instant long after the last snapshot."""
    monkeypatch.setattr(sample.SampleSession, "is_sandbox", False)
    bench.definition = sample.definition(bench.folder / "estate.toml", "01_fleet", more="refuse_after_days = 10")
    late: datetime = sample.TAKEN_AT + timedelta(days=90)
    assert bench.run(now=late, as_of="2026-11-02T06:00:00").exit_code == 0
    with pytest.raises(DataTooOld, match="28 days old"):
        bench.run(now=late, as_of="2026-11-30T06:00:00")


def test_a_report_of_nothing_may_be_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """No snapshot is older than any limit."""
    monkeypatch.setattr(sample.SampleSession, "taken_at", None)
    bench.definition = sample.definition(bench.folder / "estate.toml", "01_fleet", more="refuse_after_days = 10")
    with pytest.raises(DataTooOld, match="nothing has been read; this report refuses"):
        bench.run(now=sample.TAKEN_AT)
    assert not bench.front.exists()


def test_the_first_page_shows_every_parameter(bench: Bench) -> None:
    """What was given and what was left at its default, told apart."""
    index = bench.run(given={"limit": "9"}).index.read_text()
    shown = index[index.index("Parameters of this run") :]
    assert "<dt>as_of</dt><dd>2026-11-02 06:00 UTC</dd>" in shown
    assert "<dt>limit</dt><dd>9</dd>" in shown
    assert "<dt>is_strict</dt><dd>False (default)</dd>" in shown
    assert "x.duckdb" not in shown


def test_a_second_run_of_a_report_ends_at_once(bench: Bench) -> None:
    """It is told process and start of the first; the site is that of the first, and free after it."""
    said: list[str] = []

    def execute(job: Job) -> Outcome:
        with pytest.raises(ReportLocked) as refused:
            bench.run(lambda inner: pytest.fail(f"{inner.name} ran"))
        said.append(str(refused.value))
        return sample.in_process(job)

    bench.run(execute, now=sample.TAKEN_AT)
    assert f"this report is running: process {os.getpid()}, started 2026-11-02 06:00:00 UTC" in said[0]
    assert bench.run().exit_code == 0


def test_what_a_killed_run_left_is_removed(bench: Bench) -> None:
    """Its lock is free with its death; its half folder goes, and the next run says so."""
    left = bench.front / "runs" / ".20261101T060000Z-1a2b3c4d-001.partial"
    left.mkdir(parents=True)
    (bench.front / ".lock").write_text("4711 2026-11-01T06:00:00Z")
    told: list[str] = []
    assert bench.run(progress=told.append).exit_code == 0
    assert not left.exists()
    assert told[0].startswith("process 4711, started 2026-11-01 06:00:00 UTC was killed")


def test_old_runs_are_removed(bench: Bench) -> None:
    """keep_runs is how many stay."""
    bench.definition = sample.definition(bench.folder / "estate.toml", "01_fleet", more="keep_runs = 2")
    ids = [bench.run().run_id for _ in range(3)]
    assert sorted(path.name for path in (bench.front / "runs").iterdir()) == ids[1:]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs a browser")
def test_a_browser_draws_every_chart_without_network(bench: Bench, tmp_path: Path) -> None:
    """plotly.js loads from beside the page under its own policy, and draws as many charts as there are."""
    bench.run()
    seen = subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'browser'}",
         "--virtual-time-budget=8000", "--dump-dom", (bench.front / "01_fleet.html").as_uri()],
        capture_output=True, text=True, timeout=90, check=True,
    ).stdout  # fmt: skip
    assert 'data-charts="2"' in seen
    assert seen.count('class="main-svg"') >= 4

"""`patchlib schedule`: fire times on stdout, what the clocks do on stderr, and the contract's exit codes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from patchlib.cli import main

Run = Callable[..., tuple[int, str, str]]
NEW_YORK = ("--timezone", "America/New_York")
NIGHTLY = "cron(30 2 * * ? *)"


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Run `patchlib schedule`; returns exit code, stdout, stderr."""

    def running(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["schedule", *arguments])
        out, err = capfd.readouterr()
        return int(ended.value.code or 0), out, err

    return running


def test_one_time_a_line_and_one_unless_said(run: Run) -> None:
    """UTC, to the second; an instant without an offset is UTC; the instant itself does not count."""
    asked = ("cron(0 6 * * ? *)", "--timezone", "UTC", "--after", "2026-01-01T06:00:00")
    assert run(*asked) == (0, "2026-01-02T06:00:00Z\n", "")
    assert run(*asked, "--count", "2") == (0, "2026-01-02T06:00:00Z\n2026-01-03T06:00:00Z\n", "")
    assert run(*asked[:-1], "2026-01-01T06:00:00+01:00") == (0, "2026-01-01T06:00:00Z\n", "")


def test_a_gap_is_skipped_and_said(run: Run) -> None:
    """02:30 of 8 March 2026 is not on New York's clock; what is printed is only what fires."""
    code, out, err = run(NIGHTLY, *NEW_YORK, "--after", "2026-03-07T12:00:00Z")
    assert (code, out) == (0, "2026-03-09T06:30:00Z\n")
    assert err == "patchlib: skipped 2026-03-08 02:30:00: the clocks of America/New_York jump over it\n"


def test_an_overlap_fires_once_and_is_said(run: Run) -> None:
    """01:30 of 1 November 2026 comes at 05:30Z and again at 06:30Z."""
    code, out, err = run("cron(30 1 * * ? *)", *NEW_YORK, "--after", "2026-11-01T00:00:00Z", "--count", "2")
    assert (code, out) == (0, "2026-11-01T05:30:00Z\n2026-11-02T06:30:00Z\n")
    assert err == "patchlib: 2026-11-01 01:30:00 comes twice in America/New_York: it fires once, at the first\n"


def test_clocks_that_change_later_are_not_told(run: Run) -> None:
    """Only what happens up to the last line printed is said."""
    assert run(NIGHTLY, *NEW_YORK, "--after", "2026-03-07T00:00:00Z") == (0, "2026-03-07T07:30:00Z\n", "")


@pytest.mark.parametrize(
    ("gates", "first"),
    [
        ([], "2026-01-01T07:20:00Z"),
        (["--start", "2026-01-01T01:00:00Z"], "2026-01-01T06:00:00Z"),
        (["--start", "2026-02-01"], "2026-02-01T00:00:00Z"),
    ],
)
def test_a_rate_counts_from_start_else_from_after(run: Run, gates: list[str], first: str) -> None:
    """5 hours from 02:20 are 07:20, from 01:00 they are 06:00; a start to come fires itself."""
    asked = ("rate(5 hours)", "--timezone", "UTC", "--after", "2026-01-01T02:20:00Z")
    assert run(*asked, *gates) == (0, f"{first}\n", "")


def test_an_offset_and_both_gates(run: Run) -> None:
    """Third Tuesdays and two days; fewer lines than asked for where fewer are left."""
    asked = ("cron(30 23 ? * TUE#3 *)", "--timezone", "UTC", "--after", "2025-01-01", "--offset", "2", "--count", "9")
    gates = ("--start", "2026-01-01T00:00:00Z", "--end", "2026-03-01T00:00:00Z")
    assert run(*asked, *gates) == (0, "2026-01-22T23:30:00Z\n2026-02-19T23:30:00Z\n", "")


@pytest.mark.parametrize(
    ("expression", "more"),
    [
        ("cron(0 0 30 2 ? *)", []),
        ("cron(0 0 1 1 ? 2020)", []),
        ("at(2020-07-07T15:55:00)", []),
        ("rate(1 day)", ["--end", "2025-01-01"]),
    ],
)
def test_nothing_left_prints_nothing(run: Run, expression: str, more: list[str]) -> None:
    """What can never fire again is no fault."""
    assert run(expression, "--timezone", "UTC", "--after", "2026-01-01", "--count", "3", *more) == (0, "", "")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["rate(1 hour)", "--timezone", "UTC", "--after", "2026-01-01", "--offset", "2"], "cron only"),
        (["at(2026-02-01T00:00:00)", "--timezone", "UTC", "--after", "2026-01-01", "--offset", "2"], "cron only"),
        ([NIGHTLY, "--timezone", "UTC", "--after", "2026-01-01", "--offset", "0"], "1 to 6"),
        ([NIGHTLY, "--timezone", "UTC", "--after", "2026-01-01", "--offset", "7"], "1 to 6"),
        ([NIGHTLY, "--timezone", "UTC", "--after", "2026-01-01", "--offset", "-1"], "1 to 6"),
        ([NIGHTLY, "--timezone", "UTC", "--after", "2026-01-01", "--offset", "two"], "--offset"),
        (["cron(30 2 * *)", "--timezone", "UTC", "--after", "2026-01-01"], "6 fields"),
        (["sometimes", "--timezone", "UTC", "--after", "2026-01-01"], "not a schedule expression"),
        ([NIGHTLY, "--timezone", "Amerika/NY", "--after", "2026-01-01"], "no such time zone"),
        ([NIGHTLY, "--timezone", "UTC", "--after", "soon"], "after is not an instant"),
        ([NIGHTLY, "--timezone", "UTC", "--after", "2026-01-01", "--start", "x"], "start is not an instant"),
        ([NIGHTLY, "--timezone", "UTC", "--after", "2026-01-01", "--end", "x"], "end is not an instant"),
        ([NIGHTLY, "--timezone", "UTC"], "--after"),
        ([NIGHTLY, "--after", "2026-01-01"], "--timezone"),
        ([NIGHTLY, "--timezone", "UTC", "--after", "2026-01-01", "--count", "0"], "--count"),
    ],
)
def test_what_cannot_be_read_ends_with_two(run: Run, arguments: list[str], says: str) -> None:
    """One line says what and what to write; nothing is printed."""
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    (line,) = err.splitlines()
    assert line.startswith("patchlib: ")
    assert says in line

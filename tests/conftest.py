"""Fixtures of the whole suite, and the line that says how many proofs on published data ran."""

from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore's retries wait on the wall clock; in tests they do not."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _seconds: None)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many proofs on published data ran: skipped ones must not look like passed ones."""
    ran = sum(
        "published" in report.keywords
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        if report.when == "call"
    )
    skipped = sum("published" in report.keywords for report in terminalreporter.stats.get("skipped", []))
    terminalreporter.write_line(f"proofs on published data: {ran} ran, {skipped} skipped (PATCHLIB_FEEDS)")

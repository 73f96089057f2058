"""Fixtures of the whole suite, and the lines that say how many proofs on published data ran, and who judged what."""

import gc
import os
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.client
import hypothesis
import pytest

from patchlib import store
from patchlib.sources import SOURCES

# A deadline is a clock: on a busy machine it fails what is right.
hypothesis.settings.register_profile("patchlib", deadline=None)
hypothesis.settings.load_profile("patchlib")

# A process that has collected thousands of tests has millions of objects to look through, again and again for nothing:
# half of the time of a small extraction.
gc.set_threshold(50_000, 20, 100)

# The stores of tests are small, and the workers as many as the processors: two threads each would wait for each other.
store._CONFIG["threads"] = 1


def _once_a_service(make: Callable[..., Any]) -> Callable[..., Any]:
    """botocore makes a service's model and class anew for each client, and the tests make thousands of clients."""
    made: dict[str, Any] = {}

    def once(creator: Any, service: str, *rest: Any) -> Any:
        if service not in made:
            made[service] = make(creator, service, *rest)
        return made[service]

    return once


for _name in ("_load_service_model", "_create_client_class"):
    setattr(botocore.client.ClientCreator, _name, _once_a_service(getattr(botocore.client.ClientCreator, _name)))


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
    passed = [each for report in terminalreporter.stats.get("passed", []) for each in report.user_properties]
    terminalreporter.write_line(judged(passed))


def judged(properties: list[tuple[str, object]]) -> str:
    """How many of the catalogue's operations each judge has fed, and how many were fed by none but the sandbox.

    A test that feeds an operation records the property `judge` with `<judge> <service>:<operation>`.
    """
    known = {f"{source.service}:{source.operation}" for source in SOURCES}
    fed: dict[str, set[str]] = defaultdict(set)
    for name, value in properties:
        judge, _, operation = str(value).rpartition(" ")
        if name == "judge" and operation in known:
            fed[judge].add(operation)
    counts = ", ".join(f"{judge} {len(operations)}" for judge, operations in sorted(fed.items())) or "none ran"
    outside = set().union(*(operations for judge, operations in fed.items() if judge != "sandbox"))
    return f"of {len(known)} catalogue operations fed by judges: {counts}; by one from outside: {len(outside)}"


@pytest.fixture
def published() -> Path:
    """The folder of published feeds."""
    folder = os.environ.get("PATCHLIB_FEEDS", "")
    if not folder or not Path(folder, "threat").is_dir():
        pytest.skip("PATCHLIB_FEEDS names no folder of published feeds")
    return Path(folder)

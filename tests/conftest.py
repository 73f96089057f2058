"""Fixtures of the whole suite."""

import pytest


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore's retries wait on the wall clock; in tests they do not."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _seconds: None)

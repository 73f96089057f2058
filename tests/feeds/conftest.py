"""Fixtures of the feeds' tests: a mirror on loopback, and where published feeds are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.feeds.mirror import Mirror, serving


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    """A mirror without files."""
    with serving() as up:
        yield up


@pytest.fixture
def published() -> Path:
    """The folder of published feeds."""
    folder = os.environ.get("PATCHLIB_FEEDS", "")
    if not folder or not Path(folder, "threat").is_dir():
        pytest.skip("PATCHLIB_FEEDS names no folder of published feeds")
    return Path(folder)

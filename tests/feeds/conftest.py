"""Fixtures of the feeds' tests: a mirror on loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.feeds.mirror import Mirror, serving


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    """A mirror without files."""
    with serving() as up:
        yield up

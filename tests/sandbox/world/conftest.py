"""Worlds to look at: one of the default size, a small one, and a way to make others."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from patchlib.sandbox.world.calendars import instant
from patchlib.sandbox.world.estate import Estate

DEFAULT = instant("2026-11-02T06:00:00Z")

Make = Callable[..., Estate]


@pytest.fixture(scope="session")
def estate() -> Estate:
    """The world of the demo: seed 7, 800 nodes, 9 accounts."""
    return Estate(7, 800, 9, DEFAULT)


@pytest.fixture(scope="session")
def small() -> Estate:
    """Another world of 60 nodes."""
    return Estate(3, 60, 9, DEFAULT)

"""The small estate of two weeks, built once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.explain import hand_store


@pytest.fixture(scope="session")
def hand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with own.duckdb and snapshots/: to be read, never written to."""
    folder = tmp_path_factory.mktemp("hand")
    hand_store.build(folder)
    return folder

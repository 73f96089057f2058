"""An empty store in memory: every table and view, reference facts, nothing else."""

from __future__ import annotations

import duckdb
import pytest

from patchlib.entities import create_tables


@pytest.fixture(scope="session")
def empty_store() -> duckdb.DuckDBPyConnection:
    """The empty store; tests that write roll back."""
    connection = duckdb.connect(config={"python_enable_replacements": False})
    create_tables(connection)
    return connection

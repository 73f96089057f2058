"""Facts as rows by column, to compare with what a test expects."""

from __future__ import annotations

from typing import Any

from patchlib.feeds.facts import ORIGIN, Facts
from patchlib.feedtables import FACT_TABLES


def rows(facts: Facts, table: str) -> list[dict[str, Any]]:
    """The rows of a table, without what is null."""
    [columns] = [each.columns for each in FACT_TABLES if each.name == f"core.{table}"]
    names = [column.name for column in columns if column.name not in ORIGIN]
    found = [dict(zip(names, row, strict=True)) for row in facts.rows.get(f"core.{table}", {}).values()]
    return [{name: value for name, value in row.items() if value is not None} for row in found]

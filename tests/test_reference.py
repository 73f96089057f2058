"""Facts that ship with patchlib: each with source and date, replaced whole, and as their publishers have them."""

from __future__ import annotations

import duckdb
import pytest

from patchlib.entities import create_tables
from patchlib.reference import REFERENCE_TABLES, load_reference


@pytest.fixture(scope="module")
def whole() -> duckdb.DuckDBPyConnection:
    """A database with every table, to be read."""
    opened = duckdb.connect()
    create_tables(opened)
    return opened


def test_reference_facts_are_replaced_whole(whole: duckdb.DuckDBPyConnection) -> None:
    """Loading them twice leaves one copy, each fact with its source and date."""
    load_reference(whole)
    # The ledger's states are patchlib's own words, defined there and nowhere else.
    facts = [table for table in REFERENCE_TABLES if table.name != "core.ledger_state"]
    for table in facts:
        unsourced = f"select count(*), count(source), count(as_of_date) from {table.name}"
        count, sources, dates = whole.execute(unsourced).fetchall()[0]
        assert count == sources == dates > 0
    grain = "select count(*) from core.os_lifecycle group by platform_name_pattern, platform_version_pattern"
    assert set(whole.execute(grain).fetchall()) == {(1,)}


@pytest.mark.parametrize(
    ("release", "end"),
    [
        ("Amazon Linux 2", "2026-06-30"),
        ("Amazon Linux 2023", "2029-06-30"),
        ("Windows Server 2012 R2", "2023-10-10"),
        ("Windows Server 2016", "2027-01-12"),
        ("Ubuntu 22.04", "2027-04-01"),
        ("Red Hat Enterprise Linux 8", "2029-05-31"),
    ],
)
def test_ends_of_support_are_the_published_ones(whole: duckdb.DuckDBPyConnection, release: str, end: str) -> None:
    """Dates as endoflife.date published them on 2026-08-22."""
    found = whole.execute(
        "select cast(end_of_support_date as varchar) from core.os_lifecycle where release = $release",
        {"release": release},
    )
    assert found.fetchall() == [(end,)]


def test_releases_of_amazon_linux_are_in_one_order(whole: duckdb.DuckDBPyConnection) -> None:
    """By day stamp and by number alike, and none was out before its stamp."""
    rows = whole.execute("select release, cast(released_date as varchar) from core.amazon_linux_release").fetchall()
    parts = {release: [int(part) for part in release.split(".")] for release, _ in rows}
    by_stamp = sorted(parts, key=lambda release: parts[release][2])
    assert by_stamp == sorted(parts, key=lambda release: parts[release])
    assert all(str(parts[release][2]) <= day.replace("-", "") for release, day in rows)
    assert len(rows) > 80

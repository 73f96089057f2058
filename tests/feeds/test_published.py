"""Published feeds through the door: as many rows in the store as the files have, each with its source and day."""

from __future__ import annotations

import csv
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from patchlib.feeds.update import update
from patchlib.store import connect

pytestmark = pytest.mark.published

NOW = datetime(2026, 11, 25)  # noqa: DTZ001 - naive UTC, as the store keeps it
# Rows as the folder's own table of contents counts them.
COUNTS = {
    "kev": 1404, "epss": 1556, "cvss": 44130, "lifecycle": 843, "usn": 1671, "alma": 3089, "bottlerocket": 154,
    "windows": 1686, "prices": 1367, "epss_history": 197560,
}  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A path for a store that the first test fills."""
    return tmp_path_factory.mktemp("published") / "store.duckdb"


@pytest.fixture
def opened(published: Path, store: Path) -> duckdb.DuckDBPyConnection:
    """The store with every published feed."""
    if not store.exists():
        update([], str(published), store, NOW, as_of=date(2026, 7, 20))
    return connect(store)


def test_every_feed_arrives_with_all_its_rows(opened: duckdb.DuckDBPyConnection) -> None:
    """As many as are counted; a second time nothing changes."""
    found = opened.execute("select feed, row_count from core.feed where state = 'updated'").fetchall()
    assert dict(found) == COUNTS


def test_the_rows_are_those_of_the_files(opened: duckdb.DuckDBPyConnection, published: Path) -> None:
    """Counted and summed a second way: by CSV alone, without the readers."""
    with (published / "threat" / "kev.csv").open(encoding="utf-8", newline="") as file:
        kev = list(csv.DictReader(file))
    told = opened.execute("select count(*), count(is_ransomware), min(added_date), max(due_date) from core.kev")
    assert told.fetchall() == [
        (
            len(kev),
            sum(row["knownRansomwareCampaignUse"] == "Known" for row in kev),
            min(date.fromisoformat(row["dateAdded"]) for row in kev),
            max(date.fromisoformat(row["dueDate"]) for row in kev),
        )
    ]
    with (published / "lifecycle" / "eol.csv").open(encoding="utf-8", newline="") as file:
        cycles = list(csv.DictReader(file))
    told = opened.execute("select count(end_of_life_date), count(is_end_of_life) from core.lifecycle_cycle")
    words = sum(row["eol"] in {"true", "false"} for row in cycles)
    assert told.fetchall() == [(sum(bool(row["eol"]) for row in cycles) - words, words)]
    with next((published / "threat").glob("kev_epss_cvss_*.csv")).open(encoding="utf-8", newline="") as file:
        scores = [float(row["epss"]) for row in csv.DictReader(file)]
    [(total,)] = opened.execute("select sum(epss_share) from core.epss").fetchall()
    assert total == pytest.approx(sum(scores), rel=1e-12)


def test_a_known_entry_reads_as_published(opened: duckdb.DuckDBPyConnection) -> None:
    """One row of each kind, as its publisher wrote it."""
    asked = (
        "select vendor, added_date, due_date, is_ransomware, as_of_date from core.kev where cve_id = 'CVE-2025-48384'"
    )
    assert opened.execute(asked).fetchall() == [
        ("Git", date(2025, 8, 25), date(2025, 9, 15), None, date(2025, 8, 25)),
    ]
    asked = "select end_of_life_date from core.lifecycle_cycle where product = 'amazon-linux' and cycle = '2'"
    assert opened.execute(asked).fetchall() == [(date(2026, 6, 30),)]
    asked = (
        "select a.same_as, a.severity, p.os_release, p.fixed_version from core.advisory as a "
        "join core.advisory_package as p using (feed, advisory_id) where a.advisory_id = 'ALSA-2023:0005'"
    )
    assert opened.execute(asked).fetchall() == [("RHSA-2023:0005", "Important", "9", "6.4.1-9.el9_1")]


def test_the_models_change_where_the_scores_jump(opened: duckdb.DuckDBPyConnection) -> None:
    """A second judge of the dated table of models: week on week the median jumps by a fifth at its dates only.

    But where the publisher's own file was cut to a part (June 2026) or has a hole (to June 2024).
    """
    weeks = opened.execute(
        "select score_date, median(epss_share), any_value(model_version), count(*), count(distinct model_version) "
        "from core.epss_history group by score_date order by score_date"
    ).fetchall()
    assert {models for *_, models in weeks} == {1}
    jumps, changes = set(), set()
    for before, after in pairwise(weeks):
        if (after[0] - before[0]).days > 10 or after[3] < before[3] / 2:
            continue
        if abs(after[1] / before[1] - 1) > 0.2:
            jumps.add(after[0])
        if after[2] != before[2]:
            changes.add(after[0])
    assert jumps == changes == {date(2023, 3, 12), date(2025, 3, 23), date(2026, 6, 21)}


def test_every_version_of_alma_has_its_place_in_the_order(opened: duckdb.DuckDBPyConnection) -> None:
    """19 thousand real versions, none refused."""
    asked = "select count(*), count(fixed_version_key) from core.advisory_package where feed = 'alma'"
    [(count, keyed)] = opened.execute(asked).fetchall()
    assert count == keyed > 18_000


def test_words_of_assessors_are_few(opened: duckdb.DuckDBPyConnection) -> None:
    """The published table spells each in two ways."""
    asked = "select distinct ssvc_exploitation from core.cve_assessment where ssvc_exploitation is not null order by 1"
    assert opened.execute(asked).fetchall() == [("active",), ("none",), ("poc",)]

"""The catalogue: every feed has a reader, an address that may be asked, and its terms."""

from __future__ import annotations

import csv
from datetime import date

import pytest

from patchlib.errors import FeedInvalid, ParameterInvalid
from patchlib.feeds.catalogue import catalogue, chosen
from patchlib.feeds.fetch import refuse_address
from patchlib.paths import reference_folder
from tests.feeds.samples import file


def test_every_feed_may_be_had_from_somewhere() -> None:
    """Over https from its publisher, or as a file with a known name; and its terms are told."""
    for feed in catalogue():
        if feed.address:
            refuse_address(feed.address)
            assert feed.address.startswith("https://")
        assert feed.files
        assert feed.title
        assert feed.licence
        assert 0 < feed.largest_fall_share < 1


def test_every_feed_has_a_reader() -> None:
    """Which refuses what is no file of any feed."""
    for feed in catalogue():
        with pytest.raises(FeedInvalid):
            feed.read(file(b"<html>sign in</html>"))


def test_each_fact_of_the_data_files_is_dated() -> None:
    """Addresses and Ubuntu's code names say where they were read, and when."""
    for name in ("feed_address", "ubuntu_release"):
        with (reference_folder() / f"{name}.csv").open(encoding="utf-8", newline="") as opened:
            rows = list(csv.DictReader(opened))
        assert all(row["source"] and date.fromisoformat(row["as_of_date"]) for row in rows)
        first = next(iter(rows[0]))
        assert len({row[first] for row in rows}) == len(rows)


def test_feeds_are_chosen_by_name() -> None:
    """Each once, in the order asked; all without a name."""
    assert [feed.name for feed in chosen(["epss", "kev", "epss"])] == ["epss", "kev"]
    assert chosen([]) == catalogue()
    with pytest.raises(ParameterInvalid, match=r"no feed is named keev.*kev"):
        chosen(["keev"])


@pytest.mark.parametrize("data", [b'{"count": 0, "vulnerabilities": [], "dateReleased": "2026-08-22"}'])
def test_a_file_without_rows_is_refused(data: bytes) -> None:
    """A catalogue that has lost everything is no news."""
    [kev] = chosen(["kev"])
    with pytest.raises(FeedInvalid, match="no rows"):
        kev.read(file(data))

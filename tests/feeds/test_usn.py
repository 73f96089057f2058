"""Ubuntu notices: the database, OSV and the table of weeks."""

from __future__ import annotations

import bz2
import json
from datetime import date, datetime
from pathlib import Path

import pytest

from patchlib.errors import FeedInvalid
from patchlib.feeds.usn import read
from patchlib.versions import dpkg_key
from tests.feeds.rows import rows
from tests.feeds.samples import file, osv_record, usn_database, zipped

TABLE = (
    b"usn,episode_date,title,max_priority,n_cves,releases,cves\n"
    b'USN-7000-1,2026-08-21,Thing vulnerability,high,1,"Xenial ESM (16.04 ESM), Jammy (22.04 LTS)",CVE-2026-0001\n'
    b"USN-7000-2,2026-08-21,Thing regression,,0,,\n"
)


def test_a_notice_of_the_database_has_its_releases_by_number() -> None:
    """Code names become numbers; one that nobody knows stays, and is said."""
    facts = read(file(usn_database("7000-1", "7001-1")))
    assert facts.row_count == 2
    assert rows(facts, "advisory")[0] == {
        "advisory_id": "USN-7000-1", "os_family": "Ubuntu", "kind": "security", "title": "Thing vulnerability",
        "published_at": datetime(2026, 8, 22, 0, 0, 0, 500000), "is_published_exact": True, "package_count": 2,  # noqa: DTZ001
    }  # fmt: skip
    assert [row["os_release"] for row in rows(facts, "advisory_release")][:2] == ["22.04", "zany"]
    assert facts.notes == ["releases without a number are kept by code name: zany"]
    assert [row["cve_id"] for row in rows(facts, "advisory_cve")] == ["CVE-2026-0001"] * 2


def test_packages_are_the_binaries_where_they_are_told() -> None:
    """Else the sources, as the only name there is; a pocket says who carries it."""
    binary, source = rows(read(file(usn_database("7000-1"))), "advisory_package")
    assert (binary["package"], binary["channel"]) == ("thing-bin", "security")
    assert binary["fixed_version_key"] == dpkg_key("1.0-1ubuntu2")
    assert (source["package"], source.get("channel"), source["os_release"]) == ("thing", None, "zany")


def test_osv_is_told_from_the_database() -> None:
    """By how the file begins, zipped or not."""
    record = osv_record("USN-7000-1", "Ubuntu:22.04:LTS")
    for data in (zipped(record), json.dumps(record).encode(), json.dumps([record]).encode()):
        assert [row["os_release"] for row in rows(read(file(data)), "advisory_release")] == ["22.04"]


def test_a_weeks_summary_is_no_exact_day() -> None:
    """The day is told as what it is; a notice without releases is for any."""
    facts = read(file(TABLE))
    first, second = rows(facts, "advisory")
    assert (first["severity"], first["is_published_exact"]) == ("High", False)
    assert "severity" not in second
    assert [row["os_release"] for row in rows(facts, "advisory_release")] == ["16.04", "22.04", "any"]
    assert facts.as_of == date(2026, 8, 21)


WHOLE = bz2.decompress(usn_database("7000-1", "7001-1"))


@pytest.mark.parametrize("share", [0.01, 0.3, 0.5, 0.7, 0.99])
def test_a_database_that_is_cut_is_refused(share: float) -> None:
    """Read notice by notice, its end still has to come."""
    with pytest.raises(FeedInvalid, match=r"no JSON|it is cut"):
        read(file(WHOLE[: int(len(WHOLE) * share)]))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (WHOLE + b"{}", "something follows"),
        (WHOLE.replace(b"7001-1", b"7000-1"), "twice"),
        (WHOLE.replace(b"timestamp", b"time"), "not laid out"),
        (WHOLE.replace(b"1787356800.5", b"-1"), "is not within"),
        (WHOLE.replace(b'": {', b'": 7', 1), "no JSON"),
    ],
)
def test_another_layout_is_refused(data: bytes, said: str) -> None:
    """A notice that cannot be read is a file that cannot be trusted."""
    with pytest.raises(FeedInvalid, match=said):
        read(file(data))


@pytest.mark.published
def test_published_notices_are_read_whole(published: Path) -> None:
    """Of the samples: each release that was affected, and every version with a place in the order."""
    folder = published / "advisories" / "usn_samples"
    database = (folder / "usndb_sample.json").read_bytes()
    facts = read(file(database))
    told = json.loads(database)
    assert facts.row_count == len(told) == 3
    assert len(rows(facts, "advisory_release")) == sum(len(notice["releases"]) for notice in told.values())
    assert all(row["fixed_version_key"] for row in rows(facts, "advisory_package"))
    one = read(file((folder / "USN-7095-1.json").read_bytes()))
    whole = json.loads((folder / "USN-7095-1.json").read_bytes())
    binaries = {
        each["binary_name"] for affected in whole["affected"] for each in affected["ecosystem_specific"]["binaries"]
    }
    assert {row["package"] for row in rows(one, "advisory_package")} == binaries
    assert [row["os_release"] for row in rows(one, "advisory_release")] == ["22.04", "24.04"]
    assert one.notes == []

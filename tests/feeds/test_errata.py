"""Tables of advisories, and the same feeds in their vendors' formats."""

from __future__ import annotations

from datetime import date

import pytest

from patchlib.errors import FeedInvalid
from patchlib.feeds.errata import read_alma, read_bottlerocket
from tests.feeds.rows import rows
from tests.feeds.samples import file, osv_record, updateinfo_gz, zipped

ALMA_ROW = (
    b"ALSA-2026:0001,RHSA-2026:0001,9,2026-08-01,2026-08-20,Important,Important: thing,CVE-2026-0001,3,"
    b"thing=1:1.2-3.el9_4;thing-libs=1.2-3.el9_4\n"
)
ALMA = b"advisory_id,rhsa,os_major,published,modified,severity,title,cves,n_packages,packages\n" + ALMA_ROW
BRSA = (
    b"advisory_id,title,cve,ghsa,severity,issue_date,version,arches,packages\n"
    b"BRSA-abc,docker CVE-2026-0001,CVE-2026-0001,,moderate,2026-08-08,2.1.0,aarch64;x86_64,docker-engine=25.0.5-\n"
)


def test_alma_says_how_much_its_table_leaves_out() -> None:
    """A row that comes twice counts as a row and is kept once; a list that was cut is said."""
    facts = read_alma(file(ALMA + ALMA_ROW))
    assert facts.row_count == 2
    [row] = rows(facts, "advisory")
    assert (row["severity"], row["same_as"], row["package_count"]) == ("Important", "RHSA-2026:0001", 3)
    assert [(row["package"], row["epoch"]) for row in rows(facts, "advisory_package")] == [
        ("thing", 1), ("thing-libs", 0),
    ]  # fmt: skip
    assert facts.notes == ["1 rows name an advisory again", "the package lists of 1 advisories are cut"]


def test_bottlerocket_has_a_row_per_package_and_architecture() -> None:
    """A release that is empty leaves a hyphen, which is no part of the version."""
    facts = read_bottlerocket(file(BRSA))
    assert [(row["package"], row["arch"], row["fixed_version"]) for row in rows(facts, "advisory_package")] == [
        ("docker-engine", "aarch64", "25.0.5"), ("docker-engine", "x86_64", "25.0.5"),
    ]  # fmt: skip
    assert rows(facts, "advisory")[0]["severity"] == "Moderate"
    assert facts.as_of == date(2026, 8, 8)


def test_their_vendors_own_formats_are_read_too() -> None:
    """OSV and updateinfo, told by how the file begins."""
    assert read_alma(file(zipped(osv_record("ALSA-2026:0001", "AlmaLinux:9")))).row_count == 1
    facts = read_bottlerocket(file(updateinfo_gz(2, "BRSA-")))
    assert [row["os_family"] for row in rows(facts, "advisory")] == ["Bottlerocket"] * 2
    assert {row["os_release"] for row in rows(facts, "advisory_release")} == {"any"}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (ALMA.replace(b"2026-08-01", b""), "without name or date"),
        (ALMA.replace(b"thing=1:1.2-3.el9_4", b"thing"), "package without name or version"),
        (ALMA.replace(b",rhsa", b",red_hat"), "lacks columns: rhsa"),
    ],
)
def test_another_layout_is_refused(data: bytes, said: str) -> None:
    """Damage is told."""
    with pytest.raises(FeedInvalid, match=said):
        read_alma(file(data))


def test_a_notice_that_comes_twice_is_refused() -> None:
    """Bottlerocket numbers each of its own once."""
    with pytest.raises(FeedInvalid, match="BRSA-abc twice"):
        read_bottlerocket(file(BRSA + BRSA.splitlines(keepends=True)[1]))

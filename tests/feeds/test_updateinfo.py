"""updateinfo.xml: every advisory with its packages by architecture, dates in the forms publishers use."""

from __future__ import annotations

import gzip
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest

from patchlib.errors import FeedInvalid
from patchlib.feeds.updateinfo import reader
from patchlib.versions import rpm_key
from tests.feeds.rows import rows
from tests.feeds.samples import file, updateinfo_gz

read = reader("Amazon Linux", "2023")


def test_an_advisory_is_itself_its_release_packages_and_vulnerabilities() -> None:
    """References of another kind than a CVE are none."""
    facts = read(file(updateinfo_gz(1)))
    assert rows(facts, "advisory") == [
        {
            "advisory_id": "ALAS2023-2026-001", "os_family": "Amazon Linux", "severity": "Medium", "kind": "security",
            "published_at": datetime(2026, 8, 1, 19, 43), "is_published_exact": True,  # noqa: DTZ001
            "updated_at": datetime(2026, 8, 21, 4, 31), "title": "ALAS2023-2026-001: an update for thing",  # noqa: DTZ001
            "package_count": 2,
        }
    ]  # fmt: skip
    assert rows(facts, "advisory_release") == [{"advisory_id": "ALAS2023-2026-001", "os_release": "2023"}]
    assert [row["cve_id"] for row in rows(facts, "advisory_cve")] == ["CVE-2026-0001"]
    assert [(row["package"], row["arch"], row["epoch"], row["fixed_version"], row["fixed_version_key"])
            for row in rows(facts, "advisory_package")] == [
        ("thing", "x86_64", 1, "1:8.0-3.amzn2023.0.1", rpm_key("1:8.0-3.amzn2023.0.1")),
        ("thing-doc", "noarch", 0, "8.0-3.amzn2023.0.1", rpm_key("8.0-3.amzn2023.0.1")),
    ]  # fmt: skip
    assert facts.as_of == date(2026, 8, 21)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"</updates>", b"", "no XML"),
        (b"<updates>", b"<!DOCTYPE u [<!ENTITY a 'aaaa'>]><updates>", "document type"),
        (b"ALAS2023-2026-002", b"ALAS2023-2026-001", "twice"),
        (b'<issued date="2026-08-01 19:43"/>', b"", "without name or date"),
        (b'date="2026-08-01 19:43"', b'date="August"', "not a date"),
        (b'name="thing" release="3.amzn2023.0.1"', b'release="3.amzn2023.0.1"', "package without name"),
    ],
)
def test_another_layout_is_refused(old: bytes, new: bytes, said: str) -> None:
    """A repository that is being written gives half a file, once in a while."""
    text = gzip.decompress(updateinfo_gz(2))
    assert old in text
    with pytest.raises(FeedInvalid, match=said):
        read(file(text.replace(old, new)))


def test_a_version_that_rpm_would_not_take_has_no_key_and_is_said() -> None:
    """The version stays as it was published."""
    text = gzip.decompress(updateinfo_gz(1)).replace(b'version="8.0"', b'version="8 0"', 1)
    facts = read(file(text))
    assert [row.get("fixed_version_key") is None for row in rows(facts, "advisory_package")] == [True, False]
    assert facts.notes == ["1 package versions are none to rpm: they have no key"]


def _as_xml(told: dict[str, Any]) -> str:
    """A published advisory, kept as parsed JSON, as the XML that it was parsed from."""
    packages = "".join(
        "<package " + " ".join(f"{name.lower()}={quoteattr(each[name])}" for name in each if name != "Filename") + "/>"
        for each in told["Pkglist"]["Collection"]["Package"]
    )
    references = "".join(
        f"<reference id={quoteattr(each['ID'])} type={quoteattr(each['Type'])}/>"
        for each in told["References"]["Reference"]
    )
    return (
        f'<update type="{told["Type"]}"><id>{told["ID"]}</id><title>{escape(told["Title"])}</title>'
        f'<issued date="{told["Issued"]["Date"]}"/><updated date="{told["Updated"]["Date"]}"/>'
        f"<severity>{told['Severity']}</severity><references>{references}</references>"
        f"<pkglist><collection>{packages}</collection></pkglist></update>"
    )


@pytest.mark.published
def test_published_advisories_of_amazon_linux_are_read_whole(published: Path) -> None:
    """Every package and CVE of the samples, each version with a place in the order."""
    samples = [json.loads(path.read_bytes()) for path in sorted(published.glob("advisories/alas_samples/*.json"))]
    assert len(samples) == 4
    facts = read(file(f"<updates>{''.join(map(_as_xml, samples))}</updates>".encode()))
    assert facts.row_count == 4
    packages = {
        (told["ID"], each["Name"], each["Arch"])
        for told in samples
        for each in told["Pkglist"]["Collection"]["Package"]
    }
    found = rows(facts, "advisory_package")
    assert {(row["advisory_id"], row["package"], row["arch"]) for row in found} == packages
    assert all(row["fixed_version_key"] for row in found)
    cves = {
        (told["ID"], each["ID"])
        for told in samples
        for each in told["References"]["Reference"]
        if each["Type"] == "cve"
    }
    assert {(row["advisory_id"], row["cve_id"]) for row in rows(facts, "advisory_cve")} == cves

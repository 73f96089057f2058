"""OSV: advisories of three vendors out of one format."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from patchlib.errors import FeedInvalid
from patchlib.feeds.osv import reader
from patchlib.versions import rpm_key
from tests.feeds.rows import rows
from tests.feeds.samples import file, osv_record, zipped

alma = reader("AlmaLinux", "rpm", "ALSA-", "ALBA-")
redhat = reader("Red Hat Enterprise Linux", "rpm", "RHSA-")
ubuntu = reader("Ubuntu", "dpkg", "USN-")
ALSA = osv_record("ALSA-2026:0001", "AlmaLinux:9")


def test_an_advisory_carries_severity_repeat_and_fixed_versions() -> None:
    """Severity is the summary's first word; the Red Hat advisory it repeats is among its references."""
    facts = alma(file(zipped(ALSA)))
    assert rows(facts, "advisory") == [
        {
            "advisory_id": "ALSA-2026:0001", "os_family": "AlmaLinux", "severity": "Important", "kind": "security",
            "published_at": datetime(2026, 8, 1), "is_published_exact": True,  # noqa: DTZ001
            "updated_at": datetime(2026, 8, 20, 10, 0, 0, 500000),  # noqa: DTZ001
            "title": "Important: thing security update", "same_as": "RHSA-2026:0001", "package_count": 2,
        }
    ]  # fmt: skip
    assert rows(facts, "advisory_package")[0] == {
        "advisory_id": "ALSA-2026:0001", "os_release": "9", "package": "thing", "arch": "any", "epoch": 1,
        "fixed_version": "1:1.2-3.el9_4", "fixed_version_key": rpm_key("1:1.2-3.el9_4"),
    }  # fmt: skip
    assert [row["cve_id"] for row in rows(facts, "advisory_cve")] == ["CVE-2026-0001", "CVE-2026-0002"]


@pytest.mark.parametrize("data", [json.dumps(ALSA).encode(), json.dumps([ALSA]).encode()])
def test_one_document_or_a_list_is_read_as_a_zip_is(data: bytes) -> None:
    """The format of a record is the same in all of them."""
    assert alma(file(data)).rows == alma(file(zipped(ALSA))).rows


def test_what_is_another_kind_or_withdrawn_is_left_out_and_counted() -> None:
    """An ecosystem's zip holds more than its vendor's advisories."""
    other = osv_record("CVE-2026-0001", "AlmaLinux:9")
    gone = osv_record("ALSA-2026:0002", "AlmaLinux:9", withdrawn="2026-08-02T00:00:00Z")
    facts = alma(file(zipped(ALSA, other, gone)))
    assert facts.row_count == 1
    assert facts.notes == ["1 records of another kind left out", "1 withdrawn advisories left out"]


def test_red_hat_is_read_for_enterprise_linux_alone() -> None:
    """A release is its number; products that no node reports are left out, with what only concerns them."""
    both = osv_record("RHSA-2026:0001", "Red Hat:enterprise_linux:9::baseos")
    both["affected"][1]["package"]["ecosystem"] = "Red Hat:openshift:4.16::el9"
    other = osv_record("RHSA-2026:0002", "Red Hat:openshift:4.16::el9")
    facts = redhat(file(zipped(both, other)))
    assert [(row["os_release"], row["package"], row["channel"]) for row in rows(facts, "advisory_package")] == [
        ("9", "thing", "baseos")
    ]
    assert [row["advisory_id"] for row in rows(facts, "advisory")] == ["RHSA-2026:0001"]
    assert "same_as" not in rows(facts, "advisory")[0]


def test_ubuntu_names_binaries_and_who_may_have_them() -> None:
    """Nodes report binary packages; both forms of the list are read."""
    told: dict[str, Any] = osv_record("USN-7000-1", "Ubuntu:Pro:16.04:LTS")
    first, second = told["affected"]
    second["package"]["ecosystem"] = "Ubuntu:24.04:LTS"
    binary = {"binary_name": "thing-bin", "binary_version": "1.0-1"}
    first["ecosystem_specific"] = {"availability": "Available with Ubuntu Pro", "binaries": [binary]}
    second["ecosystem_specific"] = {"binaries": [{"libthing": "1.1-1"}]}
    facts = ubuntu(file(zipped(told)))
    assert [
        (row["os_release"], row["package"], row["fixed_version"], row.get("channel"))
        for row in rows(facts, "advisory_package")
    ] == [("16.04", "thing-bin", "1.0-1", "Available with Ubuntu Pro"), ("24.04", "libthing", "1.1-1", None)]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (json.dumps([ALSA, ALSA]).encode(), "twice"),
        (zipped(ALSA)[:-30], "damaged"),
        (json.dumps({"id": None}).encode(), "not laid out"),
        (json.dumps([1]).encode(), "not laid out"),
        (json.dumps({**ALSA, "affected": [{"package": {}}]}).encode(), "not laid out"),
        (json.dumps({**ALSA, "published": "soon"}).encode(), "not a date"),
        (b'{"id": "ALSA', "no JSON"),
    ],
)
def test_another_layout_is_refused(data: bytes, said: str) -> None:
    """One record that cannot be read is a file that cannot be trusted."""
    with pytest.raises(FeedInvalid, match=said):
        alma(file(data))

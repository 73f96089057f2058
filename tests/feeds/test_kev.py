"""CISA KEV: JSON and CSV say the same, and what is not whole is refused."""

from __future__ import annotations

from datetime import date

import pytest

from patchlib.errors import FeedInvalid
from patchlib.feeds.kev import read
from tests.feeds.rows import rows
from tests.feeds.samples import file, kev_csv, kev_json, kev_rows


def test_json_and_csv_say_the_same() -> None:
    """The two forms of one catalogue; only the JSON tells when it was released."""
    one, other = read(file(kev_json())), read(file(kev_csv()))
    assert rows(one, "kev") == rows(other, "kev")
    assert one.row_count == other.row_count == 3
    assert (one.as_of, other.as_of) == (date(2026, 8, 22), date(2026, 8, 3))


def test_an_entry_keeps_its_dates_and_what_is_known() -> None:
    """CISA's Unknown is not known: null, never no."""
    first, second, _ = rows(read(file(kev_json())), "kev")
    assert first == {
        "cve_id": "CVE-2026-0001", "vendor": "Acme", "product": "Thing 1", "title": "Acme Thing, a fault",
        "added_date": date(2026, 8, 1), "due_date": date(2026, 9, 1), "is_ransomware": True,
        "required_action": "Update.", "cwe_ids": "CWE-20;CWE-78",
    }  # fmt: skip
    assert "is_ransomware" not in second
    assert "cwe_ids" not in second


def test_a_new_member_is_said() -> None:
    """A publisher may add one; it is not kept."""
    changed = [{**row, "severity": "high"} for row in kev_rows()]
    assert read(file(kev_json(vulnerabilities=changed))).notes == ["unknown members left out: severity"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (kev_json(count=3).replace(b'"count": 3', b'"count": 4'), "counts 4 vulnerabilities and holds 3"),
        (kev_json(vulnerabilities=[]), "counts 3 vulnerabilities and holds 0"),
        (b'{"title": "KEV"}', "no list of vulnerabilities"),
        (b"[1]", "no list of vulnerabilities"),
        (kev_json(vulnerabilities=[{"cveID": "CVE-2026-0001"}], count=1), "lacks members"),
        (kev_json(vulnerabilities=kev_rows(1) * 2, count=2), "CVE-2026-0001 twice"),
        (kev_json(vulnerabilities=[{**kev_rows(1)[0], "dateAdded": "soon"}], count=1), "not a date: 'soon'"),
        (kev_json(vulnerabilities=[{**kev_rows(1)[0], "cveID": "2026-0001"}], count=1), "without CVE"),
        (kev_csv().replace(b"dateAdded", b"added"), "lacks columns: dateAdded"),
    ],
)
def test_another_layout_is_refused(data: bytes, said: str) -> None:
    """A file that CISA would not publish changes nothing."""
    with pytest.raises(FeedInvalid, match=said):
        read(file(data))

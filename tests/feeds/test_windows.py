"""Updates for Windows: one row per update, product and day, with what it replaces and fixes."""

from __future__ import annotations

from datetime import date

import pytest

from patchlib.errors import FeedInvalid
from patchlib.feeds.windows import read
from tests.feeds.rows import rows
from tests.feeds.samples import file

ONE = b"2026-08-11,KB5000001,Windows Server 2022,Critical,2,CVE-2026-0001;CVE-2026-0002,4999999;KB4999998,Spoofing\n"
TABLE = b"release_date,kb,product,max_severity,n_cves,cves,supersedes,impacts\n" + ONE


def test_an_update_names_what_it_replaces_and_fixes() -> None:
    """Numbers become KB names, whichever way they are written."""
    facts = read(file(TABLE))
    [row] = rows(facts, "windows_kb")
    assert row == {
        "kb_id": "KB5000001", "product": "Windows Server 2022", "released_date": date(2026, 8, 11),
        "severity": "Critical", "impacts": "Spoofing", "superseded_kb_ids": "KB4999999;KB4999998", "cve_count": 2,
    }  # fmt: skip
    assert [row["cve_id"] for row in rows(facts, "windows_kb_cve")] == ["CVE-2026-0001", "CVE-2026-0002"]
    assert facts.as_of == date(2026, 8, 11)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (TABLE + ONE, "KB5000001 twice"),
        (TABLE.replace(b"KB5000001", b"5000001"), "without update"),
        (TABLE.replace(b"2026-08-11", b""), "without update or date"),
        (TABLE.replace(b"supersedes", b"replaces"), "lacks columns: supersedes"),
    ],
)
def test_another_layout_is_refused(data: bytes, said: str) -> None:
    """Damage is told."""
    with pytest.raises(FeedInvalid, match=said):
        read(file(data))

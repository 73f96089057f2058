"""Small files of every feed, in the publishers' formats and the table's; their content is invented."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import zipfile
from typing import Any

from patchlib.feeds.facts import FeedFile

KEV_COLUMNS = (
    "cveID,vendorProject,product,vulnerabilityName,dateAdded,shortDescription,requiredAction,dueDate,"
    "knownRansomwareCampaignUse,notes,cwes"
)


def kev_rows(count: int = 3) -> list[dict[str, Any]]:
    """Entries of the catalogue: the first known from ransomware, the second without weakness."""
    return [
        {
            "cveID": f"CVE-2026-{number:04}", "vendorProject": "Acme", "product": f"Thing {number}",
            "vulnerabilityName": "Acme Thing, a fault", "dateAdded": f"2026-08-{number:02}",
            "shortDescription": "It fails.", "requiredAction": "Update.", "dueDate": f"2026-09-{number:02}",
            "knownRansomwareCampaignUse": "Known" if number == 1 else "Unknown", "notes": "",
            "cwes": [] if number == 2 else ["CWE-20", "CWE-78"],
        }
        for number in range(1, count + 1)
    ]  # fmt: skip


def kev_json(count: int = 3, **changes: Any) -> bytes:
    """The catalogue as CISA publishes it."""
    rows = kev_rows(count)
    whole = {"title": "KEV", "catalogVersion": "2026.08.22", "dateReleased": "2026-08-22T16:00:04.1Z", "count": count}
    return json.dumps({**whole, "vulnerabilities": rows, **changes}).encode()


def kev_csv(count: int = 3) -> bytes:
    """The same as CSV."""
    lines = [KEV_COLUMNS]
    for row in kev_rows(count):
        cells = {**row, "cwes": ", ".join(row["cwes"])}
        lines.append(",".join(f'"{cells[name]}"' for name in KEV_COLUMNS.split(",")))
    return "\r\n".join([*lines, ""]).encode()


def epss_gz(count: int = 3, *, model: str = "v2025.03.14", scored: str = "2026-08-22T00:00:00+0000") -> bytes:
    """Scores of a day as FIRST publishes them."""
    lines = [f"#model_version:{model},score_date:{scored}", "cve,epss,percentile"]
    lines += [f"CVE-2026-{number:04},0.{number:05},0.{number:04}" for number in range(1, count + 1)]
    return gzip.compress("\n".join([*lines, ""]).encode(), mtime=0)


def lifecycle_json(**changes: Any) -> bytes:
    """Two products of endoflife.date: one with dates, one without."""
    release = {
        "name": "2", "codename": None, "label": "2 (Karoo)", "releaseDate": "2018-06-26", "isLts": False,
        "ltsFrom": None, "isEoas": True, "eoasFrom": "2024-06-30", "isEol": True, "eolFrom": "2026-06-30",
        "isEoes": None, "isMaintained": False, "latest": {"name": "2.0.1", "date": "2026-06-20", "link": None},
    }  # fmt: skip
    rolling = {**release, "name": "1", "label": "1", "isEoas": None, "eoasFrom": None, "isEol": False, "eolFrom": None}
    products = [
        {"name": "amazon-linux", "label": "Amazon Linux", "category": "os", "releases": [release]},
        {"name": "thing", "label": "Thing", "category": "app", "releases": [{**rolling, "latest": None}]},
    ]
    told = {"schema_version": "1.2.0", "generated_at": "2026-08-22T01:00:00+00:00", "total": 2, "result": products}
    return json.dumps({**told, **changes}).encode()


UPDATE = """<update author="a" from="f" status="final" type="security" version="1.4">
<id>{id}</id><title>{id}: an update for thing</title><issued date="2026-08-0{number} 19:43"/>
<updated date="2026-08-2{number} 04:31:00"/><severity>medium</severity><description>d</description>
<references><reference href="h" id="CVE-2026-000{number}" type="cve"/><reference href="h" id="RHSA-1" type="redhat"/>
</references><pkglist><collection short="c"><name>C</name>
<package arch="x86_64" epoch="1" name="thing" release="3.amzn2023.0.{number}" version="8.0"><filename>f</filename>
</package><package arch="noarch" epoch="0" name="thing-doc" release="3.amzn2023.0.{number}" version="8.0"/>
</collection></pkglist></update>"""


def updateinfo_gz(count: int = 3, prefix: str = "ALAS2023-2026-") -> bytes:
    """Advisories of an rpm repository."""
    updates = "".join(UPDATE.format(id=f"{prefix}{number:03}", number=number) for number in range(1, count + 1))
    return gzip.compress(f'<?xml version="1.0" ?><updates>{updates}</updates>'.encode(), mtime=0)


def osv_record(advisory_id: str, ecosystem: str, **changes: Any) -> dict[str, Any]:
    """An advisory in the OSV format."""
    return {
        "id": advisory_id, "summary": "Important: thing security update", "published": "2026-08-01T00:00:00Z",
        "modified": "2026-08-20T10:00:00.5Z", "related": ["CVE-2026-0001"], "upstream": ["CVE-2026-0002"],
        "affected": [
            {
                "package": {"ecosystem": ecosystem, "name": name},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1:1.2-3.el9_4"}]}],
            }
            for name in ("thing", "thing-libs")
        ],
        "references": [{"type": "ADVISORY", "url": "https://access.redhat.com/errata/RHSA-2026:0001"}], **changes,
    }  # fmt: skip


def zipped(*records: dict[str, Any]) -> bytes:
    """Records as an ecosystem's zip."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for record in records:
            archive.writestr(zipfile.ZipInfo(f"{record['id']}.json"), json.dumps(record))
    return written.getvalue()


def usn_database(*names: str) -> bytes:
    """Notices as Canonical's database has them; the second release has no number that anyone knows."""
    notice = {
        "title": "Thing vulnerability", "timestamp": 1787356800.5, "cves": ["CVE-2026-0001", "https://launchpad.net/1"],
        "releases": {
            "jammy": {
                "sources": {"thing": {"version": "1.0-1ubuntu2"}},
                "allbinaries": {"thing-bin": {"version": "1.0-1ubuntu2", "pocket": "security"}},
            },
            "zany": {"sources": {"thing": {"version": "2.0"}}},
        },
    }  # fmt: skip
    return bz2.compress(json.dumps({name: {**notice, "id": name} for name in names}, indent=1).encode())


def file(data: bytes, source: str = "a file") -> FeedFile:
    """Bytes as a file that came."""
    return FeedFile(source, data)

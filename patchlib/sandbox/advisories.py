"""The advisories behind the world's Linux patches, as files in their publishers' own formats.

    alas2/updateinfo.xml.gz  alas2023/updateinfo.xml.gz  usn/database.json.bz2  rhsa/all.zip  alma/all.zip

and what is known of their vulnerabilities (patchlib.sandbox.threats).
They are written for the feed door, so that the demo reads them as a real estate's are read. Every title says that it is
the sandbox's. Patches of Red Hat that rest on AlmaLinux's errata are given as AlmaLinux gives them, those that are
invented as Red Hat's own. Formats: see patchlib.feeds; nothing is shared with its readers.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import zipfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from patchlib.sandbox.threats import write_threats
from patchlib.sandbox.world.calendars import from_datetime, to_datetime
from patchlib.sandbox.world.catalogue import Patch, catalogues

__all__ = ["write_feeds"]

_CODENAMES = {"Ubuntu22.04": "jammy", "Ubuntu24.04": "noble"}  # data/reference/ubuntu_release.csv


def write_feeds(folder: Path, as_of: datetime) -> Path:
    """Write what was published by that instant [UTC]; the same instant gives the same bytes. Returns the folder."""
    products = {name: each.until(from_datetime(as_of)) for name, each in catalogues().items()}
    red_hat = [patch for name, each in products.items() if name.startswith("RedhatEnterpriseLinux") for patch in each]
    ubuntu = [patch for name in _CODENAMES for patch in products[name]]
    for name, data in (
        ("alas2/updateinfo.xml.gz", _updateinfo(products["AmazonLinux2"])),
        ("alas2023/updateinfo.xml.gz", _updateinfo(products["AmazonLinux2023"])),
        ("usn/database.json.bz2", _notices(ubuntu)),
        ("rhsa/all.zip", _zipped(_osv(patch, patch.advisory_id) for patch in red_hat if patch.is_synthetic)),
        ("alma/all.zip", _zipped(_errata(patch) for patch in red_hat if not patch.is_synthetic)),
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    write_threats(folder, as_of)
    return folder


def _title(patch: Patch) -> str:
    return f"{patch.severity}: {patch.package} update (sandbox organisation)"


def _moment(patch: Patch) -> str:
    return f"{to_datetime(patch.released_at):%Y-%m-%dT%H:%M:%SZ}"


def _updateinfo(patches: Iterable[Patch]) -> bytes:
    """An rpm repository's updates."""
    updates = "\n".join(map(_update, patches))
    return gzip.compress(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<updates>\n{updates}\n</updates>\n'.encode(), mtime=0
    )


def _update(patch: Patch) -> str:
    at = f"{to_datetime(patch.released_at):%Y-%m-%d %H:%M:%S}"
    cves = "".join(f'<reference id={quoteattr(cve)} type="cve"/>' for cve in patch.cve_ids)
    named = (
        f'name={quoteattr(patch.package)} arch={quoteattr(patch.arch)} epoch="{patch.epoch}" '
        f"version={quoteattr(patch.version)} release={quoteattr(patch.release)}"
    )
    return (
        f'<update type="{patch.classification.lower()}" status="final" version="1.4"><id>{patch.advisory_id}</id>'
        f'<title>{_title(patch)}</title><issued date="{at}"/><updated date="{at}"/>'
        f"<severity>{patch.severity.lower()}</severity><references>{cves}</references>"
        f"<pkglist><collection><package {named}/></collection></pkglist></update>"
    )


def _notices(patches: Iterable[Patch]) -> bytes:
    """Canonical's database, which is a map from number to notice."""
    notices = {
        patch.advisory_id.removeprefix("USN-"): {
            "id": patch.advisory_id.removeprefix("USN-"),
            "title": _title(patch),
            "timestamp": float(patch.released_at),
            "cves": list(patch.cve_ids),
            "releases": {
                _CODENAMES[patch.product]: {
                    "sources": {patch.package: {"version": _version(patch)}},
                    "allbinaries": {patch.package: {"version": _version(patch), "pocket": "security"}},
                }
            },
        }
        for patch in patches
    }
    return bz2.compress(json.dumps(notices, indent=1).encode())


def _version(patch: Patch) -> str:
    version = f"{patch.version}-{patch.release}"
    return f"{patch.epoch}:{version}" if patch.epoch else version


def _errata(patch: Patch) -> dict[str, Any]:
    """AlmaLinux's erratum of the Red Hat advisory's number, which it names."""
    link = {"type": "ADVISORY", "url": f"https://access.redhat.com/errata/{patch.advisory_id}"}
    return {**_osv(patch, patch.advisory_id.replace("RHSA", "ALSA")), "references": [link]}


def _osv(patch: Patch, advisory_id: str) -> dict[str, Any]:
    major = patch.product.removeprefix("RedhatEnterpriseLinux")
    is_alma = advisory_id.startswith("ALSA")
    ecosystem = f"AlmaLinux:{major}" if is_alma else f"Red Hat:enterprise_linux:{major}::baseos"
    return {
        "schema_version": "1.7.0",
        "id": advisory_id,
        "summary": _title(patch),
        "published": _moment(patch),
        "modified": _moment(patch),
        "upstream": list(patch.cve_ids),
        "affected": [
            {
                "package": {"ecosystem": ecosystem, "name": patch.package},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": _version(patch)}]}],
            }
        ],
    }


def _zipped(records: Iterable[dict[str, Any]]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for record in records:
            archive.writestr(zipfile.ZipInfo(f"{record['id']}.json"), json.dumps(record))
    return written.getvalue()

"""`updateinfo.xml` of an rpm repository: advisories of Amazon Linux and Bottlerocket.

Format: as createrepo_c writes it and dnf reads it; the elements used here are those of the published files.
"""

from __future__ import annotations

import io
from functools import partial
from xml.etree import ElementTree as ET

from patchlib.feeds.advisory import ANY, Advisories
from patchlib.feeds.facts import Facts, FeedFile, cves_in, instant
from patchlib.feeds.unpack import unpacked

__all__ = ["read", "reader", "safe_xml"]


def reader(os_family: str, os_release: str = ANY) -> partial[Facts]:
    """A reader for the repository of that release."""
    return partial(read, os_family=os_family, os_release=os_release)


def read(file: FeedFile, os_family: str, os_release: str) -> Facts:
    """Every advisory of a repository. Raises FeedInvalid."""
    found = Advisories(file, "rpm")
    try:
        for _, element in ET.iterparse(io.BytesIO(safe_xml(file))):  # noqa: S314 - no DTD, so no entities
            if element.tag == "update":
                _add(found, element, os_family, os_release)
                element.clear()
    except ET.ParseError as error:
        raise file.invalid(f"the file is no XML: {error}") from error
    return found.done()


def safe_xml(file: FeedFile) -> bytes:
    """The file's XML; one that declares entities is refused, for they can grow without bound."""
    data = unpacked(file)
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise file.invalid("the XML declares a document type, which no feed does")
    return data


def _add(found: Advisories, update: ET.Element, os_family: str, os_release: str) -> None:
    file, advisory_id = found.file, (update.findtext("id") or "").strip()
    packages = update.findall("pkglist/collection/package")
    references = [(each.get("id") or "") + " " + (each.get("title") or "") for each in update.iter("reference")]
    is_new = found.add(
        advisory_id,
        os_family,
        instant(file, _date(update, "issued")),
        severity=update.findtext("severity"),
        cves=cves_in(references),
        kind=update.get("type") or None,
        updated_at=instant(file, _date(update, "updated")),
        title=(update.findtext("title") or "").strip() or None,
        package_count=len({each.get("name") for each in packages}),
    )
    if not is_new:
        raise file.invalid(f"the file names {advisory_id} twice")
    found.add_release(advisory_id, os_release)
    for each in packages:
        version = "-".join(filter(None, (each.get("version"), each.get("release"))))
        epoch = each.get("epoch") or "0"
        found.add_package(
            advisory_id, os_release, each.get("name") or "", f"{epoch}:{version}" if version else "",
            arch=each.get("arch") or ANY,
        )  # fmt: skip


def _date(update: ET.Element, name: str) -> str | None:
    """Its date: an attribute in published files, text in some older ones."""
    element = update.find(name)
    return None if element is None else element.get("date") or element.text

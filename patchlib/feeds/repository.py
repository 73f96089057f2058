"""The advisories of an rpm repository, found as dnf finds them.

mirror.list -> a repository -> repodata/repomd.xml -> updateinfo.xml.gz, compared with the checksum named there
"""

from __future__ import annotations

import hashlib
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

from patchlib.errors import FeedInvalid, FeedUnreachable
from patchlib.feeds.facts import FeedFile
from patchlib.feeds.fetch import Answer, NotModified, get
from patchlib.feeds.updateinfo import safe_xml

__all__ = ["updateinfo_of"]

_REPO = "{http://linux.duke.edu/metadata/repo}"  # the namespace of repomd.xml
_SUMS = ("sha256", "sha512")


def updateinfo_of(mirror_list: str, held: str) -> FeedFile:
    """The repository's updateinfo file, whole.

    held: SHA-256 of the one whose rows stand. Raises NotModified where it is that one still, FeedInvalid where it
    does not fit its checksum, FeedUnreachable.
    """
    lines = _got(mirror_list).data.decode("utf-8", errors="replace").split()
    base = next((line.rstrip("/") + "/" for line in lines if line.startswith(_scheme(mirror_list))), "")
    if not base:
        raise FeedInvalid("the mirror list names no repository over https", where=mirror_list)
    index = urljoin(base, "repodata/repomd.xml")
    place, kind, checksum = _named(FeedFile(index, _got(index).data))
    if kind == "sha256" and checksum == held:
        raise NotModified
    address = urljoin(base, place)
    answer = _got(address)
    file = FeedFile(address, answer.data, answer.etag, answer.last_modified)
    if hashlib.new(kind, file.data).hexdigest() != checksum:
        raise file.invalid("its checksum is not the one the repository names")
    return file


def _scheme(mirror_list: str) -> str:
    """https, or what the list itself was read over: a mirror on loopback lists itself."""
    return mirror_list.partition("://")[0] + "://"


def _got(address: str) -> Answer:
    answer = get(address)
    if answer is None:
        raise FeedUnreachable("HTTP 404: the file is not there", where=address)
    return answer


def _named(index: FeedFile) -> tuple[str, str, str]:
    """Place and checksum of updateinfo, from repomd.xml."""
    try:
        root = ET.fromstring(safe_xml(index))  # noqa: S314 - no DTD, so no entities
    except ET.ParseError as error:
        raise index.invalid(f"the file is no XML: {error}") from error
    found = root.find(f"{_REPO}data[@type='updateinfo']")
    place = None if found is None else found.find(f"{_REPO}location")
    checksum = None if found is None else found.find(f"{_REPO}checksum")
    if place is None or checksum is None:
        raise index.invalid("the repository names no updateinfo")
    kind, href = checksum.get("type") or "", place.get("href") or ""
    if kind not in _SUMS or "://" in href or href.startswith("/"):
        raise index.invalid(f"the repository names updateinfo in a way not known: {kind} {href}")
    return href, kind, (checksum.text or "").strip()

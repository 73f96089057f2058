"""Places: folder, prefix and official address give the same file, each checked as it can be."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patchlib.errors import FeedInvalid, FeedUnreachable, ParameterInvalid
from patchlib.feeds.catalogue import Feed, chosen
from patchlib.feeds.fetch import NotModified
from patchlib.feeds.places import Absent, Held, place_of
from patchlib.feeds.repository import updateinfo_of
from tests.feeds.mirror import Mirror
from tests.feeds.samples import epss_gz, kev_csv, kev_json, updateinfo_gz

KEV, EPSS, ALAS, CVSS = chosen(["kev", "epss", "alas2023", "cvss"])
JSON = KEV.files[0]


def _sums(**files: bytes) -> bytes:
    return "".join(f"{hashlib.sha256(data).hexdigest()}  ./{name}\n" for name, data in files.items()).encode()


def _write(folder: Path, name: str, data: bytes) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def test_a_folder_prefers_the_publishers_own_file(tmp_path: Path) -> None:
    """Then the table; of several with a date in their name, the last."""
    place = place_of(str(tmp_path))
    with pytest.raises(Absent):
        place.file(KEV, Held())
    _write(tmp_path, "threat/kev.csv", kev_csv())
    assert place.file(KEV, Held()).data == kev_csv()
    _write(tmp_path, JSON, kev_json())
    assert place.file(KEV, Held()).source == str(tmp_path / JSON)
    for day in ("2026-08-22", "2026-08-15"):
        _write(tmp_path, f"threat/kev_epss_cvss_{day}.csv", day.encode())
    assert place.file(EPSS, Held()).data == b"2026-08-22"


def test_a_folders_file_that_is_held_is_not_read_again(tmp_path: Path) -> None:
    """The same path with the same content; a copy elsewhere is another source."""
    _write(tmp_path, JSON, kev_json())
    place = place_of(str(tmp_path))
    found = place.file(KEV, Held())
    with pytest.raises(NotModified):
        place.file(KEV, Held(found.source, found.checksum))
    assert place.file(KEV, Held("elsewhere", found.checksum)).data == kev_json()


def test_a_prefix_asks_for_each_name_and_remembers(mirror: Mirror) -> None:
    """What has changed is asked by the ETag of the same address only."""
    mirror.files["feeds/threat/kev.csv"] = kev_csv()
    place = place_of(f"{mirror.url}/feeds/")
    found = place.file(KEV, Held())
    assert found.source == f"{mirror.url}/feeds/threat/kev.csv"
    assert [code for _, code in mirror.asked] == [404, 404, 200, 404]  # JSON, CSV, the table, SHA256SUMS
    with pytest.raises(NotModified):
        place.file(KEV, Held(found.source, found.checksum, found.etag, found.last_modified))
    assert mirror.asked[-1][1] == 304
    mirror.asked.clear()
    assert place.file(KEV, Held("elsewhere", found.checksum, found.etag)).data == kev_csv()
    assert mirror.asked[-1][1] == 200
    with pytest.raises(Absent):
        place.file(CVSS, Held())


def test_the_same_bytes_without_an_etag_are_unchanged(mirror: Mirror) -> None:
    """Not every mirror knows conditions."""
    mirror.files[JSON] = kev_json()
    found = place_of(mirror.url).file(KEV, Held())
    with pytest.raises(NotModified):
        place_of(mirror.url).file(KEV, Held(found.source, found.checksum))
    assert mirror.asked[-1][1] == 200 or mirror.asked[-2][1] == 200


@pytest.mark.parametrize(
    ("sums", "said"),
    [
        (_sums(**{JSON: b"another"}), "checksum is not the one in SHA256SUMS"),
        (_sums(other=b""), "does not name it"),
        (b"kev.csv: fine\n", "not a line of checksums"),
        (b"\n", "list of checksums is empty"),
    ],
)
def test_checksums_beside_the_files_are_obeyed(tmp_path: Path, mirror: Mirror, sums: bytes, said: str) -> None:
    """In a folder and under a prefix; a list that cannot be read is no excuse."""
    mirror.files.update({JSON: kev_json(), "SHA256SUMS": sums})
    for name, data in mirror.files.items():
        _write(tmp_path, name, data)
    for place in (str(tmp_path), mirror.url):
        with pytest.raises(FeedInvalid, match=said):
            place_of(place).file(KEV, Held())


@given(place=st.floats(0, 1, exclude_max=True), change=st.integers(1, 255))
@settings(max_examples=60)
def test_with_checksums_any_damaged_byte_is_found(
    tmp_path_factory: pytest.TempPathFactory, place: float, change: int
) -> None:
    """Also in a plain file, which has nothing else to tell it by."""
    folder, good = tmp_path_factory.mktemp("damaged"), kev_csv()
    at = int(place * len(good))
    _write(folder, "threat/kev.csv", good[:at] + bytes([good[at] ^ change]) + good[at + 1 :])
    _write(folder, "SHA256SUMS", _sums(**{"threat/kev.csv": good}))
    with pytest.raises(FeedInvalid, match="checksum"):
        place_of(str(folder)).file(KEV, Held())


def test_files_that_fit_their_checksums_are_taken(tmp_path: Path) -> None:
    """As sha256sum writes them, with or without ./ before the name."""
    _write(tmp_path, JSON, kev_json())
    _write(tmp_path, "SHA256SUMS", _sums(**{JSON: kev_json()}))
    assert place_of(str(tmp_path)).file(KEV, Held()).data == kev_json()


@pytest.mark.parametrize(
    "name", ["nowhere", "http://example.org/feeds", "ftp://example.org", "https://a:b@example.org"]
)
def test_what_is_no_place_is_refused(name: str) -> None:
    """Before anything is asked or written."""
    with pytest.raises(ParameterInvalid):
        place_of(name)


def _official(mirror: Mirror, feed: Feed, name: str) -> Feed:
    return replace(feed, address=f"{mirror.url}/{name}")


def test_the_official_address_is_asked_conditionally(mirror: Mirror) -> None:
    """A publisher without a single file says where else to look; a file that is gone is a failure."""
    mirror.files["epss.gz"] = epss_gz()
    feed = _official(mirror, EPSS, "epss.gz")
    found = place_of("").file(feed, Held())
    with pytest.raises(NotModified):
        place_of("").file(feed, Held(found.source, found.checksum, found.etag))
    with pytest.raises(FeedUnreachable, match="404"):
        place_of("").file(_official(mirror, EPSS, "moved.gz"), Held())
    with pytest.raises(Absent, match="--from"):
        place_of("").file(CVSS, Held())


REPOMD = """<?xml version="1.0"?><repomd xmlns="http://linux.duke.edu/metadata/repo">
<data type="primary"><checksum type="sha256">0</checksum><location href="repodata/primary.xml.gz"/></data>
<data type="updateinfo"><checksum type="{kind}">{sum}</checksum><location href="{href}"/></data></repomd>"""


@pytest.fixture
def repository(mirror: Mirror) -> Mirror:
    """A mirror list, a repository and its advisories."""
    data = updateinfo_gz()
    told = {"kind": "sha256", "sum": hashlib.sha256(data).hexdigest(), "href": "repodata/updateinfo.xml.gz"}
    mirror.files.update(
        {
            "mirror.list": f"{mirror.url}/core/abc\n".encode(),
            "core/abc/repodata/repomd.xml": REPOMD.format(**told).encode(),
            "core/abc/repodata/updateinfo.xml.gz": data,
        }
    )
    return mirror


def test_a_repository_is_followed_as_dnf_does(repository: Mirror) -> None:
    """From the list to the file; where it is the one that is held, the file itself is not asked for."""
    feed = _official(repository, ALAS, "mirror.list")
    found = place_of("").file(feed, Held())
    assert found.source.endswith("/core/abc/repodata/updateinfo.xml.gz")
    assert feed.read(found).row_count == 3
    repository.asked.clear()
    with pytest.raises(NotModified):
        place_of("").file(feed, Held("an older release's address", found.checksum))
    assert [name for name, _ in repository.asked] == ["mirror.list", "core/abc/repodata/repomd.xml"]


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("mirror.list", b"http://", b"ftp://", "names no repository"),
        ("core/abc/repodata/repomd.xml", b"updateinfo", b"filelists", "names no updateinfo"),
        ("core/abc/repodata/repomd.xml", b'"repodata/updateinfo', b'"https://example.org/updateinfo', "way not known"),
        ("core/abc/repodata/repomd.xml", b'"sha256">', b'"md5">', "way not known"),
        ("core/abc/repodata/repomd.xml", b"</repomd>", b"", "no XML"),
        ("core/abc/repodata/repomd.xml", b"<repomd", b"<!DOCTYPE a><repomd", "document type"),
    ],
)
def test_a_repository_that_is_laid_out_otherwise_is_refused(
    repository: Mirror, name: str, old: bytes, new: bytes, said: str
) -> None:
    """Nothing is guessed, and nothing is fetched from where the list does not lead."""
    repository.files[name] = repository.files[name].replace(old, new)
    with pytest.raises(FeedInvalid, match=said):
        updateinfo_of(f"{repository.url}/mirror.list", "")


def test_advisories_that_do_not_fit_their_checksum_are_refused(repository: Mirror) -> None:
    """Also where they are a whole file of another day."""
    repository.files["core/abc/repodata/updateinfo.xml.gz"] = gzip.compress(b"<updates/>")
    with pytest.raises(FeedInvalid, match="checksum is not the one the repository names"):
        updateinfo_of(f"{repository.url}/mirror.list", "")

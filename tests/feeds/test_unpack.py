"""Packing: what is cut, damaged or without bound never comes out."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile

import pytest

from patchlib.errors import FeedInvalid
from patchlib.feeds.unpack import documents, head, unpacked
from tests.feeds.samples import file

TEXT = b"a line of text\n" * 200
PACKED = {"gzip": gzip.compress(TEXT), "bzip2": bz2.compress(TEXT), "xz": lzma.compress(TEXT), "none": TEXT}


def _zip(*members: tuple[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return written.getvalue()


@pytest.mark.parametrize("kind", PACKED)
def test_a_stream_is_told_by_its_bytes(kind: str) -> None:
    """Whatever the name says, gzip, bzip2 and xz come out as what went in; its beginning comes alone."""
    assert unpacked(file(PACKED[kind])) == TEXT
    assert head(file(PACKED[kind]), 100) == TEXT[:100]


def test_members_of_one_gzip_are_one_text() -> None:
    """Gzip files are often written in parts."""
    assert unpacked(file(gzip.compress(b"one ") + gzip.compress(b"two"))) == b"one two"


@pytest.mark.parametrize("kind", ["gzip", "bzip2", "xz"])
def test_a_stream_that_is_cut_is_refused(kind: str) -> None:
    """At whatever place."""
    data = PACKED[kind]
    for length in (12, len(data) // 2, len(data) - 1):
        with pytest.raises(FeedInvalid, match=r"cut|damaged"):
            unpacked(file(data[:length]))


@pytest.mark.parametrize("kind", ["gzip", "bzip2", "xz"])
def test_what_follows_a_stream_is_refused(kind: str) -> None:
    """A file that was appended to is not what was published."""
    with pytest.raises(FeedInvalid):
        unpacked(file(PACKED[kind] + b"more"))


@pytest.mark.parametrize("data", [b"", b" \n ", gzip.compress(b"")])
def test_an_empty_file_is_refused(data: bytes) -> None:
    """An empty answer is no empty feed."""
    with pytest.raises(FeedInvalid, match="empty"):
        unpacked(file(data))


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, bytes])
def test_a_bomb_does_not_go_off(pack: object) -> None:
    """A small file that becomes a large one ends at the bound."""
    bomb = file(pack(bytes(3_000_000)))  # type: ignore[operator]
    with pytest.raises(FeedInvalid, match="too large"):
        unpacked(bomb, limit=1_000_000)


def test_the_members_of_a_zip_are_bounded_together() -> None:
    """Many small bombs are one large one."""
    many = file(_zip(*((f"{number}.json", bytes(400_000)) for number in range(3))))
    assert len(list(documents(many, limit=1_200_000))) == 3
    with pytest.raises(FeedInvalid, match="too large"):
        list(documents(many, limit=1_000_000))


def test_a_zip_gives_its_members_by_name() -> None:
    """Folders apart; a file that is no zip is its own only document."""
    members = [("a.json", b"1"), ("b/c.json", b"2")]
    assert list(documents(file(_zip(("b/", b""), *members)))) == members
    assert list(documents(file(TEXT))) == [("", TEXT)]


def test_a_member_that_does_not_fit_its_checksum_is_refused() -> None:
    """Damage inside a zip is found by the zip's own checksums."""
    data = bytearray(_zip(("a.json", b"text that is long enough to have a middle" * 3)))
    data[45] ^= 0x10
    with pytest.raises(FeedInvalid, match="damaged"):
        list(documents(file(bytes(data))))


def test_a_zip_that_has_lost_members_is_refused() -> None:
    """Damage to its directory that hides a member is no shorter zip; a member is no folder because of its name."""
    data = bytearray(_zip(("a.json", b"1"), ("b.json", b"2")))
    second = data.rfind(b"PK\x01\x02")
    hidden = bytes(data[:second]).rfind(b"PK\x01\x02") + 31  # high byte of the length of the first one's extra field
    data[hidden] = 1
    with pytest.raises(FeedInvalid, match="damaged"):
        list(documents(file(bytes(data))))
    named = _zip(("a.json", b"1"), ("b.json", b"2"))
    at = named.rfind(b"b.json")
    with pytest.raises(FeedInvalid, match="damaged"):
        list(documents(file(named[: at + 5] + b"/" + named[at + 6 :])))

"""Places: a bucket and a folder tell the same of the same objects, and refuse in words."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from patchlib.datasync.objects import Folder, bucket_of
from patchlib.errors import CallFailed, SettingInvalid
from patchlib.manifest import InputRecord
from tests.datasync import places

TEXTS = places.node("i-1") | places.node("i-2") | {"AWS:Tag/note.json.gz": gzip.compress(b"[]")}


def test_bucket_and_folder_tell_the_same(tmp_path: Path) -> None:
    """The same keys, sizes, instants and texts; the folder's are below it, the bucket's below its prefix."""
    folder, bucket = places.folder_of(tmp_path, TEXTS), places.bucket_of(places.endpoint_of(TEXTS))
    listed, beside = list(folder.listed()), list(bucket.listed())
    assert [(f"ssm/{each.key}", each.size, each.modified_at) for each in listed] == [
        (each.key, each.size, each.modified_at) for each in beside
    ]
    assert listed[0].modified_at == "2026-11-02T05:00:00Z"
    for each in listed:
        assert folder.text(each.key) == bucket.text(f"ssm/{each.key}")
    assert folder.text("AWS:Tag/note.json.gz") == "[]"
    assert bucket.record == InputRecord(bucket=places.BUCKET, prefix="ssm/", owner=places.OWNER)
    assert bucket.list_calls == 1


def test_s3_itself_checks_the_owner() -> None:
    """A bucket of another owner than the one named is refused by S3, whatever lies in it."""
    bucket = places.bucket_of(places.endpoint_of(TEXTS), owner=places.OTHER)
    with pytest.raises(CallFailed) as refused:
        list(bucket.listed())
    assert refused.value.state == "denied"


def test_what_cannot_be_text_is_said(tmp_path: Path) -> None:
    """A missing file, a cut gzip member and bytes that are no text fail one object each."""
    cut = gzip.compress(b"x" * 1000)[:-9]
    folder = places.folder_of(tmp_path, {"cut.json.gz": cut, "latin.json": b"\xe9"})
    for name, code in (
        ("absent.json", "FileNotFoundError"),
        ("cut.json.gz", "BodyDamaged"),
        ("latin.json", "BodyNotText"),
    ):
        with pytest.raises(CallFailed) as failed:
            folder.text(name)
        assert (failed.value.code, failed.value.state) == (code, "error")


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("s3://b", ("b", "")),
        ("s3://b/", ("b", "")),
        ("s3://b/ssm", ("b", "ssm/")),
        ("s3://b/a/ssm/", ("b", "a/ssm/")),
        ("data/inventory", None),
        ("/var/inventory", None),
    ],
)
def test_an_address_is_a_bucket_or_a_folder(url: str, found: tuple[str, str] | None) -> None:
    """A prefix ends with a slash, so that `ssm` is not also `ssm-old`."""
    assert bucket_of(url) == found


@pytest.mark.parametrize("url", ["s3://", "s3:///prefix", "s3://b/p?versionId=1"])
def test_half_an_address_is_refused(url: str) -> None:
    """Rather than read as a folder of that name."""
    with pytest.raises(SettingInvalid):
        bucket_of(url)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """Before anything is written."""
    with pytest.raises(SettingInvalid, match="no such folder"):
        Folder(tmp_path / "absent")

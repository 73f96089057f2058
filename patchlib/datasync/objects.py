"""Where objects lie: in a bucket, asked through the reader, or in a folder that somebody copied them to."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from botocore.response import StreamingBody

from patchlib.aws import Reader
from patchlib.errors import CallFailed, SettingInvalid
from patchlib.lock import LOCK_ENDING
from patchlib.manifest import InputRecord
from patchlib.objects import ObjectUnreadable, take_text

__all__ = ["Bucket", "Folder", "Objects", "StoredObject", "bucket_of"]


@dataclass(frozen=True)
class StoredObject:
    """One object of a listing. etag: changes with its content. modified_at: ISO UTC. size: [bytes]."""

    key: str
    etag: str
    modified_at: str
    size: int


class Objects(Protocol):
    """A place that holds objects."""

    @property
    def record(self) -> InputRecord:
        """The place as the manifest names it."""

    @property
    def list_calls(self) -> int:
        """Requests that listing has cost so far."""

    @property
    def foreign_endpoints(self) -> set[str]:
        """Addresses asked that are not AWS's."""

    def listed(self) -> Iterator[StoredObject]:
        """Every object, by key. Raises CallFailed when the listing is refused or ends early."""

    def text(self, key: str) -> str:
        """The content of one object. Raises CallFailed."""


def bucket_of(url: str) -> tuple[str, str] | None:
    """(bucket, prefix) of an `s3://` address; None for anything else, which is a folder.

    A prefix ends with a slash, so that `ssm` does not take in `ssm-old`.
    """
    parts = urlsplit(url)
    if parts.scheme != "s3":
        return None
    if not parts.netloc or parts.query or parts.fragment:
        raise SettingInvalid("not the address of a bucket", where=url, next_step="Write s3://BUCKET/PREFIX.")
    prefix = parts.path.strip("/")
    return parts.netloc, f"{prefix}/" if prefix else ""


class Bucket:
    """A bucket, asked as the caller. S3 itself refuses when the owner is not the one expected.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html (read 2026-11-25)
    """

    def __init__(self, reader: Reader, bucket: str, prefix: str, owner: str) -> None:
        self._reader = reader
        self._account_id, self._region = reader.caller().account_id, reader.home_region
        self._common = {"Bucket": bucket, "ExpectedBucketOwner": owner}
        self.record = InputRecord(bucket=bucket, prefix=prefix, owner=owner)
        self.list_calls = 0

    @property
    def foreign_endpoints(self) -> set[str]:
        """Addresses asked that are not AWS's."""
        return self._reader.foreign_endpoints

    def listed(self) -> Iterator[StoredObject]:
        """Every object under the prefix, a thousand a call."""
        token: str | None = None
        while True:
            asked = self._common | {"Prefix": self.record.prefix} | ({"ContinuationToken": token} if token else {})
            self.list_calls += 1
            page = self._reader.call(self._account_id, self._region, "s3", "ListObjectsV2", asked).response
            for row in page.get("Contents", ()):
                yield StoredObject(row["Key"], row["ETag"].strip('"'), row["LastModified"], row["Size"])
            token = page.get("NextContinuationToken")
            if not token:
                return

    def text(self, key: str) -> str:
        """The content of one object."""
        asked = self._common | {"Key": key}
        return str(self._reader.call(self._account_id, self._region, "s3", "GetObject", asked).response["Body"])


class Folder:
    """A folder with the bucket's keys as paths below it, such as `aws s3 sync` leaves behind."""

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            step = "Name a folder that exists, or a bucket as s3://BUCKET/PREFIX."
            raise SettingInvalid("there is no such folder", where=str(path), next_step=step)
        self._path = path
        self.record = InputRecord(bucket=None, prefix=str(path.resolve()), owner=None)
        self.list_calls = 0
        self.foreign_endpoints: set[str] = set()

    def listed(self) -> Iterator[StoredObject]:
        """Every file below the folder. What changes with the content is its size and time, as for rsync."""
        walked = [Path(folder) / name for folder, _, names in os.walk(self._path) for name in names]
        # The lock of a store that lies in the same folder is no object.
        found = [path for path in walked if not path.name.endswith(LOCK_ENDING)]
        for path in sorted(found, key=lambda each: each.relative_to(self._path).as_posix()):
            stat = path.stat()
            moment = datetime.fromtimestamp(stat.st_mtime, UTC).replace(tzinfo=None, microsecond=0)
            key = path.relative_to(self._path).as_posix()
            yield StoredObject(key, f"{stat.st_size}-{stat.st_mtime_ns}", f"{moment.isoformat()}Z", stat.st_size)

    def text(self, key: str) -> str:
        """The content of one file, inflated where it is gzip."""
        try:
            data = (self._path / key).read_bytes()
            return str(take_text({"Body": StreamingBody(io.BytesIO(data), len(data))})["Body"])
        except OSError as error:
            raise CallFailed("error", type(error).__name__, error.strerror or str(error), where=key) from error
        except ObjectUnreadable as error:
            raise CallFailed("error", error.code, str(error), where=key) from error

"""Amazon S3: objects by bucket; what a bucket holds is said where it belongs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from patchlib.sandbox.endpoint import Call, Handler, ServiceError
from patchlib.sandbox.handlers import data_sync
from patchlib.sandbox.world.calendars import instant, to_datetime
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.patch_policies import CREATED_AT, OVERRIDE_KEY, Policy, override_text, policies

__all__ = ["Bucket", "Object", "buckets", "handlers", "serving"]

_OF_OBJECT = {"Bucket", "Key", "ChecksumMode", "ExpectedBucketOwner"}
_OF_LISTING = {"Bucket", "Prefix", "EncodingType", "ExpectedBucketOwner"}


@dataclass(frozen=True)
class Object:
    """An object; modified_at in seconds since 1970."""

    key: str
    body: bytes
    modified_at: int

    @cached_property
    def entity_tag(self) -> str:
        """The ETag of an object uploaded in one part: its MD5, in quotes."""
        return f'"{hashlib.md5(self.body, usedforsecurity=False).hexdigest()}"'


@dataclass(frozen=True)
class Bucket:
    """A bucket: who owns it, who may read it, and its objects, made when first asked for.

    readers: accounts whose reader gets answers.
    """

    name: str
    owner_id: str
    readers: frozenset[str]
    objects: Callable[[], Iterable[Object]]

    @cached_property
    def by_key(self) -> dict[str, Object]:
        """Its objects by key, in the order of S3's listings."""
        found = sorted(self.objects(), key=lambda each: each.key.encode())
        return {each.key: each for each in found}


def buckets(estate: Estate) -> dict[str, Bucket]:
    """Every bucket of the organisation that the sandbox knows, by name."""
    found = [_data_sync(estate), *(_of_policy(policy) for policy in policies(estate))]
    return {bucket.name: bucket for bucket in found}


def _of_policy(policy: Policy) -> Bucket:
    """The baselines that a patch policy passes to its runs; not every reader may see them."""
    readers = frozenset({policy.account_id} if policy.is_readable else ())

    def objects() -> Iterable[Object]:
        yield Object(OVERRIDE_KEY, override_text(policy).encode(), instant(CREATED_AT))

    return Bucket(policy.bucket, policy.account_id, readers, objects)


def _data_sync(estate: Estate) -> Bucket:
    """Owned by the delegated administrator, opened to the management account."""
    accounts = estate.directory.accounts
    owner = next((each.account_id for each in accounts if each.is_delegated), accounts[0].account_id)
    readers = frozenset({owner, accounts[0].account_id})

    def objects() -> Iterable[Object]:
        yield from (Object(*found) for found in data_sync.objects(estate))

    return Bucket(data_sync.BUCKET, owner, readers, objects)


def handlers(estate: Estate) -> dict[str, Handler]:
    """The operations of S3 over one estate."""
    return serving(cache(lambda: buckets(estate)))


def serving(known: Callable[[], dict[str, Bucket]]) -> dict[str, Handler]:
    """The operations of S3 over some buckets."""
    return {
        "GetObject": lambda call: _object(known(), call),
        "ListObjectsV2": lambda call: _listing(known(), call),
    }


def _bucket(known: dict[str, Bucket], call: Call, followed: set[str]) -> Bucket:
    """The bucket asked for, when the caller may read it."""
    unknown = sorted(call.params.keys() - followed)
    if unknown:
        raise ServiceError("NotImplemented", f"The sandbox does not follow {unknown[0]} of {call.operation}.", 501)
    bucket = known.get(call.params["Bucket"])
    if bucket is None:
        raise ServiceError("NoSuchBucket", "The specified bucket does not exist", 404)
    owner = call.params.get("ExpectedBucketOwner", bucket.owner_id)
    if call.account_id not in bucket.readers or owner != bucket.owner_id:
        raise ServiceError("AccessDenied", "Access Denied", 403)
    return bucket


def _object(known: dict[str, Bucket], call: Call) -> dict[str, Any]:
    found = _bucket(known, call, _OF_OBJECT).by_key.get(call.params["Key"])
    if found is None:
        raise ServiceError("NoSuchKey", "The specified key does not exist.", 404)
    return {
        "Body": found.body,
        "AcceptRanges": "bytes",
        "LastModified": to_datetime(found.modified_at),
        "ContentLength": len(found.body),
        "ETag": found.entity_tag,
        "ContentType": "application/json",
        "ServerSideEncryption": "AES256",
    }


def _listing(known: dict[str, Bucket], call: Call) -> dict[str, Any]:
    bucket, prefix = _bucket(known, call, _OF_LISTING), call.params.get("Prefix", "")
    found = [each for key, each in bucket.by_key.items() if key.startswith(prefix)]
    return {
        "Name": bucket.name,
        "Prefix": prefix,
        "Contents": [
            {
                "Key": each.key,
                "LastModified": to_datetime(each.modified_at),
                "ETag": each.entity_tag,
                "Size": len(each.body),
                "StorageClass": "STANDARD",
            }
            for each in found
        ],
    }

"""Amazon S3: objects by bucket; what a bucket holds is said where it belongs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from patchlib.sandbox.endpoint import Call, Handler, ServiceError
from patchlib.sandbox.world.calendars import instant, to_datetime
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.patch_policies import CREATED_AT, OVERRIDE_KEY, Policy, override_text, policies

__all__ = ["Bucket", "Object", "buckets", "handlers"]

_MEMBERS = {"Bucket", "Key", "ChecksumMode", "ExpectedBucketOwner"}


@dataclass(frozen=True)
class Object:
    """An object; modified_at in seconds since 1970."""

    key: str
    body: bytes
    modified_at: int

    @property
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


def buckets(estate: Estate) -> dict[str, Bucket]:
    """Every bucket of the organisation that the sandbox knows, by name."""
    found = [_of_policy(policy) for policy in policies(estate)]
    return {bucket.name: bucket for bucket in found}


def _of_policy(policy: Policy) -> Bucket:
    readers = frozenset({policy.account_id} if policy.is_readable else ())

    def objects() -> Iterable[Object]:
        yield Object(OVERRIDE_KEY, override_text(policy).encode(), instant(CREATED_AT))

    return Bucket(policy.bucket, policy.account_id, readers, objects)


def handlers(estate: Estate) -> dict[str, Handler]:
    """The operations of S3 over one estate."""
    return {"GetObject": lambda call: _object(estate, call)}


def _bucket(estate: Estate, call: Call) -> Bucket:
    """The bucket asked for, when the caller may read it."""
    bucket = buckets(estate).get(call.params["Bucket"])
    if bucket is None:
        raise ServiceError("NoSuchBucket", "The specified bucket does not exist", 404)
    owner = call.params.get("ExpectedBucketOwner", bucket.owner_id)
    if call.account_id not in bucket.readers or owner != bucket.owner_id:
        raise ServiceError("AccessDenied", "Access Denied", 403)
    return bucket


def _object(estate: Estate, call: Call) -> dict[str, Any]:
    unknown = sorted(call.params.keys() - _MEMBERS)
    if unknown:
        raise ServiceError("NotImplemented", f"The sandbox does not follow {unknown[0]} of GetObject.", 501)
    found = next((each for each in _bucket(estate, call).objects() if each.key == call.params["Key"]), None)
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

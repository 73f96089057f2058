"""Promises of the sandbox's objects."""

from __future__ import annotations

import hashlib
import json

import pytest

from patchlib import shapes
from patchlib.sandbox.endpoint import ServiceError
from patchlib.sandbox.handlers.s3 import buckets
from patchlib.sandbox.organisation import Organisation
from tests.sandbox.handlers.conftest import PRODUCTION, Ask
from tests.sandbox.handlers.test_shapes import misfits

PRODUCTION_B = "210400173974"
KEY = "baseline_overrides.json"


def names(organisation: Organisation) -> tuple[str, str]:
    """The bucket that may be read, and the one that may not."""
    readable, closed = (name for name in buckets(organisation.estate) if name.startswith("aws-quicksetup-"))
    return readable, closed


def test_an_object_is_what_its_etag_says(ask: Ask, organisation: Organisation) -> None:
    """Length and ETag are those of the body, and the whole fits the operation's shape."""
    readable, _ = names(organisation)
    answer = ask("s3", "GetObject", account_id=PRODUCTION_B, Bucket=readable, Key=KEY)
    assert misfits(shapes.operation_model("s3", "GetObject").output_shape, answer) == []
    assert answer["ContentLength"] == len(answer["Body"])
    assert answer["ETag"].strip('"') == hashlib.md5(answer["Body"], usedforsecurity=False).hexdigest()
    assert {each["OperatingSystem"] for each in json.loads(answer["Body"])} >= {"WINDOWS", "UBUNTU"}


@pytest.mark.parametrize(
    ("account", "key", "owner", "code"),
    [
        (PRODUCTION, KEY, PRODUCTION_B, "AccessDenied"),
        (PRODUCTION_B, KEY, PRODUCTION, "AccessDenied"),
        (PRODUCTION_B, "other.json", PRODUCTION_B, "NoSuchKey"),
    ],
)
def test_what_is_refused(ask: Ask, organisation: Organisation, account: str, key: str, owner: str, code: str) -> None:
    """Another account's reader, a bucket of another owner than expected, and a key that is not there."""
    readable, _ = names(organisation)
    with pytest.raises(ServiceError, match=code):
        ask("s3", "GetObject", account_id=account, Bucket=readable, Key=key, ExpectedBucketOwner=owner)


def test_one_bucket_is_closed_and_others_are_not_there(ask: Ask, organisation: Organisation) -> None:
    """The policy of the other Region keeps its baselines to itself; an unknown bucket is S3's own error."""
    _, closed = names(organisation)
    with pytest.raises(ServiceError, match="AccessDenied"):
        ask("s3", "GetObject", account_id=PRODUCTION_B, Bucket=closed, Key=KEY)
    with pytest.raises(ServiceError, match="NoSuchBucket"):
        ask("s3", "GetObject", account_id=PRODUCTION_B, Bucket="elsewhere", Key=KEY)


def test_unknown_parameters_are_refused(ask: Ask, organisation: Organisation) -> None:
    """A range of an object is not what the sandbox gives, so it does not pretend to."""
    readable, _ = names(organisation)
    with pytest.raises(ServiceError, match="NotImplemented"):
        ask("s3", "GetObject", account_id=PRODUCTION_B, Bucket=readable, Key=KEY, Range="bytes=0-9")

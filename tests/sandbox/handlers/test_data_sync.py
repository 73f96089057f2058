"""The organisation's data sync bucket: what S3 answers of it, and that it agrees with the APIs."""

from __future__ import annotations

from collections import Counter

import orjson
import pytest

from patchlib import shapes
from patchlib.datasync.keys import place_of
from patchlib.sandbox.endpoint import ServiceError
from patchlib.sandbox.handlers import data_sync, s3
from patchlib.sandbox.organisation import Organisation
from tests.sandbox.handlers.conftest import Ask
from tests.sandbox.handlers.test_shapes import misfits

MANAGEMENT, SECURITY, PARTNER = "210400173901", "210400173928", "210400173981"
NAME = {"Bucket": data_sync.BUCKET, "account_id": MANAGEMENT}


def test_every_object_can_be_listed_and_read(ask: Ask) -> None:
    """Keys are laid out as their readers expect, sizes and tags fit the bodies, nothing is of the future."""
    answer = ask("s3", "ListObjectsV2", Prefix=data_sync.PREFIX, ExpectedBucketOwner=SECURITY, **NAME)
    assert misfits(shapes.operation_model("s3", "ListObjectsV2").output_shape, answer) == []
    listed = answer["Contents"]
    kinds = Counter(place_of(row["Key"]).kind for row in listed)
    assert (
        kinds["AWS:InstanceInformation"] == kinds["AWS:Tag"] > kinds["AWS:PatchSummary"] == kinds["AWS:ComplianceItem"]
    )
    for row in listed[:: len(listed) // 20]:
        found = ask("s3", "GetObject", Key=row["Key"], **NAME)
        assert misfits(shapes.operation_model("s3", "GetObject").output_shape, found) == []
        assert (len(found["Body"]), found["ETag"]) == (row["Size"], row["ETag"])
        assert found["Body"].endswith(b"\n")
    assert ask("s3", "ListObjectsV2", Prefix="elsewhere/", **NAME)["Contents"] == []


def test_it_tells_of_what_no_role_reads(organisation: Organisation) -> None:
    """The account whose role nobody can assume has objects like any other; terminated nodes stay, and say so."""
    found = list(data_sync.objects(organisation.estate))
    assert any(f"accountid={PARTNER}" in key for key, _, _ in found)
    told = [orjson.loads(body) for key, body, _ in found if "AWS:InstanceInformation" in key]
    states = Counter(row["InstanceStatus"] for row in told)
    assert states["Active"] > 100
    assert states["Stopped"]
    assert states["Terminated"]
    assert max(at for _, _, at in found) <= organisation.estate.as_of


def test_counts_are_text_and_agree_with_the_items(organisation: Organisation) -> None:
    """A node's summary counts what its items say, as the API's states do."""
    bodies = {key: body for key, body, _ in data_sync.objects(organisation.estate)}
    for key, body in list(bodies.items())[::97]:
        if "AWS:PatchSummary" not in key:
            continue
        items = bodies[key.replace("PatchSummary", "ComplianceItem")]
        states = Counter(orjson.loads(line).get("PatchState") for line in items.splitlines())
        summary = orjson.loads(body)
        assert int(summary["MissingCount"]) == states["Missing"]
        assert isinstance(summary["InstalledCount"], str)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"Bucket": "no-such-bucket"}, "NoSuchBucket"),
        ({"ExpectedBucketOwner": MANAGEMENT}, "AccessDenied"),
        ({"account_id": "210400173933"}, "AccessDenied"),
        ({"Delimiter": "/"}, "NotImplemented"),
    ],
)
def test_s3_refuses_as_s3_does(ask: Ask, asked: dict[str, str], code: str) -> None:
    """A bucket that is not there, of another owner, not opened to the caller; a parameter that is not followed."""
    with pytest.raises(ServiceError) as refused:
        ask("s3", "ListObjectsV2", **(NAME | asked))
    assert refused.value.code == code


def test_a_key_that_is_not_there(ask: Ask) -> None:
    """S3's own word for it."""
    with pytest.raises(ServiceError) as refused:
        ask("s3", "GetObject", Key="absent", **NAME)
    assert refused.value.code == "NoSuchKey"
    assert set(s3.handlers(Organisation(nodes=1).estate)) == {"GetObject", "ListObjectsV2"}

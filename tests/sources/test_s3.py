"""Which objects are read, from which addresses, and what of their text may be kept."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchlib.sources import source
from patchlib.sources.declaration import scrub
from patchlib.sources.s3 import object_of
from tests.sources.asking import context


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("s3://bucket-1/a/b.json", ("bucket-1", "a/b.json")),
        ("https://bucket-1.s3.eu-central-1.amazonaws.com/a/b.json", ("bucket-1", "a/b.json")),
        ("https://bucket.with.dots.s3.amazonaws.com/b.json", ("bucket.with.dots", "b.json")),
        ("https://s3.eu-central-1.amazonaws.com/bucket-1/a/b%20c.json", ("bucket-1", "a/b c.json")),
        ("https://s3-eu-west-1.amazonaws.com/bucket-1/b.json", ("bucket-1", "b.json")),
        ("https://s3.amazonaws.com/bucket-1/b.json", ("bucket-1", "b.json")),
        ("https://bucket-1.s3.dualstack.us-east-1.amazonaws.com/b.json", ("bucket-1", "b.json")),
        ("https://bucket-1.s3.cn-north-1.amazonaws.com.cn/b.json", ("bucket-1", "b.json")),
        ("https://example.com/bucket-1/b.json", None),
        ("https://s3.eu-central-1.amazonaws.com.example.com/bucket-1/b.json", None),
        ("http://s3.amazonaws.com/bucket-1/b.json", None),
        ("s3://bucket-1", None),
        ("s3://bucket-1/", None),
        ("https://s3.amazonaws.com/bucket-1", None),
        ("", None),
    ],
)
def test_addresses_of_objects(address: str, found: tuple[str, str] | None) -> None:
    """Every form in which Systems Manager takes an object's address; anything else is no object to ask for."""
    assert object_of(address) == found


@given(
    st.from_regex(r"[a-z0-9][a-z0-9-]{1,20}", fullmatch=True), st.from_regex(r"[A-Za-z0-9/_.-]{1,30}", fullmatch=True)
)
def test_both_styles_name_the_same_object(bucket: str, key: str) -> None:
    """An s3 address and a path-style https one of the same bucket and key are the same."""
    assert object_of(f"s3://{bucket}/{key}") == (bucket, key)
    assert object_of(f"https://s3.eu-central-1.amazonaws.com/{bucket}/{key}") == (bucket, key)


def _association(**parameters: str) -> dict[str, Any]:
    return {"Parameters": {name: [value] for name, value in parameters.items()}}


def test_every_named_object_is_asked_once_baselines_first() -> None:
    """What two associations pass is one object; lists of what to install come last; foreign addresses never."""
    rows = [
        _association(InstallOverrideList="s3://b/list.yaml"),
        _association(BaselineOverride="s3://b/over.json"),
        _association(BaselineOverride="s3://b/over.json"),
        _association(BaselineOverride="https://example.com/over.json"),
        {},
    ]
    requests = list(source("s3_override_object").requests(context(ssm_association_detail=rows)))
    assert [request.item for request in requests] == ["s3://b/over.json", "s3://b/list.yaml"]
    assert requests[0].params == {"Bucket": "b", "Key": "over.json"}


def _kept(body: str) -> str:
    page = scrub(source("s3_override_object"), {"Body": body, "ETag": "e", "Metadata": {"note": "canary"}})
    assert page.keys() == {"Body", "ETag"}
    return str(page["Body"])


def test_configurations_of_repositories_are_cut_out() -> None:
    """Of a baseline what decides approvals stays; a repository's configuration can hold its password."""
    rules = {"PatchRules": [{"ApproveAfterDays": 7}]}
    baseline = {
        "BaselineId": "pb-0123456789abcdef0",
        "OperatingSystem": "UBUNTU",
        "ApprovalRules": rules,
        "Sources": [{"Name": "own", "Products": ["*"], "Configuration": "canary"}, "canary"],
        "Invented": "canary",
    }
    (kept,) = json.loads(_kept(json.dumps([baseline, "canary"])))
    assert kept == {
        "BaselineId": "pb-0123456789abcdef0",
        "OperatingSystem": "UBUNTU",
        "ApprovalRules": rules,
        "Sources": [{"Name": "own", "Products": ["*"]}],
    }


@pytest.mark.parametrize("body", ['{"OperatingSystem": "canary"}', '"canary"', "canary", "password: canary"])
def test_an_object_of_another_kind_loses_its_text(body: str) -> None:
    """Something that is neither baselines nor a list of patches is not kept."""
    assert "canary" not in _kept(body)


def test_a_list_of_patches_keeps_ids_and_titles() -> None:
    """The list is YAML: its lines of ids and titles stay, comments and anything else do not."""
    lines = [
        "# canary",
        "patches:",
        "    -",
        "        id: 'kernel.x86_64'",
        "        title: '*.el7'",
        "    - id: KB5025885",
    ]
    text = "\n".join([*lines, "other: canary"])
    assert [line.strip() for line in _kept(text).splitlines()] == [
        "patches:",
        "id: 'kernel.x86_64'",
        "title: '*.el7'",
        "- id: KB5025885",
    ]

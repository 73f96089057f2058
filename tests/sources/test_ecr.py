"""ECR is asked about repositories that are there, and for findings only where it scans by itself, of images of late."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from patchlib.reading import read_source
from patchlib.sandbox.endpoint import Call, Endpoint, ServiceError
from patchlib.snapshot import CallerRecord, Manifest, SnapshotWriter
from patchlib.sources import source
from patchlib.sources.ecr import INDEXES, is_image, of_late
from tests import estate
from tests.sources.asking import CELL, context

DAY = timedelta(days=1)
DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
REPOSITORIES = [
    {"repositoryName": f"team/app-{n}", "repositoryArn": f"arn:aws:ecr:x:1:repository/a{n}"} for n in range(30)
]
BASIC, ENHANCED = ({"scanningConfiguration": {"scanType": each}} for each in ("BASIC", "ENHANCED"))


def image(number: int, pushed: int, pulled: int | None = None, tag: str = "") -> dict[str, Any]:
    """A row of DescribeImages; days before now."""
    row: dict[str, Any] = {
        "repositoryName": "app",
        "imageDigest": f"sha256:{number:064x}",
        "imageManifestMediaType": DOCKER,
    }
    row["imagePushedAt"] = (estate.AS_OF - pushed * DAY).isoformat()
    if pulled is not None:
        row["lastRecordedPullTime"] = (estate.AS_OF - pulled * DAY).isoformat()
    return row | ({"imageTags": [tag]} if tag else {})


def chosen(*rows: dict[str, Any], days: int = 90) -> list[int]:
    """The numbers of the images that count as of late."""
    return [int(row["imageDigest"].partition(":")[2], 16) for row in of_late(rows, estate.AS_OF - days * DAY)]


def test_an_image_of_late_was_pushed_or_pulled_or_is_the_last_tagged_one() -> None:
    """On the day it counts; the image of an index has no tag; what runs for months is not pulled meanwhile."""
    assert chosen(image(1, 90), image(2, 91), image(3, 400, 90), image(4, 400, 91)) == [1, 3]
    assert chosen(image(1, 400, tag="v1"), image(2, 300, tag="v2"), image(3, 200)) == [2]
    other = image(9, 500, tag="v1") | {"repositoryName": "other"}
    assert chosen(image(1, 400, tag="v1"), other) == [1, 9]


@pytest.mark.parametrize(
    ("more", "is_one"),
    [
        ({}, True),
        ({"artifactMediaType": "application/vnd.oci.image.config.v1+json"}, True),
        ({"artifactMediaType": "application/vnd.cncf.notary.signature"}, False),
        ({"subjectManifestDigest": "sha256:aa"}, False),
        *(({"imageManifestMediaType": each}, False) for each in sorted(INDEXES)),
    ],
)
def test_what_could_run_is_an_image(more: dict[str, str], is_one: bool) -> None:
    """An index names images and what is attached to one is none: neither is scanned, nor asked about."""
    row = image(1, 1, tag="v1") | more
    assert is_image(row) is is_one
    assert chosen(row) == ([1] if is_one else [])


def test_findings_are_asked_where_ecr_scans_by_itself() -> None:
    """By digest, within the days of the setting; where Inspector scans nothing is asked."""
    rows = [image(1, 10), image(2, 40)]
    asked = replace(context(ecr_registry_scan_setting=[BASIC], ecr_image=rows), days=30)
    [request] = source("ecr_image_scan").requests(asked)
    assert request.params == {"repositoryName": "app", "imageId": {"imageDigest": rows[0]["imageDigest"]}}
    assert request.item == f"app@{rows[0]['imageDigest']}"
    enhanced = replace(context(ecr_registry_scan_setting=[ENHANCED], ecr_image=rows), days=30)
    assert not list(source("ecr_image_scan").requests(enhanced))
    assert source("ecr_image_scan").setting == "image_scan_days"


def test_a_registry_without_repositories_is_asked_once() -> None:
    """So an account that has none costs one call; with some, rules are asked in blocks of 25 names."""
    needing = [each for each in map(source, NAMES) if each.needs == ("ecr_repository",)]
    assert len(needing) == 6
    assert not [request for each in needing for request in each.requests(context(ecr_repository=[]))]
    blocks = list(source("ecr_repository_scan_setting").requests(context(ecr_repository=REPOSITORIES)))
    assert [len(each.params["repositoryNames"]) for each in blocks] == [25, 5]


NAMES = (
    "ecr_repository",
    "ecr_repository_tag",
    "ecr_registry_scan_setting",
    "ecr_repository_scan_setting",
    "ecr_pull_through_rule",
    "ecr_lifecycle_policy",
    "ecr_image",
    "ecr_image_scan",
)


def test_repositories_need_no_node() -> None:
    """A cell without nodes may hold what containers are started from."""
    assert not any(source(name).on_nodes for name in NAMES)


@pytest.mark.parametrize("name", ["ecr_lifecycle_policy", "ecr_image_scan"])
def test_none_is_an_answer(name: str, tmp_path: Path) -> None:
    """`There is none` is read like any other answer: a row without members; any other refusal is the item's own."""
    of = source(name)
    [code] = of.none_codes
    needed: dict[str, list[dict[str, Any]]] = {
        "ecr_repository": [{"repositoryName": each} for each in ("aa", "bb", "cc")],
        "ecr_registry_scan_setting": [BASIC],
        "ecr_image": [image(1, 1) | {"repositoryName": each} for each in ("aa", "bb", "cc")],
    }

    def answer(call: Call) -> dict[str, Any]:
        if call.params["repositoryName"] == "aa":
            raise ServiceError(code, "There is none", 400)
        if call.params["repositoryName"] == "bb":
            raise ServiceError("AccessDeniedException", "an explicit deny in a resource-based policy", 400)
        return {"repositoryName": "cc"}

    served = Endpoint({(of.service, of.operation): answer}, as_of=estate.AS_OF)
    caller = CallerRecord(account_id=estate.MANAGEMENT, arn=f"arn:aws:iam::{estate.MANAGEMENT}:role/Reader")
    manifest = Manifest(snapshot_id="", taken_at=estate.AS_OF, endpoint="http://127.0.0.1", is_aws=False, caller=caller)
    file = SnapshotWriter.create(tmp_path, manifest).cell_file(CELL.account_id, CELL.region, name)
    reader = estate.reader(served, estate.SETTINGS.model_copy(update={"role": None}))
    asked = replace(context(**needed), days=30)
    record, _ = read_source(reader, of, asked, file, lambda: 0.0)
    read = [request.item for request in of.requests(asked) if not str(request.item).startswith("bb")]
    assert (record.state, record.refusal, record.items, list(record.read_items or ())) == ("partial", "denied", 2, read)
    assert [page.response for page in file.pages()] == [{}, {"repositoryName": "cc"}]

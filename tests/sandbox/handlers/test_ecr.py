"""What ECR answers fits what Inspector says of the same images."""

from __future__ import annotations

from typing import Any

import pytest

from patchlib.sandbox.endpoint import ServiceError
from patchlib.sandbox.organisation import Organisation
from tests.sandbox.handlers.conftest import DEVELOPMENT, PRODUCTION, SHARED, Ask

HELD = {"repositoryName": "tools/report-writer"}


def details(ask: Ask, account_id: str) -> list[dict[str, Any]]:
    listed = ask("ecr", "DescribeRepositories", account_id=account_id)["repositories"]
    return [
        image
        for row in listed
        for image in ask("ecr", "DescribeImages", account_id, repositoryName=row["repositoryName"])["imageDetails"]
    ]


def test_inspector_covers_images_that_ecr_lists(ask: Ask) -> None:
    """Every image that Inspector knows can be pulled; indexes and what no rule takes in it does not know."""
    covered = ask("inspector2", "ListCoverage", PRODUCTION)["coveredResources"]
    known = {row["resourceId"] for row in covered if row["resourceType"] == "AWS_ECR_CONTAINER_IMAGE"}
    arn = f"arn:aws:ecr:eu-central-1:{PRODUCTION}:repository"
    listed = {f"{arn}/{row['repositoryName']}/{row['imageDigest']}": row for row in details(ask, PRODUCTION)}
    assert known < set(listed)
    left = [listed[name] for name in set(listed) - known]
    assert {"index" in row["imageManifestMediaType"] or row["repositoryName"].startswith("lab/") for row in left} == {
        True
    }


def test_a_registry_is_scanned_by_one_of_two(ask: Ask) -> None:
    """Where Inspector scans, ECR knows of no scan; each repository says what the rules come to."""
    kinds = {}
    for account in (PRODUCTION, SHARED, DEVELOPMENT):
        kinds[account] = ask("ecr", "GetRegistryScanningConfiguration", account)["scanningConfiguration"]["scanType"]
    assert kinds == {PRODUCTION: "ENHANCED", SHARED: "BASIC", DEVELOPMENT: "BASIC"}
    names = [row["repositoryName"] for row in ask("ecr", "DescribeRepositories", SHARED)["repositories"]]
    asked = ask("ecr", "BatchGetRepositoryScanningConfiguration", SHARED, repositoryNames=[*names, "none"])
    assert {row["scanFrequency"] for row in asked["scanningConfigurations"]} == {"SCAN_ON_PUSH", "MANUAL"}
    assert [row["repositoryName"] for row in asked["failures"]] == ["none"]
    image = details(ask, PRODUCTION)[0]
    with pytest.raises(ServiceError, match="ScanNotFoundException"):
        _scan(ask, PRODUCTION, image["repositoryName"], image["imageDigest"])


def _scan(ask: Ask, account_id: str, name: str, digest: str) -> dict[str, Any]:
    return ask("ecr", "DescribeImageScanFindings", account_id, repositoryName=name, imageId={"imageDigest": digest})


def test_a_scan_found_what_was_known_when_it_was_made(ask: Ask, organisation: Organisation) -> None:
    """The counts are those of the findings, each of a CVE in a package; the older image has more of them."""
    found = [
        _scan(ask, SHARED, row["repositoryName"], row["imageDigest"])["imageScanFindings"]
        for row in details(ask, SHARED)
        if row["repositoryName"] == HELD["repositoryName"]
    ]
    for each in found:
        assert sum(each["findingSeverityCounts"].values()) == len(each["findings"])
        assert each["imageScanCompletedAt"] <= organisation.as_of
        assert {row["name"][:4] for row in each["findings"]} == {"CVE-"}
    older, newer = (len(each["findings"]) for each in found)
    assert older > newer > 0


@pytest.mark.parametrize(
    ("operation", "params", "code"),
    [
        ("DescribeImages", {"repositoryName": "none"}, "RepositoryNotFoundException"),
        ("DescribeImages", HELD | {"registryId": "1"}, "InvalidParameterException"),
        ("ListTagsForResource", {"resourceArn": "arn:none"}, "RepositoryNotFoundException"),
        ("GetLifecyclePolicy", {"repositoryName": "docker-hub/library/haproxy"}, "LifecyclePolicyNotFoundException"),
        ("DescribeImageScanFindings", HELD | {"imageId": {"imageDigest": "sha256:none"}}, "ImageNotFoundException"),
        (
            "DescribeImageScanFindings",
            {"repositoryName": "security/token-broker", "imageId": {"imageDigest": "sha256:none"}},
            "AccessDeniedException",
        ),
    ],
)
def test_what_is_refused_is_refused_as_ecr_does(ask: Ask, operation: str, params: dict[str, Any], code: str) -> None:
    """In its own words."""
    with pytest.raises(ServiceError, match=code):
        ask("ecr", operation, SHARED, **params)


def test_who_owns_a_repository_is_in_its_tags(ask: Ask) -> None:
    """Of what ECR makes by itself from another registry nobody says it."""
    listed = ask("ecr", "DescribeRepositories", SHARED)["repositories"]
    tags = {
        row["repositoryName"]: {
            tag["Key"]: tag["Value"]
            for tag in ask("ecr", "ListTagsForResource", SHARED, resourceArn=row["repositoryArn"])["tags"]
        }
        for row in listed
    }
    assert {name for name, each in tags.items() if not each} == {"docker-hub/library/haproxy"}
    [rule] = ask("ecr", "DescribePullThroughCacheRules", SHARED)["pullThroughCacheRules"]
    assert rule["ecrRepositoryPrefix"] == "docker-hub"
    assert tags["base/ubi9"]["Owner"] == "platform"

"""Amazon ECR: repositories, how they are scanned, their images, and what basic scanning found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson

from patchlib.sandbox.endpoint import Call, Handler, ServiceError
from patchlib.sandbox.handlers.listing import listed
from patchlib.sandbox.world.calendars import DAY, HOUR, instant, to_datetime
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.registries import (
    LIVE,
    PULL_THROUGH,
    ContainerImage,
    Gap,
    Repository,
    gaps,
    images,
    is_enhanced,
    repositories,
    scan_of,
)
from patchlib.sandbox.world.scans import score

__all__ = ["handlers"]

_CREATED = instant("2023-11-20T09:30:00Z")
_INDEX = "application/vnd.oci.image.index.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_MEGABYTE = 1_000_000
_LABELS = ((9.0, "CRITICAL"), (7.0, "HIGH"), (4.0, "MEDIUM"), (0.0, "LOW"))
_RULE = {
    "rulePriority": 1,
    "description": "keep the last builds",
    "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 30},
    "action": {"type": "expire"},
}


def handlers(estate: Estate) -> dict[str, Handler]:
    """The operations of ECR over one estate."""
    return {
        "DescribeRepositories": listed(
            "ecr_repository", estate, _repositories, by={"repositoryNames": "repositoryName"}
        ),
        "ListTagsForResource": _tags,
        "GetRegistryScanningConfiguration": _registry_setting,
        "BatchGetRepositoryScanningConfiguration": _repository_settings,
        "DescribePullThroughCacheRules": listed("ecr_pull_through_rule", estate, _pull_through),
        "GetLifecyclePolicy": lambda call: _lifecycle_policy(estate, call),
        "DescribeImages": lambda call: _images(estate, call),
        "DescribeImageScanFindings": lambda call: _scan(estate, call),
    }


def _repositories(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for each in repositories(account_id, region):
        yield {
            "repositoryArn": each.arn,
            "registryId": account_id,
            "repositoryName": each.name,
            "repositoryUri": f"{account_id}.dkr.ecr.{region}.amazonaws.com/{each.name}",
            "createdAt": to_datetime(_CREATED + estate.draws.between(0, 30 * DAY, "repository", each.lineage)),
            **_mutability(each),
            # The repository's own switch is the older way; the registry's rules decide.
            "imageScanningConfiguration": {"scanOnPush": False},
            "encryptionConfiguration": {"encryptionType": "AES256"},
        }


def _mutability(repository: Repository) -> dict[str, Any]:
    if repository.is_immutable and repository.task_count:
        excluded = [{"filterType": "WILDCARD", "filter": LIVE}]
        return {"imageTagMutability": "IMMUTABLE_WITH_EXCLUSION", "imageTagMutabilityExclusionFilters": excluded}
    return {"imageTagMutability": "IMMUTABLE" if repository.is_immutable else "MUTABLE"}


def _only(call: Call, *names: str) -> None:
    """Raise for a parameter that the sandbox does not follow."""
    unknown = sorted(call.params.keys() - {*names, "nextToken", "maxResults"})
    if unknown:
        raise ServiceError(
            "InvalidParameterException", f"The sandbox does not follow {unknown[0]} of {call.operation}."
        )


def _named(call: Call, name: str) -> Repository:
    for each in repositories(call.account_id, call.region):
        if name in (each.name, each.arn):
            return each
    text = f"The repository with name '{name}' does not exist in the registry with id '{call.account_id}'"
    raise ServiceError("RepositoryNotFoundException", text)


def _tags(call: Call) -> dict[str, Any]:
    _only(call, "resourceArn")
    found = _named(call, call.params["resourceArn"])
    # What ECR fills by itself nobody tags.
    if found.name.startswith(f"{PULL_THROUGH}/"):
        return {"tags": []}
    named = {"Application": found.name.rpartition("/")[2], "Environment": found.environment, "Owner": found.owner}
    return {"tags": [{"Key": key, "Value": value} for key, value in named.items()]}


def _registry_setting(call: Call) -> dict[str, Any]:
    _only(call)
    rules: dict[str, list[dict[str, str]]] = {}
    for each in repositories(call.account_id, call.region):
        if each.frequency != "MANUAL":
            rules.setdefault(each.frequency, []).append(_filter(each))
    told = [{"scanFrequency": frequency, "repositoryFilters": filters} for frequency, filters in rules.items()]
    kind = "ENHANCED" if is_enhanced(call.account_id) else "BASIC"
    return {"registryId": call.account_id, "scanningConfiguration": {"scanType": kind, "rules": told}}


def _filter(repository: Repository) -> dict[str, str]:
    return {"filter": repository.name, "filterType": "WILDCARD"}


def _repository_settings(call: Call) -> dict[str, Any]:
    _only(call, "repositoryNames")
    known = {each.name: each for each in repositories(call.account_id, call.region)}
    found, failures = [], []
    for name in call.params["repositoryNames"]:
        if name not in known:
            failures.append(
                {"repositoryName": name, "failureCode": "REPOSITORY_NOT_FOUND", "failureReason": "It is gone."}
            )
            continue
        each = known[name]
        found.append(
            {
                "repositoryArn": each.arn,
                "repositoryName": name,
                "scanOnPush": each.frequency == "SCAN_ON_PUSH",
                "scanFrequency": each.frequency,
                "appliedScanFilters": [_filter(each)] if each.frequency != "MANUAL" else [],
            }
        )
    return {"scanningConfigurations": found, "failures": failures}


def _pull_through(_estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    if any(each.name.startswith(f"{PULL_THROUGH}/") for each in repositories(account_id, region)):
        secret = f"arn:aws:secretsmanager:{region}:{account_id}:secret:ecr-pullthroughcache/hub-AbCdEf"
        yield {
            "ecrRepositoryPrefix": PULL_THROUGH,
            "upstreamRegistryUrl": "registry-1.docker.io",
            "upstreamRegistry": "docker-hub",
            "createdAt": to_datetime(_CREATED),
            "updatedAt": to_datetime(_CREATED),
            "registryId": account_id,
            "credentialArn": secret,
        }


def _lifecycle_policy(estate: Estate, call: Call) -> dict[str, Any]:
    _only(call, "repositoryName")
    found = _named(call, call.params["repositoryName"])
    if not found.expires:
        text = f"Lifecycle policy does not exist for the repository with name '{found.name}'"
        raise ServiceError("LifecyclePolicyNotFoundException", text)
    return {
        "registryId": call.account_id,
        "repositoryName": found.name,
        "lifecyclePolicyText": orjson.dumps({"rules": [_RULE]}).decode(),
        "lastEvaluatedAt": to_datetime(estate.as_of - estate.draws.between(HOUR, DAY, "evaluated", found.lineage)),
    }


def _images(estate: Estate, call: Call) -> dict[str, Any]:
    _only(call, "repositoryName")
    found = _named(call, call.params["repositoryName"])
    return {"imageDetails": [_image(estate, each) for each in images(estate, found)]}


def _image(estate: Estate, image: ContainerImage) -> dict[str, Any]:
    row: dict[str, Any] = {
        "registryId": image.repository.account_id,
        "repositoryName": image.repository.name,
        "imageDigest": image.digest,
        "imageSizeInBytes": estate.draws.between(
            40 * _MEGABYTE, 400 * _MEGABYTE, "image size", image.repository.lineage
        ),
        "imagePushedAt": to_datetime(image.pushed_at),
        "imageManifestMediaType": _INDEX if image.is_index else _MANIFEST,
        "imageStatus": "ACTIVE",
    }
    row |= {"imageTags": list(image.tags)} if image.tags else {}
    row |= {} if image.is_index else {"artifactMediaType": _CONFIG}
    return row | ({"lastRecordedPullTime": to_datetime(image.pulled_at)} if image.pulled_at else {})


def _scan(estate: Estate, call: Call) -> dict[str, Any]:
    _only(call, "repositoryName", "imageId")
    found, wanted = _named(call, call.params["repositoryName"]), call.params["imageId"].get("imageDigest")
    if found.is_closed:
        text = (
            f"User: arn:aws:sts::{call.account_id}:assumed-role/PatchlibReader/patchlib is not authorized to perform: "
            f"ecr:DescribeImageScanFindings on resource: {found.arn} with an explicit deny in a resource-based policy"
        )
        raise ServiceError("AccessDeniedException", text)
    image = next((each for each in images(estate, found) if each.digest == wanted), None)
    which = f"{{imageDigest:'{wanted}', imageTag:'null'}} in the repository with name '{found.name}'"
    if image is None:
        raise ServiceError("ImageNotFoundException", f"The image with imageId {which} does not exist")
    scan = scan_of(estate, image)
    if scan is None or is_enhanced(call.account_id):
        raise ServiceError("ScanNotFoundException", f"Image scan does not exist for the image with {which}")
    answer: dict[str, Any] = {
        "registryId": call.account_id,
        "repositoryName": found.name,
        "imageId": {"imageDigest": image.digest} | ({"imageTag": image.tags[0]} if image.tags else {}),
        "imageScanStatus": {"status": scan.status, "description": scan.description},
    }
    if scan.scanned_at is None:
        return answer
    rows = [_finding(estate, gap) for gap in gaps(estate, image, scan.scanned_at)]
    return answer | {
        "imageScanFindings": {
            "imageScanCompletedAt": to_datetime(scan.scanned_at),
            "vulnerabilitySourceUpdatedAt": to_datetime(scan.scanned_at - HOUR),
            "findingSeverityCounts": dict(sorted(Counter(row["severity"] for row in rows).items())),
            "findings": rows,
        }
    }


def _finding(estate: Estate, gap: Gap) -> dict[str, Any]:
    patch, base = gap.patch, score(estate.draws, gap.patch, (gap.cve_id,))
    told = {"package_name": patch.package, "package_version": f"{patch.epoch}:{patch.version}-0"}
    return {
        "name": gap.cve_id,
        "description": f"{patch.package} lacks the update that mends {gap.cve_id}.",
        "uri": f"https://www.cve.org/CVERecord?id={gap.cve_id}",
        "severity": next(label for least, label in _LABELS if base >= least),
        "attributes": [{"key": key, "value": value} for key, value in told.items()],
    }

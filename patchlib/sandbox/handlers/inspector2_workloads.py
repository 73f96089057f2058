"""Amazon Inspector beyond instances: a few container images and functions, so that there is something to read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from patchlib.sandbox.world.calendars import DAY, HOUR, to_datetime
from patchlib.sandbox.world.catalogue import Patch
from patchlib.sandbox.world.containers import image_digest
from patchlib.sandbox.world.directory import HOME_REGION
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.scans import scans, score

__all__ = ["workload_coverage", "workload_findings"]

# Repositories with the age of the image in use [d], and functions with the package that they bring.
_IMAGES = (("storefront", 120), ("checkout-api", 45))
_IMAGE_PRODUCT = "AmazonLinux2023"
_FUNCTIONS = (("invoice-render", "PYTHON_3_11", "pillow", "10.1.0", "10.2.0", "CVE-2026-9950011"),)


def _images(estate: Estate, account_id: str, region: str) -> Iterator[tuple[str, int]]:
    """(resource id, instant of its build) of the images in use."""
    if "ecr" in scans(account_id) and region == HOME_REGION:
        for repository, age in _IMAGES:
            digest = image_digest(estate.draws, account_id, repository)
            arn = f"arn:aws:ecr:{region}:{account_id}:repository/{repository}/{digest}"
            yield arn, estate.as_of - age * DAY


def _functions(account_id: str, region: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(resource id, runtime, package, its version, the mended one, its CVE) of the functions."""
    if "lambda" in scans(account_id) and region == HOME_REGION:
        for name, *rest in _FUNCTIONS:
            yield f"arn:aws:lambda:{region}:{account_id}:function:{name}:$LATEST", tuple(rest)


def workload_coverage(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    """What Inspector covers beside instances, in the account's home Region."""
    looked = to_datetime(estate.as_of - HOUR)
    shared = {
        "accountId": account_id,
        "scanType": "PACKAGE",
        "scanStatus": {"statusCode": "ACTIVE", "reason": "SUCCESSFUL"},
        "lastScannedAt": looked,
    }
    for arn, _ in _images(estate, account_id, region):
        image = {"ecrImage": {"tags": ["live"]}}
        yield shared | {"resourceType": "AWS_ECR_CONTAINER_IMAGE", "resourceId": arn, "resourceMetadata": image}
    for arn, (runtime, *_) in _functions(account_id, region):
        function = {"lambdaFunction": {"functionName": arn.split(":")[6], "runtime": runtime}}
        yield shared | {"resourceType": "AWS_LAMBDA_FUNCTION", "resourceId": arn, "resourceMetadata": function}


def workload_findings(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    """What it finds there: in an image what its operating system has mended since its build."""
    for arn, built_at in _images(estate, account_id, region):
        since = [p for p in estate.products[_IMAGE_PRODUCT].until(estate.as_of - DAY) if p.released_at > built_at]
        named = {patch.cve_ids[0]: patch for patch in since if patch.is_security and patch.cve_ids}
        yield from (_of_image(estate, account_id, arn, patch) for patch in named.values())
    for arn, (_, package, version, fixed, cve) in _functions(account_id, region):
        found = to_datetime(estate.as_of - 12 * DAY)
        details = {"name": package, "version": version, "packageManager": "PYTHONPKG", "fixedInVersion": fixed}
        yield _row(estate, account_id, arn, "AWS_LAMBDA_FUNCTION", cve, details) | {
            "severity": "HIGH",
            "inspectorScore": 7.5,
            "firstObservedAt": found,
            "lastObservedAt": found,
            "updatedAt": found,
        }


def _of_image(estate: Estate, account_id: str, arn: str, patch: Patch) -> dict[str, Any]:
    cve = patch.cve_ids[0]
    found = to_datetime(patch.released_at + DAY)
    details = {
        "name": patch.package,
        "version": patch.version,
        "release": "0",
        "epoch": patch.epoch,
        "packageManager": "OS",
        "fixedInVersion": f"{patch.epoch}:{patch.version}-{patch.release}",
    }
    base = score(estate.draws, patch, (cve,))
    row = _row(estate, account_id, arn, "AWS_ECR_CONTAINER_IMAGE", cve, details)
    row["packageVulnerabilityDetails"]["vendorCreatedAt"] = to_datetime(patch.released_at)
    label = "CRITICAL" if base >= 9 else "HIGH" if base >= 7 else "MEDIUM" if base >= 4 else "LOW"
    times = {"firstObservedAt": found, "lastObservedAt": found, "updatedAt": found}
    return row | {"severity": label, "inspectorScore": base} | times


def _row(estate: Estate, account_id: str, arn: str, kind: str, cve: str, package: dict[str, Any]) -> dict[str, Any]:
    region, name = arn.split(":")[3], estate.draws.hexadecimal(32, "finding", arn, cve)
    return {
        "findingArn": f"arn:aws:inspector2:{region}:{account_id}:finding/{name}",
        "awsAccountId": account_id,
        "type": "PACKAGE_VULNERABILITY",
        "title": f"{cve} - {package['name']}",
        "description": f"{package['name']} lacks the update that mends {cve}.",
        "remediation": {"recommendation": {"text": "None Provided"}},
        "status": "ACTIVE",
        "resources": [{"type": kind, "id": arn, "partition": "aws", "region": region}],
        "packageVulnerabilityDetails": {"vulnerabilityId": cve, "source": "NVD", "vulnerablePackages": [package]},
        "fixAvailable": "YES",
        "exploitAvailable": "NO",
    }

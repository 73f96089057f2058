"""Amazon Inspector beyond instances: the images that it scans instead of ECR, and a function."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from patchlib.sandbox.world.calendars import DAY, HOUR, to_datetime
from patchlib.sandbox.world.directory import HOME_REGION
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.registries import ContainerImage, Gap, gaps, images, is_enhanced, repositories
from patchlib.sandbox.world.scans import scans, score

__all__ = ["workload_coverage", "workload_findings"]

# Functions with the package that they bring.
_FUNCTIONS = (("invoice-render", "PYTHON_3_11", "pillow", "10.1.0", "10.2.0", "CVE-2026-9950011"),)
# How long after its push an image is scanned again, unless something runs it. Invented: each organisation chooses.
_SCANNED_FOR = 90 * DAY


def _images(estate: Estate, account_id: str, region: str) -> Iterator[tuple[ContainerImage, str, int]]:
    """(image, why it is scanned or is no longer, last look) of what the registry's rules take in."""
    for repository in repositories(account_id, region) if is_enhanced(account_id) else ():
        for image in images(estate, repository):
            ends = image.pushed_at + _SCANNED_FOR
            if image.is_index or repository.frequency == "MANUAL":
                continue
            if repository.frequency == "SCAN_ON_PUSH":
                yield image, "SCAN_FREQUENCY_SCAN_ON_PUSH", min(image.pushed_at + HOUR, estate.as_of)
            elif image.replaced_at is not None and ends <= estate.as_of:
                yield image, "SCAN_ELIGIBILITY_EXPIRED", ends
            else:
                yield image, "SUCCESSFUL", max(image.pushed_at, estate.as_of - HOUR)


def _functions(account_id: str, region: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(resource id, runtime, package, its version, the mended one, its CVE) of the functions."""
    if "lambda" in scans(account_id) and region == HOME_REGION:
        for name, *rest in _FUNCTIONS:
            yield f"arn:aws:lambda:{region}:{account_id}:function:{name}:$LATEST", tuple(rest)


def workload_coverage(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    """What Inspector covers beside instances, in the account's home Region."""
    shared = {"accountId": account_id, "scanType": "PACKAGE"}
    for image, reason, looked in _images(estate, account_id, region):
        yield shared | {
            "resourceType": "AWS_ECR_CONTAINER_IMAGE",
            "resourceId": image.arn,
            "scanStatus": {"statusCode": "ACTIVE" if reason == "SUCCESSFUL" else "INACTIVE", "reason": reason},
            "lastScannedAt": to_datetime(looked),
            "resourceMetadata": {"ecrImage": _metadata(estate, image)},
        }
    for arn, (runtime, *_) in _functions(account_id, region):
        yield shared | {
            "resourceType": "AWS_LAMBDA_FUNCTION",
            "resourceId": arn,
            "scanStatus": {"statusCode": "ACTIVE", "reason": "SUCCESSFUL"},
            "lastScannedAt": to_datetime(estate.as_of - HOUR),
            "resourceMetadata": {"lambdaFunction": {"functionName": arn.split(":")[6], "runtime": runtime}},
        }


def _metadata(estate: Estate, image: ContainerImage) -> dict[str, Any]:
    """Tasks run the last build of a service, of several architectures the first."""
    is_run = image.replaced_at is None and image.architecture == image.repository.architectures[0]
    count = image.repository.task_count if is_run else 0
    told: dict[str, Any] = {"tags": list(image.tags), "inUseCount": count}
    told |= {"imagePulledAt": to_datetime(image.pulled_at)} if image.pulled_at else {}
    return told | ({"lastInUseAt": to_datetime(max(image.pushed_at, estate.as_of - HOUR))} if count else {})


def workload_findings(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    """What it finds there: in an image what its packages have had mended since its base was built."""
    for image, reason, looked in _images(estate, account_id, region):
        if reason == "SCAN_ELIGIBILITY_EXPIRED":
            continue  # what is scanned no more has no open finding any more
        named: dict[str, Gap] = {}
        for gap in gaps(estate, image, looked):
            named.setdefault(gap.cve_id, gap)
        yield from (_of_image(estate, image, gap) for gap in named.values())
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


def _of_image(estate: Estate, image: ContainerImage, gap: Gap) -> dict[str, Any]:
    patch = gap.patch
    found = to_datetime(max(patch.released_at + DAY, image.pushed_at + HOUR))
    details = {
        "name": patch.package,
        "version": patch.version,
        "release": "0",
        "epoch": patch.epoch,
        "packageManager": "OS",
        "fixedInVersion": f"{patch.epoch}:{patch.version}-{patch.release}",
    }
    base = score(estate.draws, patch, (gap.cve_id,))
    kind = "AWS_ECR_CONTAINER_IMAGE"
    row = _row(estate, image.repository.account_id, image.arn, kind, gap.cve_id, details)
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

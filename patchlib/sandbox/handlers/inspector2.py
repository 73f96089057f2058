"""Amazon Inspector: accounts with and without it, what it covers, and its findings on instances, images, functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from patchlib.sandbox.endpoint import Call, Handler, ServiceError
from patchlib.sandbox.handlers.inspector2_workloads import workload_coverage, workload_findings
from patchlib.sandbox.world.calendars import to_datetime
from patchlib.sandbox.world.catalogue import Patch
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.scans import Weakness, scanned_nodes, scans, score, weaknesses

__all__ = ["handlers"]

Rows = Callable[[Estate, str, str], Iterator[dict[str, Any]]]
_SOURCES = {
    "AMAZON_LINUX_2": "AMAZON_CVE",
    "AMAZON_LINUX_2023": "AMAZON_CVE",
    "REDHAT_ENTERPRISE_LINUX": "REDHAT_CVE",
    "UBUNTU": "UBUNTU_CVE",
    "WINDOWS": "MICROSOFT_KB",
}
# Of weaknesses, how many a rule of the account suppresses, and for how many an exploit is known.
_SUPPRESSED, _EXPLOITED = 0.02, 0.06
_LABELS = ((9.0, "CRITICAL"), (7.0, "HIGH"), (4.0, "MEDIUM"), (0.1, "LOW"))


def handlers(estate: Estate) -> dict[str, Handler]:
    """The operations of Inspector over one estate."""
    covered = _listing(estate, "coveredResources", "accountId", _coverage, {"resourceType": _among("resourceType")})
    found = _listing(
        estate,
        "findings",
        "awsAccountId",
        _findings,
        {
            "resourceType": lambda row, tests: _among("type")(row["resources"][0], tests),
            "findingStatus": _among("status"),
            "updatedAt": _since,
        },
    )
    return {
        "BatchGetAccountStatus": lambda call: _status(estate, call),
        "ListCoverage": covered,
        "ListFindings": found,
    }


def _is_administrator(estate: Estate, account_id: str) -> bool:
    account = estate.directory.account(account_id)
    return account is not None and account.is_delegated


def _status(estate: Estate, call: Call) -> dict[str, Any]:
    found, failed = [], []
    for account_id in call.params.get("accountIds") or [call.account_id]:
        if account_id != call.account_id and not _is_administrator(estate, call.account_id):
            failed.append({"accountId": account_id, "errorCode": "ACCESS_DENIED", "errorMessage": "Not a member."})
            continue
        on = scans(account_id)
        states = {kind: _state(kind in on) for kind in ("ec2", "ecr", "lambda", "lambdaCode")}
        found.append({"accountId": account_id, "state": _state(bool(on)), "resourceState": states})
    return {"accounts": found, "failedAccounts": failed}


def _state(is_on: bool) -> dict[str, str]:
    return {"status": "ENABLED" if is_on else "DISABLED", "errorCode": "ALREADY_ENABLED", "errorMessage": ""}


def _among(member: str) -> Callable[[dict[str, Any], list[dict[str, Any]]], bool]:
    return lambda row, tests: row[member] in {test["value"] for test in tests}


def _since(row: dict[str, Any], tests: list[dict[str, datetime]]) -> bool:
    latest = datetime.max.replace(tzinfo=row["updatedAt"].tzinfo)
    return any(test["startInclusive"] <= row["updatedAt"] <= test.get("endInclusive", latest) for test in tests)


def _listing(estate: Estate, member: str, account_filter: str, rows: Rows, filters: dict[str, Any]) -> Handler:
    """A listing of an account; of an administrator also of its members, unless the filter names accounts."""

    def handler(call: Call) -> dict[str, Any]:
        if not scans(call.account_id):
            raise ServiceError("AccessDeniedException", "Invoking account is not enabled.", 403)
        asked = dict(call.params.get("filterCriteria", {}))
        unknown = sorted(call.params.keys() - {"filterCriteria"} | asked.keys() - {account_filter, *filters})
        if unknown:
            raise ServiceError("ValidationException", f"The sandbox does not follow {unknown[0]} of {call.operation}.")
        if any(test.get("comparison", "EQUALS") != "EQUALS" for tests in asked.values() for test in tests):
            raise ServiceError("ValidationException", "The sandbox compares by EQUALS only.")
        every = [each.account_id for each in estate.directory.accounts]
        answered = every if _is_administrator(estate, call.account_id) else [call.account_id]
        if account_filter in asked:
            wanted = {test["value"] for test in asked.pop(account_filter)}
            answered = [each for each in answered if each in wanted]
        found = [row for account_id in answered for row in rows(estate, account_id, call.region)]
        return {member: [row for row in found if all(filters[name](row, tests) for name, tests in asked.items())]}

    return handler


def _coverage(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for each in scanned_nodes(estate, account_id, region):
        node = each.node
        system = "WINDOWS" if node.platform.is_windows else "LINUX"
        row: dict[str, Any] = {
            "resourceType": "AWS_EC2_INSTANCE",
            "resourceId": node.node_id,
            "accountId": account_id,
            "scanType": "PACKAGE",
            "scanStatus": {
                "statusCode": "ACTIVE" if each.reason == "SUCCESSFUL" else "INACTIVE",
                "reason": each.reason,
            },
            "resourceMetadata": {
                "ec2": {
                    "tags": node.tags,
                    "platform": system if node.platform.operating_system else "UNKNOWN",
                    **({"amiId": node.image.image_id} if node.image else {}),
                }
            },
        }
        looked = each.scanned_at
        yield row | ({"lastScannedAt": to_datetime(looked), "scanMode": "EC2_SSM_AGENT_BASED"} if looked else {})
    yield from workload_coverage(estate, account_id, region)


def _findings(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    looked = {each.node.node_id: each.scanned_at for each in scanned_nodes(estate, account_id, region)}
    for weakness in weaknesses(estate, account_id, region):
        yield _finding(estate, weakness, looked[weakness.node.node_id] or 0)
    yield from workload_findings(estate, account_id, region)


def _status_of(estate: Estate, weakness: Weakness) -> str:
    if weakness.closed_at is not None:
        return "CLOSED"
    draw = estate.draws.uniform("suppressed", weakness.node.service, weakness.name)
    return "SUPPRESSED" if draw < _SUPPRESSED else "ACTIVE"


def _finding(estate: Estate, weakness: Weakness, looked_at: int) -> dict[str, Any]:
    node, patch, draws = weakness.node, weakness.patch, estate.draws
    base = score(draws, patch, weakness.cve_ids)
    place = f"{node.region}:{node.account_id}"
    arn = f"arn:aws:inspector2:{place}:finding/{draws.hexadecimal(32, 'finding', node.node_id, weakness.name)}"
    changed = weakness.found_at if weakness.closed_at is None else weakness.closed_at
    related = weakness.cve_ids if node.platform.is_windows else ()
    return {
        "findingArn": arn,
        "awsAccountId": node.account_id,
        "type": "PACKAGE_VULNERABILITY",
        "title": f"{weakness.name} - {patch.package or patch.title}",
        "description": f"{patch.package or 'Windows'} lacks the update that mends {weakness.name}.",
        "remediation": {"recommendation": {"text": "None Provided"}},
        "severity": next(label for least, label in _LABELS if base >= least),
        "firstObservedAt": to_datetime(weakness.found_at),
        "lastObservedAt": to_datetime(looked_at if weakness.closed_at is None else weakness.closed_at),
        "updatedAt": to_datetime(changed),
        "status": _status_of(estate, weakness),
        "resources": [
            {
                "type": "AWS_EC2_INSTANCE",
                "id": node.node_id,
                "partition": "aws",
                "region": node.region,
                "tags": node.tags,
            }
        ],
        "inspectorScore": base,
        "packageVulnerabilityDetails": {
            "vulnerabilityId": weakness.name,
            "vulnerablePackages": [_package(weakness, *each) for each in weakness.packages],
            "source": _SOURCES[patch.operating_system],
            "vendorSeverity": patch.severity,
            "vendorCreatedAt": to_datetime(patch.released_at),
            "relatedVulnerabilities": list(related),
        },
        "fixAvailable": "YES",
        "exploitAvailable": "YES"
        if any(draws.uniform("exploit", cve) < _EXPLOITED for cve in weakness.cve_ids)
        else "NO",
        "epss": {"score": round(max(draws.uniform("epss", cve) ** 8 for cve in weakness.cve_ids), 5)},
    }


def _package(weakness: Weakness, patch: Patch, before: Patch | None) -> dict[str, Any]:
    """The package as it is; where nothing of its family is known to be there, as the release before its first."""
    if patch.is_windows:
        return {
            "name": weakness.node.platform.platform_name,
            "version": weakness.node.platform.platform_version,
            "packageManager": "OS",
            "fixedInVersion": patch.kb_id,
        }
    return {
        "name": patch.package,
        "version": before.version if before else patch.version,
        "epoch": patch.epoch,
        "release": before.release if before else "0",
        "arch": patch.arch.upper(),
        "packageManager": "OS",
        "fixedInVersion": f"{patch.epoch}:{patch.version}-{patch.release}",
    }

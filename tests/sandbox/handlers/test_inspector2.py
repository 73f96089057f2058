"""Promises of Inspector's handlers."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from patchlib.sandbox.endpoint import ServiceError
from patchlib.sandbox.organisation import Organisation
from tests.sandbox.handlers.conftest import DEVELOPMENT, PRODUCTION, Ask

SECURITY = "210400173928"


def listed(ask: Ask, account_id: str = PRODUCTION, **criteria: Any) -> list[dict[str, Any]]:
    asked = {
        name: [{"comparison": "EQUALS", "value": each} for each in values] if isinstance(values, tuple) else values
        for name, values in criteria.items()
    }
    return list(ask("inspector2", "ListFindings", account_id=account_id, filterCriteria=asked)["findings"])


def test_status_and_time_choose(ask: Ask, organisation: Organisation) -> None:
    """Open ones, those that changed, and both together as AWS combines them."""
    whole = listed(ask)
    assert {"ACTIVE", "SUPPRESSED", "CLOSED"} == {row["status"] for row in whole}
    assert {row["status"] for row in listed(ask, findingStatus=("ACTIVE", "SUPPRESSED"))} == {"ACTIVE", "SUPPRESSED"}
    since = organisation.as_of - timedelta(days=7)
    recent = listed(ask, updatedAt=[{"startInclusive": since}])
    assert 0 < len(recent) < len(whole)
    assert min(row["updatedAt"] for row in recent) >= since


def test_a_finding_names_what_mends_it(ask: Ask) -> None:
    """Package, version and fix; a KB number with its CVEs; every finding once."""
    found = listed(ask)
    assert len({row["findingArn"] for row in found}) == len(found)
    for row in found:
        details = row["packageVulnerabilityDetails"]
        assert all(package["fixedInVersion"] for package in details["vulnerablePackages"])
        assert details["vulnerabilityId"].startswith("CVE") or details["relatedVulnerabilities"]
    kinds = Counter(row["resources"][0]["type"] for row in found)
    assert set(kinds) == {"AWS_EC2_INSTANCE", "AWS_ECR_CONTAINER_IMAGE", "AWS_LAMBDA_FUNCTION"}


def test_an_administrator_answers_for_its_members(ask: Ask) -> None:
    """Unless it is asked for its own."""
    assert {row["awsAccountId"] for row in listed(ask, SECURITY)} > {SECURITY, PRODUCTION}
    assert {row["awsAccountId"] for row in listed(ask, SECURITY, awsAccountId=(SECURITY,))} == {SECURITY}
    assert listed(ask, awsAccountId=(SECURITY,)) == []


def test_an_account_may_not_be_activated(ask: Ask) -> None:
    """Its status says so, listings refuse in the service's words."""
    status = ask("inspector2", "BatchGetAccountStatus", account_id=DEVELOPMENT, accountIds=[DEVELOPMENT])
    assert [row["state"]["status"] for row in status["accounts"]] == ["DISABLED"]
    for operation in ("ListFindings", "ListCoverage"):
        with pytest.raises(ServiceError, match="not enabled"):
            ask("inspector2", operation, account_id=DEVELOPMENT)
    foreign = ask("inspector2", "BatchGetAccountStatus", account_id=DEVELOPMENT, accountIds=[PRODUCTION])
    assert [row["errorCode"] for row in foreign["failedAccounts"]] == ["ACCESS_DENIED"]


def test_what_the_sandbox_does_not_follow_is_refused(ask: Ask) -> None:
    """Filters that would be ignored, and comparisons that it does not make."""
    with pytest.raises(ServiceError, match="severity"):
        listed(ask, severity=("CRITICAL",))
    with pytest.raises(ServiceError, match="EQUALS"):
        listed(ask, findingStatus=[{"comparison": "PREFIX", "value": "A"}])


def test_coverage_says_why_not(ask: Ask) -> None:
    """What is scanned has an instant; the rest has a reason."""
    for row in ask("inspector2", "ListCoverage")["coveredResources"]:
        is_active = row["scanStatus"]["statusCode"] == "ACTIVE"
        assert is_active == (row["scanStatus"]["reason"] == "SUCCESSFUL")
        assert "lastScannedAt" in row or not is_active

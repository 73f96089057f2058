"""Promises of Security Hub's handlers."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from patchlib.sandbox.endpoint import ServiceError
from tests.sandbox.handlers.conftest import DEVELOPMENT, PRODUCTION, Ask
from tests.sandbox.handlers.test_config import results


def findings(ask: Ask, **filters: list[str]) -> list[dict[str, Any]]:
    asked = {name: [{"Value": each, "Comparison": "EQUALS"} for each in values] for name, values in filters.items()}
    return list(ask("securityhub", "GetFindings", Filters=asked)["Findings"])


def test_a_control_says_what_its_rule_says(ask: Ask) -> None:
    """SSM.2 rests on AWS Config's patch rule: passed where that is compliant, for the same nodes."""
    words = {"PASSED": "COMPLIANT", "FAILED": "NON_COMPLIANT"}
    found = {
        row["Resources"][0]["Id"].rpartition("/")[2]: words[row["Compliance"]["Status"]]
        for row in findings(ask, ComplianceSecurityControlId=["SSM.2"])
    }
    assert found == results(ask, "securityhub-ec2-managedinstance-patch")


def test_people_have_decided_about_some(ask: Ask) -> None:
    """Of what failed some is suppressed and some is with somebody; what passed is resolved."""
    workflow = Counter((row["Compliance"]["Status"], row["Workflow"]["Status"]) for row in findings(ask))
    assert {("FAILED", "NEW"), ("FAILED", "NOTIFIED"), ("FAILED", "SUPPRESSED"), ("PASSED", "RESOLVED")} == set(
        workflow
    )


def test_filters_choose(ask: Ask) -> None:
    """By account and Region there is all or nothing; what the sandbox does not follow is refused."""
    assert findings(ask, AwsAccountId=[PRODUCTION], Region=["eu-central-1"]) == findings(ask)
    assert findings(ask, AwsAccountId=[DEVELOPMENT]) == []
    with pytest.raises(ServiceError, match="RecordState"):
        findings(ask, RecordState=["ACTIVE"])


def test_an_account_may_have_no_hub(ask: Ask) -> None:
    """Then both operations refuse, in the service's words."""
    for operation in ("DescribeHub", "GetFindings"):
        with pytest.raises(ServiceError, match="InvalidAccessException"):
            ask("securityhub", operation, account_id=DEVELOPMENT)
    assert ask("securityhub", "DescribeHub")["HubArn"].endswith(f"{PRODUCTION}:hub/default")

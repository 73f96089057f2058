"""Images and functions are there where Inspector scans them."""

from __future__ import annotations

from patchlib.sandbox.handlers.inspector2_workloads import workload_coverage, workload_findings
from patchlib.sandbox.organisation import Organisation
from tests.sandbox.handlers.conftest import DEVELOPMENT, PRODUCTION

HOME = "eu-central-1"


def test_what_is_found_is_covered(organisation: Organisation) -> None:
    """Every finding is on an image or a function that is scanned; each CVE once for each of them."""
    covered = {row["resourceId"] for row in workload_coverage(organisation.estate, PRODUCTION, HOME)}
    found = list(workload_findings(organisation.estate, PRODUCTION, HOME))
    assert {row["resources"][0]["id"] for row in found} <= covered
    assert len({row["findingArn"] for row in found}) == len(found) > 5
    assert all(row["firstObservedAt"] <= organisation.as_of for row in found)


def test_elsewhere_there_is_none(organisation: Organisation) -> None:
    """They are in the home Region of accounts that scan them."""
    for account_id, region in ((DEVELOPMENT, HOME), (PRODUCTION, "us-east-1")):
        assert not list(workload_coverage(organisation.estate, account_id, region))
        assert not list(workload_findings(organisation.estate, account_id, region))

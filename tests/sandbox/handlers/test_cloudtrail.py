"""Promises of the trails."""

from patchlib.sandbox.organisation import Organisation
from tests.sandbox.handlers.conftest import DEVELOPMENT, PRODUCTION, Ask


def test_every_account_sees_the_organisations_trail(ask: Ask, organisation: Organisation) -> None:
    """As a shadow in member accounts, under the management account's ARN; not when shadows are not wanted."""
    (trail,) = ask("cloudtrail", "DescribeTrails", account_id=DEVELOPMENT, includeShadowTrails=True)["trailList"]
    assert trail["IsOrganizationTrail"]
    assert organisation.management_account_id in trail["TrailARN"]
    assert ask("cloudtrail", "DescribeTrails", account_id=DEVELOPMENT, includeShadowTrails=False)["trailList"] == []


def test_one_trail_writes_without_a_key(ask: Ask) -> None:
    """Somebody's debug trail goes to a bucket of its own, unencrypted by a key of its own and not validated."""
    trails = {trail["Name"]: trail for trail in ask("cloudtrail", "DescribeTrails", account_id=PRODUCTION)["trailList"]}
    assert "KmsKeyId" in trails["alderbrook-organization"]
    assert "KmsKeyId" not in trails["debug-2024"]
    assert not trails["debug-2024"]["LogFileValidationEnabled"]

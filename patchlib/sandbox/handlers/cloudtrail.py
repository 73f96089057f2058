"""AWS CloudTrail: where the record of what happened goes."""

from __future__ import annotations

from typing import Any

from patchlib.sandbox.endpoint import Call, Handler, ServiceError
from patchlib.sandbox.world.directory import HOME_REGION
from patchlib.sandbox.world.estate import Estate

__all__ = ["handlers"]

_SECURITY, _PRODUCTION_A = "210400173928", "210400173933"


def handlers(estate: Estate) -> dict[str, Handler]:
    """The operations of CloudTrail over one estate."""
    return {"DescribeTrails": lambda call: _trails(estate, call)}


def _trails(estate: Estate, call: Call) -> dict[str, Any]:
    if call.params.get("trailNameList"):
        raise ServiceError("InvalidTrailNameException", "The sandbox lists all trails, not some by name.")
    with_shadows = call.params.get("includeShadowTrails", True)
    is_home = call.region == HOME_REGION
    management = estate.directory.accounts[0].account_id
    found = []
    if with_shadows or (is_home and call.account_id == management):
        found.append(_organisation_trail(estate, management))
    # A trail somebody made to look into one thing, and left: its own bucket, no key.
    if call.account_id == _PRODUCTION_A and is_home:
        found.append(_trail(call.account_id, "debug-2024", "production-a-debug-trail", is_multi_region=False))
    return {"trailList": found}


def _trail(account_id: str, name: str, bucket: str, *, is_multi_region: bool) -> dict[str, Any]:
    return {
        "Name": name,
        "S3BucketName": bucket,
        "IncludeGlobalServiceEvents": is_multi_region,
        "IsMultiRegionTrail": is_multi_region,
        "HomeRegion": HOME_REGION,
        "TrailARN": f"arn:aws:cloudtrail:{HOME_REGION}:{account_id}:trail/{name}",
        "LogFileValidationEnabled": is_multi_region,
        "HasCustomEventSelectors": False,
        "HasInsightSelectors": False,
        "IsOrganizationTrail": False,
    }


def _organisation_trail(estate: Estate, management: str) -> dict[str, Any]:
    return _trail(management, "alderbrook-organization", "alderbrook-cloudtrail", is_multi_region=True) | {
        "IsOrganizationTrail": True,
        "KmsKeyId": f"arn:aws:kms:{HOME_REGION}:{_SECURITY}:key/{estate.draws.uuid('key', 'alderbrook-cloudtrail')}",
    }

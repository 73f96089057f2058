"""What comes over the wire: instants, error codes, whose endpoint answers, bodies that are not whole."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import botocore.parsers
import orjson
from botocore.retries.standard import ThrottledRetryableChecker

__all__ = ["NoInstant", "failure_state", "is_aws", "is_expired", "iso_instant", "refuse_damaged"]

# By state, how services spell it. Sources: "Common Errors" of the API References of EC2 (also "Error codes for the
# Amazon EC2 API"), S3, STS, Systems Manager, Organizations, Security Hub, Compute Optimizer, Elastic Beanstalk; the
# error shapes of botocore's models; what botocore retries as a throttle. Read 2026-11-25.
_STATES = {
    "denied": {
        "403",  # S3 to HEAD, which has no body for a code
        "AccessDenied",
        "AccessDeniedException",
        "AccessDeniedFault",
        "AccessDeniedForDependencyException",
        "AllAccessDisabled",
        "AuthorizationError",
        "AuthorizationErrorException",
        "Forbidden",
        "ForbiddenException",
        "InsufficientPrivilegesException",
        "NotAuthorized",
        "NotAuthorizedException",
        "OpsItemAccessDeniedException",
        "OrganizationAccessDeniedException",
        "UnauthorizedException",
        "UnauthorizedOperation",
    },
    "not_subscribed": {
        "InvalidAccessException",  # Security Hub: the account has not enabled it
        "NotSignedUp",
        "OptInRequired",
        "OptInRequiredException",
        "S3SubscriptionRequiredException",
        "SubscriptionRequiredException",
    },
    "disabled": {
        "AWSOrganizationsNotInUseException",
        "AuthFailure",
        "DisabledException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidToken",
        "NoAvailableConfigurationRecorderException",  # AWS Config: there is no recorder
        "NoSuchConfigurationRecorderException",
        "OrganizationsNotInUseException",
        "RegionDisabledException",
        "UnrecognizedClientException",
    },
    "throttled": {*ThrottledRetryableChecker._THROTTLED_ERROR_CODES},
    # What a listing had named and is no more when it is asked about.
    "gone": {
        "404",
        "AccountNotFoundException",
        "AccountNotRegisteredException",  # no delegated administrator any more
        "AssociationDoesNotExist",
        "AssociationExecutionDoesNotExist",
        "BlueGreenDeploymentNotFoundFault",
        "CacheClusterNotFound",
        "CertificateNotFound",
        "ClusterNotFoundException",  # ECS
        "DBClusterNotFoundFault",
        "DBClusterSnapshotNotFoundFault",
        "DBInstanceNotFound",
        "DBSnapshotNotFound",
        "DoesNotExistException",
        "EffectivePolicyNotFoundException",  # nothing that is attached reaches the account any more
        "ImageNotFoundException",
        "InvalidAMIID.NotFound",
        "InvalidAMIID.Unavailable",
        "InvalidDocument",  # Systems Manager: "The specified SSM document doesn't exist"
        "InvalidInstanceId",
        "InvalidInstanceID.NotFound",
        "InvalidLaunchTemplateId.NotFound",
        "InvalidLaunchTemplateId.VersionNotFound",
        "InvalidLaunchTemplateName.NotFoundException",
        "InvalidResourceId",
        "InvalidSnapshot.NotFound",
        "ListenerNotFound",
        "LoadBalancerNotFound",
        "NoSuchBucket",
        "NoSuchConfigRuleException",
        "NoSuchKey",
        "NoSuchResourceException",
        "NotFoundException",
        "ParentNotFoundException",
        "PolicyNotFoundException",
        "PullThroughCacheRuleNotFoundException",
        "ReplicationGroupNotFoundFault",
        "RepositoryNotFoundException",
        "ResourceNotDiscoveredException",  # AWS Config has never recorded it
        "ResourceNotFoundException",
        "ResourceNotFoundFault",
        "ServiceNotFoundException",  # ECS
        "ServiceUpdateNotFoundFault",
        "TargetGroupNotFound",
        "TargetNotFoundException",
    },
}
# IAM User Guide and Amazon S3 User Guide, "Troubleshoot access denied", read 2026-11-25: what denied is named as "with
# an explicit deny in a service control policy", newer answers add its ARN, or "because no ... policy allows".
_ORGANIZATION_DENIES = re.compile(
    r"(?:explicit deny in an?|because no) (?:service|resource) control polic(?:y|ies)", re.IGNORECASE
)
# Amazon Inspector's AccessDeniedException where it is not activated: "Invoking account is not enabled."
_NOT_ACTIVATED = re.compile(r"\baccount (?:\d+ )?is not (?:activated|enabled|subscribed)\b", re.IGNORECASE)
# Auto Scaling has no code of its own for a group that is no more: "AutoScalingGroup name not found".
_NOT_THERE = re.compile(r"\bnot found\b", re.IGNORECASE)
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
# The partitions' own names (botocore's endpoints.json); below some of them anyone's instance, load balancer, API or
# function answers.
_AWS_HOSTS = (
    ".amazonaws.com",
    ".amazonaws.com.cn",
    ".amazonaws.eu",
    ".api.aws",
    ".c2s.ic.gov",
    ".cloud.adc-e.uk",
    ".csp.hci.ic.gov",
    ".sc2s.sgov.gov",
)
_RENTED_LABELS = {"compute", "compute-1", "elb", "execute-api", "lambda-url"}


def failure_state(code: str, message: str = "") -> str:
    """The ledger's state for an AWS error.

    denied (by IAM), denied_by_organization, disabled (Region or service), not_subscribed, throttled, gone, else error.
    """
    state = next((state for state, codes in _STATES.items() if code in codes), "error")
    if state == "denied" and _ORGANIZATION_DENIES.search(message):
        return "denied_by_organization"
    if code == "ValidationError" and _NOT_THERE.search(message):
        return "gone"
    if state == "denied" and _NOT_ACTIVATED.search(message):
        return "not_subscribed"
    return state


def is_expired(code: str) -> bool:
    """Whether an error code says that credentials were good once."""
    return code in _EXPIRED


class NoInstant(botocore.parsers.ResponseParserError, ValueError):  # type: ignore[misc]
    """A value that should be an instant and is none: to botocore an answer that cannot be read."""


def iso_instant(value: Any) -> str:
    """An API timestamp, whichever of the protocols' spellings, as `YYYY-MM-DDTHH:MM:SS[.ffffff]Z`.

    Raises NoInstant for what is none.
    """
    try:
        instant = _instant(value)
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=UTC)
        return instant.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    except (OSError, OverflowError, TypeError, ValueError) as error:
        raise NoInstant(f"{value!r} is no instant") from error


def _instant(value: Any) -> datetime:
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    text = str(value)
    for parse in (datetime.fromisoformat, lambda number: datetime.fromtimestamp(float(number), UTC)):
        with suppress(ValueError):
            return parse(text)
    return parsedate_to_datetime(text)


def is_aws(endpoint: str) -> bool:
    """Whether an endpoint's address is AWS's own, in any partition."""
    host = urlsplit(endpoint).hostname or ""
    return host.endswith(_AWS_HOSTS) and _RENTED_LABELS.isdisjoint(host.split("."))


def refuse_damaged(http_response: Any, parsed: dict[str, Any], model: Any, **_: Any) -> None:
    """Raise for a body that did not arrive whole.

    botocore neither compares the length nor minds a JSON body that it cannot read: it answers without members
    and without a token, and a cut body would count as the end of an empty listing.
    """
    if model.has_streaming_output:
        return  # whoever reads the stream compares its length; looking here would use it up
    body = http_response.content
    announced = http_response.headers.get("Content-Length", "")
    if http_response.status_code >= 300 or "Content-Encoding" in http_response.headers:
        return
    if announced.isdecimal() and int(announced) != len(body):
        raise botocore.parsers.ResponseParserError(f"{len(body)} of {announced} bytes arrived")
    # Only an answer without members can be a body that was not read, so this costs nothing.
    if set(parsed) <= {"ResponseMetadata"} and "json" in model.service_model.resolved_protocol:
        try:
            orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise botocore.parsers.ResponseParserError(f"the answer is not whole: {error}") from error

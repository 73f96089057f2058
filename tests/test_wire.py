"""What comes over the wire is read one way, whichever protocol sent it."""

import re
from datetime import UTC, datetime

import botocore.session
import botocore.utils
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchlib import shapes
from patchlib.sandbox.refusals import Kind, refusal
from patchlib.sources import BUCKET_READS, SOURCES
from patchlib.wire import failure_state, is_aws, is_expired, iso_instant


@pytest.mark.parametrize(
    ("wire", "instant"),
    [
        (1793599200, "2026-11-02T06:00:00Z"),
        (1793599200.25, "2026-11-02T06:00:00.250000Z"),
        ("1793599200", "2026-11-02T06:00:00Z"),
        ("2026-11-02T06:00:00.000Z", "2026-11-02T06:00:00Z"),
        ("2026-11-02T08:00:00+02:00", "2026-11-02T06:00:00Z"),
        ("Mon, 02 Nov 2026 06:00:00 GMT", "2026-11-02T06:00:00Z"),
        ("2026-11-02T06:00:00", "2026-11-02T06:00:00Z"),
    ],
)
def test_every_spelling_of_an_instant_becomes_one(wire: object, instant: str) -> None:
    """Epoch numbers, ISO texts and HTTP dates all become naive UTC in ISO form."""
    assert iso_instant(wire) == instant


@given(st.datetimes(datetime.fromisoformat("1990-01-01"), datetime.fromisoformat("2090-01-01")))
def test_instants_agree_with_botocores_own_parser(moment: datetime) -> None:
    """The fast parser gives what botocore's slow one gives."""
    text = moment.replace(tzinfo=UTC).isoformat()
    expected = botocore.utils.parse_timestamp(text).astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    assert iso_instant(text) == expected


_IAM = "User: arn:aws:sts::210000000001:assumed-role/Reader/x is not authorized to perform: ssm:ListNodes"


@pytest.mark.parametrize(
    ("state", "code", "message"),
    [
        ("denied", "AccessDeniedException", f"{_IAM} because no identity-based policy allows the ssm:ListNodes action"),
        ("denied", "AccessDenied", f"{_IAM} with an explicit deny in a permissions boundary"),
        ("denied", "AccessDenied", f"{_IAM} with an explicit deny in a session policy"),
        ("denied", "AccessDenied", f"{_IAM} with an explicit deny in a VPC endpoint policy"),
        ("denied", "UnauthorizedOperation", "You are not authorized. Encoded authorization failure message: x1Y"),
        ("denied", "AuthorizationError", ""),
        ("denied", "403", "Forbidden"),
        ("denied", "InsufficientPrivilegesException", ""),
        (
            "denied_by_organization",
            "AccessDeniedException",
            f"{_IAM} with an explicit deny in a service control policy",
        ),
        (
            "denied_by_organization",
            "AccessDenied",
            f"{_IAM} with an explicit deny in a service control policy: arn:aws:organizations::210000000001:policy/p-1",
        ),
        ("denied_by_organization", "AccessDenied", f"{_IAM} with an explicit deny in a resource control policy"),
        ("denied_by_organization", "AccessDenied", f"{_IAM} because no service control policy allows the action"),
        ("denied_by_organization", "AccessDenied", f"{_IAM} because no resource control policy allows the action"),
        (
            "denied_by_organization",
            "UnauthorizedOperation",
            "You are not authorized to perform this operation. User: u is not authorized to perform: ec2:Describe* "
            "with an explicit deny in a service control policy. Encoded authorization failure message: x1Y",
        ),
        (
            "not_subscribed",
            "SubscriptionRequiredException",
            "Premium Support Subscription is required",
        ),
        ("not_subscribed", "OptInRequired", "You are not subscribed to this service."),
        ("not_subscribed", "OptInRequiredException", "Aws account is not registered for recommendations"),
        ("not_subscribed", "NotSignedUp", "Your account is not signed up for the S3 service"),
        ("not_subscribed", "InvalidAccessException", "Account 210000000001 is not subscribed to AWS Security Hub"),
        ("not_subscribed", "AccessDeniedException", "Invoking account is not enabled."),
        ("disabled", "UnrecognizedClientException", "The security token included in the request is invalid."),
        ("disabled", "AuthFailure", "AWS was not able to validate the provided access credentials"),
        ("disabled", "InvalidClientTokenId", ""),
        ("disabled", "InvalidAccessKeyId", ""),
        ("disabled", "RegionDisabledException", "STS is not activated in this region for account"),
        ("disabled", "AWSOrganizationsNotInUseException", ""),
        ("throttled", "ThrottlingException", "Rate exceeded"),
        ("throttled", "RequestLimitExceeded", "Request limit exceeded."),
        ("throttled", "SlowDown", ""),
        ("gone", "InvalidInstanceId", ""),
        ("gone", "NoSuchKey", "The specified key does not exist."),
        ("error", "InternalError", ""),
        ("error", "ValidationException", "no service control policy is meant by this"),
    ],
)
def test_failures_have_a_state(state: str, code: str, message: str) -> None:
    """Denials by IAM and by an organisation, closed Regions, lacking subscriptions and throttles are told apart."""
    assert failure_state(code, message) == state


@pytest.mark.parametrize("protocol", ["json", "rest-json", "query", "ec2", "rest-xml"])
@pytest.mark.parametrize(
    ("kind", "state"), [("denied", "denied"), ("throttled", "throttled"), ("unrecognized", "disabled")]
)
def test_every_protocol_spells_the_same_state(protocol: str, kind: Kind, state: str) -> None:
    """Whatever a protocol calls a refusal, the ledger calls it one thing."""
    assert failure_state(refusal(kind, protocol, "text").code) == state


@pytest.mark.parametrize("protocol", ["json", "rest-json", "query", "ec2", "rest-xml"])
def test_every_protocol_says_that_credentials_have_expired(protocol: str) -> None:
    """Credentials that were good once are no denial."""
    code = refusal("expired", protocol, "text").code
    assert is_expired(code)
    assert failure_state(code) == "error"
    assert not is_expired("InvalidClientTokenId")


def test_every_code_that_is_retried_as_a_throttle_is_one() -> None:
    """The ledger agrees with botocore on what throttling is, and an account without organisation is no fault."""
    codes = [
        "RequestLimitExceeded",
        "EC2ThrottledException",
        "ThrottledException",
        "PriorRequestNotComplete",
        "SlowDown",
    ]
    assert {failure_state(code) for code in codes} == {"throttled"}
    assert failure_state("AWSOrganizationsNotInUseException") == "disabled"


def test_every_partitionis_aws() -> None:
    """Endpoints of all partitions that botocore knows count as AWS's own; what one can rent there does not."""
    for partition in botocore.session.Session().get_data("endpoints")["partitions"]:
        assert is_aws(f"https://sts.some-region-1.{partition['dnsSuffix']}"), partition["partition"]
    rented = ("i.eu-west-1.compute", "i.compute-1", "own-1.elb.eu-west-1", "a1.execute-api.eu-west-1")
    for host in (*(f"{name}.amazonaws.com" for name in rented), "127.0.0.1"):
        assert not is_aws(f"http://{host}:8080")


def test_a_group_that_is_no_more_is_gone() -> None:
    """Auto Scaling tells it by its words alone; any other misfit of a request stays an error."""
    assert failure_state("ValidationError", "AutoScalingGroup name not found - null") == "gone"
    assert failure_state("ValidationError", "1 validation error detected") == "error"


# How botocore's models word that something asked about is not there, in an error's code or in its description.
_NOT_THERE = re.compile(r"NotFound|NotExist|NoSuch|n.t exist|not exist|n.t find|n.t be found|not registered")
_OTHERWISE = {
    "InvalidDocumentVersion": "no version is asked for, so it would be a fault of the request",
    "InvalidTarget": "no target is asked for, and one that does not fit its group is there all the same",
    "LifecyclePolicyNotFoundException": "that there is none is an answer about the repository, with a row of its own",
    "ScanNotFoundException": "that there is none is an answer about the image, with a row of its own",
    "NoSuchConfigurationRecorderException": "no recorder is asked for by name: where there is none, the service is off",
}


def test_every_modelled_not_found_of_the_catalogue_is_gone() -> None:
    """A thing that vanished between list and detail must not pass for a failure of the operation."""
    worded: dict[str, str] = {}
    for service, operation in sorted({(each.service, each.operation) for each in SOURCES} | BUCKET_READS):
        for error in shapes.operation_model(service, operation).error_shapes:
            code = error.metadata.get("error", {}).get("code") or error.name
            if _NOT_THERE.search(f"{code} {error.documentation}"):
                worded[code] = failure_state(code)
    assert _OTHERWISE.keys() <= worded.keys(), "an exception that no longer needs to be one"
    assert {code for code, state in worded.items() if state != "gone"} == set(_OTHERWISE)


@pytest.mark.parametrize(
    "code",
    [
        "InvalidAMIID.NotFound",
        "InvalidLaunchTemplateId.NotFound",
        "InvalidLaunchTemplateName.NotFoundException",
        "InvalidSnapshot.NotFound",
    ],
)
def test_what_ec2_no_longer_knows_is_gone(code: str) -> None:
    """EC2 models no error; its codes are from "Error codes for the Amazon EC2 API"."""
    assert failure_state(code) == "gone"

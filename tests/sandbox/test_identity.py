"""Promises of the sandbox's STS: roles switch accounts, and everyone can be asked who they are."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from patchlib.sandbox.endpoint import Endpoint
from patchlib.sandbox.identity import Sessions, role_account
from patchlib.sandbox.refusals import ServiceError
from tests.sandbox.conftest import ACCOUNT, Connect

AS_OF = datetime(2026, 11, 2, 6, tzinfo=UTC)
ROLE = "arn:aws:iam::222222222222:role/path/to/reader"
ASKED = {"RoleArn": ROLE, "RoleSessionName": "patchlib"}


def test_a_role_switches_the_account(connect: Connect) -> None:
    """The session's keys name the role's account, and its identity is the role."""
    endpoint = Endpoint({}, as_of=AS_OF)
    sts = connect(endpoint, "sts")
    assert sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/sandbox"
    role = sts.assume_role(**ASKED)
    identity = connect(endpoint, "sts", credentials=role["Credentials"]).get_caller_identity()
    assert identity["Account"] == "222222222222"
    assert identity["Arn"] == "arn:aws:sts::222222222222:assumed-role/reader/patchlib" == role["AssumedRoleUser"]["Arn"]
    assert identity["UserId"] == role["AssumedRoleUser"]["AssumedRoleId"]


def test_a_session_does_not_expire_on_any_wall_clock(connect: Connect) -> None:
    """So an as_of in the past or in the future works alike."""
    expiration = connect(Endpoint({}, as_of=AS_OF), "sts").assume_role(**ASKED)["Credentials"]["Expiration"]
    assert expiration.astimezone(UTC) == datetime(2099, 12, 31, tzinfo=UTC)


def test_each_session_has_credentials_of_its_own() -> None:
    """Two sessions of one role differ; two sandboxes give the same."""
    one, two = Sessions(), Sessions()
    first, second = one.assume(ASKED), one.assume(ASKED)
    assert first["Credentials"]["SessionToken"] != second["Credentials"]["SessionToken"]
    assert first == two.assume(ASKED)


@pytest.mark.parametrize("arn", ["arn:aws:iam::222222222222:user/someone", "arn:aws:iam::2222:role/reader"])
def test_only_the_arn_of_a_role_can_be_assumed(arn: str) -> None:
    """Anything else is a validation error."""
    with pytest.raises(ServiceError, match="is invalid"):
        role_account({"RoleArn": arn})


@pytest.mark.parametrize(
    ("service", "method", "code"),
    [
        ("sts", "get_caller_identity", "InvalidClientTokenId"),
        ("ssm", "describe_patch_groups", "UnrecognizedClientException"),
        ("ec2", "describe_regions", "AuthFailure"),
    ],
)
def test_a_key_that_is_not_the_sandboxs_is_refused(connect: Connect, service: str, method: str, code: str) -> None:
    """Real credentials that strayed here must not look like they work."""
    foreign = {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "any"}
    with pytest.raises(ClientError) as caught:
        getattr(connect(Endpoint({}, as_of=AS_OF), service, credentials=foreign), method)()
    assert caught.value.response["Error"]["Code"] == code

"""Every refusal has a denier in words, and a next step for whoever reads it."""

import pytest

from patchlib.denial import is_shut_out, opinion
from patchlib.errors import CallFailed

USER = "User: arn:aws:iam::210000000001:user/x is not authorized to perform: ssm:DescribePatchBaselines"


@pytest.mark.parametrize(
    ("state", "message", "denied_by", "next_step"),
    [
        (
            "denied_by_organization",
            f"{USER} on resource: arn:aws:ssm:x with an explicit deny in a service control policy",
            "service control policy, by an explicit deny",
            "the owner of the organisation's policies",
        ),
        (
            "denied",
            f"{USER} because no service control policy allows the ssm:DescribePatchBaselines action",
            "service control policy: none allows ssm:DescribePatchBaselines",
            "the owner of the organisation's policies",
        ),
        (
            "denied",
            f"{USER} with an explicit deny in a resource control policy",
            "resource control policy, by an explicit deny",
            "the owner of the organisation's policies",
        ),
        (
            "denied",
            f"{USER} with an explicit deny in an identity-based policy, with policy ARN: arn:aws:iam::1:policy/No",
            "identity-based policy arn:aws:iam::1:policy/No, by an explicit deny",
            "the owner of the identity-based policy",
        ),
        (
            "denied",
            f"{USER} because no permissions boundary allows the ssm:DescribePatchBaselines action",
            "permissions boundary: none allows ssm:DescribePatchBaselines",
            "the owner of the permissions boundary",
        ),
        (
            "denied",
            f"{USER} because no session policy allows the ssm:DescribePatchBaselines action",
            "session policy: none allows ssm:DescribePatchBaselines",
            "the owner of the session policy",
        ),
        (
            "denied",
            f"{USER} because no VPC endpoint policy allows the ssm:DescribePatchBaselines action",
            "VPC endpoint policy: none allows ssm:DescribePatchBaselines",
            "the owner of the VPC endpoint policy",
        ),
        (
            "denied",
            "You are not authorized to perform this operation. Encoded authorization failure message: abc",
            "a policy; AWS does not say which",
            "CloudTrail",
        ),
        (
            "denied",
            "User: x is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::2:role/R",
            "the role: it is missing, or it does not trust the caller",
            "--cloudformation member",
        ),
        (
            "denied",
            "User: x is not authorized to perform: sts:AssumeRole because no role trust policy allows the "
            "sts:AssumeRole action",
            "the role: it is missing, or it does not trust the caller",
            "trust policy",
        ),
        (
            "denied",
            "User: x is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::2:role/R because no "
            "identity-based policy allows the sts:AssumeRole action",
            "identity-based policy: none allows sts:AssumeRole",
            "patchlib policy --role NAME",
        ),
        ("role_missing", "AccessDenied", "the role: it is missing, or it does not trust the caller", "trust policy"),
        ("disabled", "The security token is invalid", "nobody: the Region or the service is not enabled", "regions"),
        ("not_subscribed", "", "nobody: the account has no subscription to the service", "Subscribe"),
        ("throttled", "Rate exceeded", "AWS: too many calls, ours or another tool's", "rates"),
        ("error", "Internal", "unknown: SomeCode", "Internal"),
    ],
)
def test_every_refusal_has_a_denier_and_a_next_step(state: str, message: str, denied_by: str, next_step: str) -> None:
    """AWS's own words decide, then the ledger's state."""
    found = opinion(CallFailed(state, "SomeCode", message, where="x"), "ssm:DescribePatchBaselines")
    assert found.denied_by == denied_by
    assert next_step in found.next_step


@pytest.mark.parametrize(
    ("state", "message", "shut_out"),
    [
        ("role_missing", "AccessDenied", True),
        ("denied", "User: x is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::2:role/R", True),
        ("denied", USER, False),
        ("throttled", "Rate exceeded", False),
    ],
)
def test_a_role_that_cannot_be_assumed_shuts_the_account(state: str, message: str, shut_out: bool) -> None:
    """Whether asking anything else there can help."""
    assert is_shut_out(CallFailed(state, "AccessDenied", message, where="x")) is shut_out

"""Promises of the sandbox organisation: what an endpoint and a test need of it."""

from datetime import UTC, datetime

import pytest

from patchlib.sandbox.organisation import DEFAULT_AS_OF, Organisation

HOME = "eu-central-1"


@pytest.fixture(scope="module")
def organisation() -> Organisation:
    return Organisation(seed=3, nodes=40)


def test_face(organisation: Organisation) -> None:
    """It has the present, the home Region and the management account that others rely on."""
    assert organisation.as_of == DEFAULT_AS_OF == datetime(2026, 11, 2, 6, tzinfo=UTC)
    assert organisation.home_region == HOME
    assert organisation.management_account_id == organisation.estate.directory.accounts[0].account_id


def test_handlers_only_read(organisation: Organisation) -> None:
    """Every operation begins with Describe, Get or List."""
    assert all(operation.startswith(("Describe", "Get", "List")) for _, operation in organisation.handlers)


@pytest.mark.parametrize(
    ("name", "is_open"), [("production-a", True), ("partner-integration", False), ("legacy-warehouse", False)]
)
def test_roles_of_closed_accounts_cannot_be_assumed(organisation: Organisation, name: str, is_open: bool) -> None:
    """AssumeRole is refused in the suspended and in the closed account, with STS's code."""
    account = next(a for a in organisation.estate.directory.accounts if a.name == name)
    refused = organisation.refusal(account.account_id, "sts", "AssumeRole", HOME)
    assert (refused is None) == is_open
    if refused is not None:
        assert refused.code == "AccessDenied"
        assert refused.message.endswith(f"arn:aws:iam::{account.account_id}:role/PatchlibReader")


def test_unknown_accounts_are_refused(organisation: Organisation) -> None:
    """An account outside the organisation gives nothing."""
    refused = organisation.refusal("999999999999", "ec2", "DescribeInstances", HOME)
    assert refused is not None
    assert refused.code == "UnauthorizedOperation"


def test_the_denied_cell_names_the_policy(organisation: Organisation) -> None:
    """The denied cell's Systems Manager refuses in a service control policy's words; EC2 answers."""
    staging = next(a for a in organisation.estate.directory.accounts if a.name == "staging").account_id
    refused = organisation.refusal(staging, "ssm", "DescribeInstanceInformation", "us-east-1")
    assert refused is not None
    assert refused.code == "AccessDeniedException"
    assert refused.message.endswith("with an explicit deny in a service control policy")
    assert organisation.refusal(staging, "ec2", "DescribeInstances", "us-east-1") is None
    assert organisation.refusal(staging, "ssm", "DescribeInstanceInformation", HOME) is None


def test_naive_instants_are_utc() -> None:
    """A naive as_of means UTC."""
    naive = datetime(2026, 5, 1, 12, tzinfo=UTC).replace(tzinfo=None)
    assert Organisation(nodes=5, as_of=naive).as_of == datetime(2026, 5, 1, 12, tzinfo=UTC)

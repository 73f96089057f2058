"""Promises of the sandbox organisation: what an endpoint and a test need of it."""

from datetime import UTC, datetime
from pathlib import Path

import botocore.session
import pytest

from patchlib.aws import Reader
from patchlib.budget import RateBudget
from patchlib.extract import extract
from patchlib.sandbox.endpoint import Endpoint
from patchlib.sandbox.inprocess import attach
from patchlib.sandbox.organisation import DEFAULT_AS_OF, Organisation
from patchlib.sandbox.routing import is_read
from patchlib.settings import Rates, Settings
from patchlib.snapshot import open_snapshot
from patchlib.sources import ALLOWED
from tests.estate import Told

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
    """Every operation begins with a word that AWS gives to reads."""
    assert all(is_read(operation) for _, operation in organisation.handlers)


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


def test_only_the_readers_role_can_be_assumed(organisation: Organisation) -> None:
    """A mistyped name, another path and a role of the world's own pipelines are refused as STS refuses them all."""
    account = next(a for a in organisation.estate.directory.accounts if a.name == "production-a").account_id
    arn = f"arn:aws:iam::{account}:role/"
    assert organisation.role_refusal(f"{arn}PatchlibReader") is None
    for role in ("PatchlibReeder", "audit/PatchlibReader", "ImagePipeline"):
        refused = organisation.role_refusal(arn + role)
        assert refused is not None
        assert (refused.code, refused.status) == ("AccessDenied", 403)
        assert refused.message.endswith(f"sts:AssumeRole on resource: {arn}{role}")


@pytest.mark.parametrize("role", ["PatchlibReader", "PatchlibReeder"])
def test_a_mistyped_role_shows_in_the_ledger(organisation: Organisation, role: str, tmp_path: Path) -> None:
    """As on AWS: the account is `role_missing`, the caller's own is read, and the reader's role opens both."""
    own, other = (each.account_id for each in organisation.estate.directory.accounts[:2])
    settings = Settings(accounts=(own, other), home_region=HOME, regions=(HOME,), role=role, threads=2)
    session = botocore.session.Session()
    session.set_credentials(f"AKIA{own}TEST", "x")
    attach(session, Endpoint(organisation.handlers, as_of=organisation.as_of, organisation=organisation))
    budget = RateBudget(Rates(default=1e9, burst=1000), sleep=lambda _seconds: None)
    reader = Reader(settings, ALLOWED, session=session, budget=budget)
    cells = open_snapshot(extract(settings, tmp_path, reader=reader, progress=Told())).cells
    listed = {each.account_id: each.state for each in cells if each.source == "ec2_instance"}
    is_open = role == "PatchlibReader"
    assert listed[own] in {"ok", "empty"}
    assert (listed[other] in {"ok", "empty"}) == is_open
    assert (listed[other] == "role_missing") != is_open

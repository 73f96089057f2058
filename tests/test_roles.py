"""Reader roles: whose name and external id, renewed in the middle of a listing, and what an end means for the run."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import botocore.credentials
import botocore.exceptions
import botocore.session
import pytest

from patchlib.aws import Answer, Reader
from patchlib.budget import RateBudget
from patchlib.errors import AccessDenied, CallFailed, CredentialsExpired
from patchlib.roles import Roles
from patchlib.sandbox.endpoint import Endpoint
from patchlib.sandbox.faults import ExpiredToken, Faults, RegionDisabled, ServiceRefuses
from patchlib.sandbox.inprocess import attach
from patchlib.settings import Settings
from patchlib.sources import ALLOWED
from tests.stepped import SteppedTime

OWN, MEMBER, OTHER = "210000000001", "210000000002", "210000000003"
REGION = "eu-west-1"
GROUPS = 230
SETTINGS = Settings(home_region=REGION, role="Reader")


class _Door:
    """A reader over the sandbox, and what it asked STS for."""

    def __init__(self, *faults: Any, settings: Settings = SETTINGS) -> None:
        rows = [{"PatchGroup": f"group-{n}"} for n in range(GROUPS)]
        self.served = Endpoint(
            {("ssm", "DescribePatchGroups"): lambda _call: {"Mappings": rows}},
            as_of=datetime(2026, 11, 2, 6, tzinfo=UTC),
            faults=Faults(fault=faults),
        )
        self.session = botocore.session.Session()
        self.session.set_credentials(f"AKIA{OWN}TEST", "x")
        attach(self.session, self.served)
        self.assumed: list[dict[str, str]] = []
        self.session.register("before-call.sts.AssumeRole", self._note)
        time = SteppedTime()
        budget = RateBudget(settings.rates, clock=time.clock, sleep=time.sleep)
        self.reader = Reader(settings, ALLOWED, session=self.session, budget=budget)

    def _note(self, params: dict[str, Any], **_: Any) -> None:
        self.assumed.append({key: params["body"][key] for key in ("RoleArn", "ExternalId") if key in params["body"]})

    def ask(self, account_id: str, token: str | None = None) -> Answer:
        asked = {"MaxResults": 10} | ({"NextToken": token} if token else {})
        return self.reader.call(account_id, REGION, "ssm", "DescribePatchGroups", asked)

    def listing(self, account_id: str) -> list[str]:
        found, token = [], None
        while True:
            page = self.ask(account_id, token).response
            found += [row["PatchGroup"] for row in page["Mappings"]]
            token = page.get("NextToken")
            if token is None:
                return found


def test_each_account_is_read_with_its_own_role() -> None:
    """A role of an account, with its path, goes before the role of all; the caller's own account needs none."""
    settings = Settings(
        home_region=REGION,
        role="Reader",
        external_id="of-all",
        roles={OTHER: "teams/web/PatchReader"},
        external_ids={OTHER: "of-one"},
    )
    door = _Door(settings=settings)
    door.reader.caller()
    answers = [
        door.reader.call(account, REGION, "sts", "GetCallerIdentity", {}).response for account in (OWN, MEMBER, OTHER)
    ]
    assert [answer["Account"] for answer in answers] == [OWN, MEMBER, OTHER]
    assert [answer["Arn"].split("/", 1)[0] for answer in answers[1:]] == [
        f"arn:aws:sts::{MEMBER}:assumed-role",
        f"arn:aws:sts::{OTHER}:assumed-role",
    ]
    assert door.assumed == [
        {"RoleArn": f"arn:aws:iam::{MEMBER}:role/Reader", "ExternalId": "of-all"},
        {"RoleArn": f"arn:aws:iam::{OTHER}:role/teams/web/PatchReader", "ExternalId": "of-one"},
    ]


def test_the_callers_own_account_may_have_a_role_by_name() -> None:
    """A role named for the caller's own account is assumed there too."""
    door = _Door(settings=Settings(home_region=REGION, roles={OWN: "Reader"}))
    door.reader.caller()
    answer = door.reader.call(OWN, REGION, "sts", "GetCallerIdentity", {}).response
    assert answer["Arn"] == f"arn:aws:sts::{OWN}:assumed-role/Reader/patchlib"


@pytest.mark.parametrize("after", [1, 3, 10])
def test_a_role_that_expires_in_the_middle_loses_nothing(after: int) -> None:
    """Sessions that end every few calls, as chained roles' do every hour, cost a renewal and no row."""
    door = _Door(ExpiredToken(account_id=MEMBER, after=after, service="ssm"))
    door.reader.caller()
    assert door.listing(MEMBER) == [f"group-{n}" for n in range(GROUPS)]
    assert len(door.assumed) >= GROUPS // 10 // after


def test_each_account_gets_one_role_for_all_its_clients() -> None:
    """STS is asked once an account, however many Regions and services are read in it."""
    door = _Door()
    door.reader.caller()
    for account_id in (MEMBER, OTHER, MEMBER):
        for region in (REGION, "us-east-1"):
            door.reader.call(account_id, region, "ssm", "DescribePatchGroups", {})
            door.reader.call(account_id, region, "sts", "GetCallerIdentity", {})
    assert [each["RoleArn"] for each in door.assumed] == [
        f"arn:aws:iam::{account}:role/Reader" for account in (MEMBER, OTHER)
    ]


def test_a_role_that_is_never_good_is_an_error() -> None:
    """Renewed once and still expired: the listing fails, the run goes on."""
    door = _Door(ExpiredToken(account_id=MEMBER, after=0, service="ssm"))
    door.reader.caller()
    with pytest.raises(CallFailed, match="expired") as caught:
        door.ask(MEMBER)
    assert caught.value.state == "error"


def test_a_callers_own_credentials_that_end_end_the_run() -> None:
    """They were good; now nothing can be read until somebody signs in again, and the error says how to go on."""
    door = _Door(ExpiredToken(account_id=OWN, after=2, service="ssm"))
    door.reader.caller()
    for _ in range(2):
        door.ask(OWN)
    with pytest.raises(CredentialsExpired, match=r"aws sso login.*--resume") as caught:
        door.ask(OWN)
    assert (caught.value.exit_code, caught.value.code) == (3, "ExpiredTokenException")


@pytest.mark.parametrize(
    "refused", [ExpiredToken(after=1, service="sts", operation="AssumeRole"), "InvalidClientTokenId"]
)
def test_a_renewal_that_the_caller_may_no_longer_ask_for_ends_the_run(refused: Any) -> None:
    """A role expires and cannot be renewed because the caller's own credentials have ended, or are no longer known."""
    door = _Door(
        ExpiredToken(account_id=MEMBER, after=2, service="ssm"), *([] if isinstance(refused, str) else [refused])
    )
    door.reader.caller()
    for _ in range(2):
        door.ask(MEMBER)
    if isinstance(refused, str):
        door.reader._sts().meta.events.register("before-call.sts.AssumeRole", _refuse(refused))
    with pytest.raises(CredentialsExpired):
        door.ask(MEMBER)


def _refuse(code: str) -> Any:
    def refuse(**_: Any) -> None:
        raise botocore.exceptions.ClientError({"Error": {"Code": code, "Message": ""}}, "AssumeRole")

    return refuse


class _Ending(botocore.credentials.Credentials):
    """Credentials of a sign-in that ends after some uses, as IAM Identity Center's do."""

    def __init__(self, uses: int) -> None:
        super().__init__(f"AKIA{OWN}TEST", "x")
        self._left = uses

    def get_frozen_credentials(self) -> Any:
        self._left -= 1
        if self._left < 0:
            raise botocore.exceptions.UnauthorizedSSOTokenError
        return super().get_frozen_credentials()


def test_a_sign_in_that_ends_ends_the_run() -> None:
    """The chain can get no more credentials: not the listing's fault, and not an error of the cell."""
    door = _Door()
    door.session._credentials = _Ending(2)
    door.reader.caller()
    door.ask(OWN)
    with pytest.raises(CredentialsExpired, match="SSO"):
        door.ask(OWN)


def test_credentials_that_never_were_good_are_refused_at_once() -> None:
    """Before anything was read there is nothing to resume."""
    door = _Door(ExpiredToken(after=0))
    with pytest.raises(AccessDenied):
        door.reader.caller()


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (ServiceRefuses(service="sts", operation="AssumeRole", code="AccessDenied", status=403), "role_missing"),
        (
            ServiceRefuses(
                service="sts",
                operation="AssumeRole",
                code="AccessDenied",
                message="not authorized with an explicit deny in a service control policy",
                status=403,
            ),
            "denied_by_organization",
        ),
        (ServiceRefuses(service="sts", operation="AssumeRole", code="Throttling"), "throttled"),
        (ServiceRefuses(service="ssm", code="AccessDeniedException"), "denied"),
        (RegionDisabled(region=REGION, service="ssm"), "disabled"),
    ],
)
def test_a_refused_role_is_told_from_a_refused_call(fault: Any, state: str) -> None:
    """STS does not say whether a role is missing or trusts somebody else: one state; a policy's denial is another."""
    door = _Door(fault)
    door.reader.caller()
    with pytest.raises(CallFailed) as caught:
        door.ask(MEMBER)
    assert caught.value.state == state


def test_roles_are_asked_for_in_the_callers_partition() -> None:
    """The ARN of a role takes its partition from the caller's."""
    asked: list[str] = []

    class _Sts:
        def assume_role(self, **params: str) -> Any:
            asked.append(params["RoleArn"])
            ends = datetime(2099, 1, 1, tzinfo=UTC).isoformat()
            keys = {"AccessKeyId": "A", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": ends}
            return {"Credentials": keys}

    roles = Roles(SETTINGS, _Sts, lambda: "aws-cn")
    taken = roles.credentials(MEMBER)
    assert asked == [f"arn:aws-cn:iam::{MEMBER}:role/Reader"]
    assert roles.known(MEMBER) is taken
    roles.forget(MEMBER, taken)
    assert roles.known(MEMBER) is None
    renewed = roles.credentials(MEMBER)
    roles.forget(MEMBER, taken)
    assert roles.known(MEMBER) is renewed

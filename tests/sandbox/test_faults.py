"""Promises of the faults: each does what it says, repeatably, and a bad fault file is one clear line."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from botocore.parsers import ResponseParserError

from patchlib.errors import SettingInvalid
from patchlib.sandbox.endpoint import Call, Endpoint
from patchlib.sandbox.faults import (
    AccessDenied,
    Cell,
    ClosedConnection,
    DroppedBody,
    DuplicateItem,
    ExpiredToken,
    Fault,
    FaultPlay,
    Faults,
    Latency,
    MalformedBody,
    PageCap,
    RegionDisabled,
    ServerError,
    ServiceRefuses,
    Throttling,
    load_faults,
)
from patchlib.sandbox.refusals import ServiceError
from tests.sandbox.conftest import ACCOUNT, Connect

AS_OF = datetime(2026, 11, 2, 6, tzinfo=UTC)
OTHER = "222222222222"


class Clock:
    """Seconds that go by only when told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def groups(_: Call) -> dict[str, Any]:
    """Twenty-five patch groups."""
    return {"Mappings": [{"PatchGroup": f"group {n}"} for n in range(25)]}


def regions(_: Call) -> dict[str, Any]:
    """Two Regions."""
    return {"Regions": [{"RegionName": "eu-west-1"}, {"RegionName": "us-east-1"}]}


def endpoint_with(*faults: Fault, **settings: Any) -> Endpoint:
    """An endpoint of two operations and some faults."""
    handlers = {("ssm", "DescribePatchGroups"): groups, ("ec2", "DescribeRegions"): regions}
    return Endpoint(handlers, as_of=AS_OF, faults=Faults(fault=faults), **settings)


def code_of(caught: pytest.ExceptionInfo[ClientError]) -> str:
    """The error code boto3 saw."""
    return str(caught.value.response["Error"]["Code"])


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore retries without sleeping."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)


def test_access_is_denied_where_the_fault_says_and_nowhere_else(connect: Connect) -> None:
    """Account, service and operation narrow it; the message can be that of a service control policy."""
    message = "User is not authorized to perform ssm:DescribePatchGroups with an explicit deny in an SCP"
    endpoint = endpoint_with(AccessDenied(account_id=OTHER, service="ssm", message=message))
    with pytest.raises(ClientError, match="explicit deny in an SCP") as caught:
        connect(endpoint, "ssm", account_id=OTHER).describe_patch_groups()
    assert code_of(caught) == "AccessDeniedException"
    assert connect(endpoint, "ec2", account_id=OTHER).describe_regions()["Regions"]
    assert connect(endpoint, "ssm", account_id=ACCOUNT).describe_patch_groups()["Mappings"]


def test_an_account_that_denies_everything_denies_its_role(connect: Connect) -> None:
    """AssumeRole belongs to the account of the role."""
    client = connect(endpoint_with(AccessDenied(account_id=OTHER)), "sts")
    with pytest.raises(ClientError) as caught:
        client.assume_role(RoleArn=f"arn:aws:iam::{OTHER}:role/reader", RoleSessionName="reader")
    assert code_of(caught) == "AccessDenied"


def test_credentials_expire_after_their_calls_and_new_ones_work_as_long(connect: Connect) -> None:
    """The refusal comes in the middle of a listing, and a new session goes on at the same token."""
    endpoint = endpoint_with(ExpiredToken(account_id=OTHER, service="ssm", after=1))

    def session() -> Any:
        sts = connect(endpoint, "sts")
        role = sts.assume_role(RoleArn=f"arn:aws:iam::{OTHER}:role/reader", RoleSessionName="reader")
        return connect(endpoint, "ssm", credentials=role["Credentials"])

    first = session()
    page = first.describe_patch_groups(MaxResults=20)
    with pytest.raises(ClientError) as caught:
        first.describe_patch_groups(MaxResults=20, NextToken=page["NextToken"])
    assert code_of(caught) == "ExpiredTokenException"
    assert len(session().describe_patch_groups(MaxResults=20, NextToken=page["NextToken"])["Mappings"]) == 5


def test_a_disabled_region_does_not_know_the_caller(connect: Connect) -> None:
    """As an opt-in Region that is off."""
    endpoint = endpoint_with(RegionDisabled(region="ap-east-1"))
    with pytest.raises(ClientError) as caught:
        connect(endpoint, "ssm", region="ap-east-1").describe_patch_groups()
    assert code_of(caught) == "UnrecognizedClientException"
    assert connect(endpoint, "ssm", region="eu-west-1").describe_patch_groups()["Mappings"]


@pytest.mark.parametrize(
    ("service", "method", "code"),
    [("ssm", "describe_patch_groups", "ThrottlingException"), ("ec2", "describe_regions", "RequestLimitExceeded")],
)
def test_a_token_bucket_throttles_and_refills(connect: Connect, service: str, method: str, code: str) -> None:
    """A burst passes, the next call is refused, and after 1/rate seconds one more passes."""
    clock = Clock()
    client = connect(endpoint_with(Throttling(rate=2, burst=3), clock=clock), service)
    for _ in range(3):
        getattr(client, method)()
    with pytest.raises(ClientError) as caught:
        getattr(client, method)()
    assert code_of(caught) == code
    clock.now += 0.5
    getattr(client, method)()
    with pytest.raises(ClientError):
        getattr(client, method)()


def test_buckets_are_per_account_region_and_operation(connect: Connect) -> None:
    """One account's haste does not slow another's."""
    endpoint = endpoint_with(Throttling(rate=1, burst=1), clock=Clock())
    for account_id, region in [(ACCOUNT, "eu-west-1"), (ACCOUNT, "us-east-1"), (OTHER, "eu-west-1")]:
        connect(endpoint, "ssm", account_id=account_id, region=region).describe_patch_groups()


def test_a_bucket_is_exact_under_many_threads() -> None:
    """Twenty tokens are twenty calls, whoever comes first."""
    faults = Faults(fault=(Throttling(rate=1, burst=20),))
    play = FaultPlay(faults, Clock(), lambda _: None)

    def passes(_: int) -> bool:
        try:
            play.before(Cell(ACCOUNT, "eu-west-1", "ssm", "DescribePatchGroups"), "key", "json")
        except ServiceError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(passes, range(200))) == 20


@pytest.mark.usefixtures("no_waiting")
def test_a_server_error_is_retried_by_boto3(connect: Connect) -> None:
    """Two 503 answers, then the rows."""
    client = connect(endpoint_with(ServerError(times=2, status=503)), "ssm", attempts=3)
    answer = client.describe_patch_groups()
    assert answer["ResponseMetadata"]["RetryAttempts"] == 2


def test_any_other_refusal_of_a_service(connect: Connect) -> None:
    """For what only one service says."""
    refused = ServiceRefuses(service="ssm", code="SubscriptionRequiredException", message="not subscribed")
    with pytest.raises(ClientError, match="not subscribed") as caught:
        connect(endpoint_with(refused), "ssm").describe_patch_groups()
    assert code_of(caught) == "SubscriptionRequiredException"


def pages_of(client: Any) -> list[list[str]]:
    """The pages of the listing, as boto3's paginator walks them."""
    pages = client.get_paginator("describe_patch_groups").paginate(PaginationConfig={"PageSize": 10})
    return [[row["PatchGroup"] for row in page["Mappings"]] for page in pages]


def test_short_and_empty_pages_go_on(connect: Connect) -> None:
    """An empty page with a token is no end, and pages may be shorter than asked."""
    pages = pages_of(connect(endpoint_with(PageCap(items=9, empty_first=True)), "ssm"))
    assert [len(page) for page in pages] == [0, 9, 9, 7]
    assert [row for page in pages for row in page] == [f"group {n}" for n in range(25)]


def test_a_row_comes_twice_over_pages(connect: Connect) -> None:
    """As when something is added while the pages are walked."""
    pages = pages_of(connect(endpoint_with(DuplicateItem()), "ssm"))
    assert [(page[0], page[-1]) for page in pages] == [
        ("group 0", "group 9"),
        ("group 9", "group 18"),
        ("group 18", "group 24"),
    ]


@pytest.mark.usefixtures("no_waiting")
def test_a_closed_connection_is_retried_by_boto3(connect: Connect) -> None:
    """No answer is an exception, and one more attempt."""
    with pytest.raises(ConnectionClosedError):
        connect(endpoint_with(ClosedConnection()), "ssm").describe_patch_groups()
    answer = connect(endpoint_with(ClosedConnection()), "ssm", attempts=2).describe_patch_groups()
    assert answer["ResponseMetadata"]["RetryAttempts"] == 1


@pytest.mark.parametrize("fault", [DroppedBody(), MalformedBody()])
def test_half_a_document_is_an_error_in_xml_and_silence_in_json(connect: Connect, fault: Fault) -> None:
    """What botocore makes of it: a client must look at what it got, for JSON services do not fail."""
    with pytest.raises(ResponseParserError):
        connect(endpoint_with(fault), "ec2").describe_regions()
    client = connect(endpoint_with(fault), "ssm")
    assert client.describe_patch_groups().keys() == {"ResponseMetadata"}
    assert client.describe_patch_groups()["Mappings"]


def test_a_dropped_body_is_shorter_than_announced_and_a_malformed_one_is_not() -> None:
    """So the length tells the one, and only parsing the other."""
    answer = (200, {}, b"0123456789")
    cell = Cell(ACCOUNT, "eu-west-1", "ssm", "DescribePatchGroups")
    dropped = FaultPlay(Faults(fault=(DroppedBody(),)), Clock(), lambda _: None).after(cell, answer)
    malformed = FaultPlay(Faults(fault=(MalformedBody(),)), Clock(), lambda _: None).after(cell, answer)
    assert dropped == (200, {"Content-Length": "10"}, b"01234")
    assert malformed == (200, {}, b"01234")


def test_latency_waits_by_the_sleep_it_was_given(connect: Connect) -> None:
    """No test needs to wait for it."""
    slept: list[float] = []
    connect(endpoint_with(Latency(seconds=0.25), sleep=slept.append), "ssm").describe_patch_groups()
    assert slept == [0.25]


def draws(seed: int) -> list[bool]:
    """Which of twenty calls drop their body."""
    faults = Faults(seed=seed, fault=(DroppedBody(times=20, probability=0.5),))
    play = FaultPlay(faults, Clock(), lambda _: None)
    cell = Cell(ACCOUNT, "eu-west-1", "ssm", "DescribePatchGroups")
    return [len(play.after(cell, (200, {}, b"1234"))[2]) < 4 for _ in range(20)]


def test_draws_depend_on_the_seed_alone() -> None:
    """The same seed drops the same calls; about half of them at a probability of a half."""
    assert draws(1) == draws(1) != draws(2)
    assert 4 <= sum(draws(1)) <= 16


def test_a_fault_file_is_read(tmp_path: Path) -> None:
    """TOML, one table per fault; whole numbers do for rates."""
    path = tmp_path / "faults.toml"
    path.write_text(
        'seed = 3\n[[fault]]\nkind = "throttling"\nservice = "ssm"\nrate = 20\nburst = 5\n'
        '[[fault]]\nkind = "page_cap"\nempty_first = true\n'
    )
    throttling, cap = Throttling(service="ssm", rate=20, burst=5), PageCap(empty_first=True)
    assert load_faults(path) == Faults(seed=3, fault=(throttling, cap))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[[fault]", "is not TOML"),
        ('[[fault]]\nkind = "earthquake"\n', "earthquake"),
        ('[[fault]]\nkind = "latency"\n', "Field required"),
        ('[[fault]]\nkind = "latency"\nseconds = 1\nacount_id = "1"\n', "acount_id"),
        ('[[fault]]\nkind = "access_denied"\naccount_id = "123"\n', "account_id"),
        ('[[fault]]\nkind = "access_denied"\nservice = "smm"\n', "no AWS service is called 'smm'"),
        ('[[fault]]\nkind = "access_denied"\nservice = "ssm"\noperation = "Describe"\n', "no operation 'Describe'"),
        ('[[fault]]\nkind = "region_disabled"\nregion = "Europe"\n', "region"),
        ("sead = 3\n", "sead"),
    ],
)
def test_a_bad_fault_file_is_refused_in_one_line(tmp_path: Path, text: str, complaint: str) -> None:
    """The line names the file and what does not fit: a mistyped fault must not silently never happen."""
    path = tmp_path / "faults.toml"
    path.write_text(text)
    with pytest.raises(SettingInvalid) as caught:
        load_faults(path)
    assert complaint in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_fault_file_is_refused(tmp_path: Path) -> None:
    """With the path and the reason."""
    with pytest.raises(SettingInvalid, match=r"cannot be read .*none\.toml.*No such file"):
        load_faults(tmp_path / "none.toml")

"""Promises of the endpoint, kept through real boto3 clients over both transports."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from patchlib import shapes
from patchlib.sandbox.endpoint import AnswerInvalid, Call, Endpoint, ServiceError
from patchlib.sandbox.routing import is_read
from tests.sandbox.conftest import ACCOUNT, Connect

NODE = "i-0123456789abcdef0"
ROLE = "arn:aws:iam::222222222222:role/reader"

# (service, operation, client method, parameters, result key, page sizes' parameter is the paginator's)
LISTINGS = [
    ("ssm", "DescribeInstancePatches", {"InstanceId": NODE}, "Patches"),
    ("autoscaling", "DescribeAutoScalingGroups", {}, "AutoScalingGroups"),
    ("ec2", "DescribeInstances", {}, "Reservations"),
    ("eks", "ListClusters", {}, "clusters"),
    ("s3", "ListObjectsV2", {"Bucket": "patches"}, "Contents"),
]
AS_OF = datetime(2026, 11, 2, 6, tzinfo=UTC)
SINCE = datetime(2026, 10, 1, 1, 2, 3, 456000, tzinfo=UTC)


def rows_of(service: str, count: int) -> list[Any]:
    """Rows of a listing of each protocol, each with an instant where its shape has one."""
    make: dict[str, Any] = {
        "ssm": lambda n: {
            "Title": f"patch {n}",
            "KBId": f"KB{n}",
            "Classification": "SecurityUpdates",
            "Severity": "Critical",
            "State": "Installed",
            "InstalledTime": SINCE + timedelta(seconds=n),
        },
        "autoscaling": lambda n: {"AutoScalingGroupName": f"group {n}", "CreatedTime": SINCE, "MinSize": n},
        "ec2": lambda n: {
            "ReservationId": f"r-{n:017x}",
            "Instances": [{"InstanceId": f"i-{n:017x}", "LaunchTime": SINCE, "EbsOptimized": n % 2 == 0}],
        },
        "eks": lambda n: f"cluster-{n}",
        "s3": lambda n: {"Key": f"object/{n}", "LastModified": SINCE, "Size": n},
    }
    return [make[service](n) for n in range(count)]


def endpoint_of(service: str, operation: str, key: str, count: int = 23, **settings: Any) -> Endpoint:
    """An endpoint with one listing."""
    rows = rows_of(service, count)
    return Endpoint({(service, operation): lambda _: {key: rows}}, as_of=AS_OF, **settings)


def method(operation: str) -> str:
    """The boto3 method of an operation."""
    return {"ListObjectsV2": "list_objects_v2"}.get(operation) or shapes.snake(operation)


@pytest.mark.parametrize(("service", "operation", "params", "key"), LISTINGS)
def test_a_paginator_walks_all_rows_with_their_types(
    connect: Connect, service: str, operation: str, params: dict[str, Any], key: str
) -> None:
    """boto3's own paginator gets every row once, in order, with instants as they were."""
    client = connect(endpoint_of(service, operation, key), service)
    pages = client.get_paginator(method(operation)).paginate(**params, PaginationConfig={"PageSize": 10})
    got = [page[key] for page in pages]
    assert [len(page) for page in got] == [10, 10, 3]
    assert [row for page in got for row in page] == rows_of(service, 23)


@pytest.mark.parametrize(("service", "operation", "params", "key"), LISTINGS)
def test_a_token_that_was_not_given_is_refused(
    connect: Connect, service: str, operation: str, params: dict[str, Any], key: str
) -> None:
    """A foreign or altered token is the service's own error, never the wrong rows."""
    client = connect(endpoint_of(service, operation, key), service)
    token = "ContinuationToken" if service == "s3" else "nextToken" if service == "eks" else "NextToken"
    with pytest.raises(ClientError) as caught:
        getattr(client, method(operation))(**params, **{token: "bm90IG91cnM6MTA="})
    codes = {
        "ssm": "InvalidNextToken",
        "autoscaling": "InvalidNextToken",
        "ec2": "InvalidParameterValue",
        "eks": "InvalidParameterException",
        "s3": "InvalidArgument",
    }
    assert caught.value.response["Error"]["Code"] == codes[service]


@given(st.integers(10, 50), st.integers(0, 120))
@settings(max_examples=30, derandomize=True, deadline=None)
def test_every_page_size_gives_the_same_rows(size: int, count: int) -> None:
    """Paging never loses, repeats or reorders, whatever the page size."""
    endpoint = endpoint_of("ssm", "DescribeInstancePatches", "Patches", count)
    got, token = [], None
    while token != "":
        page = call(endpoint, InstanceId=NODE, MaxResults=size, **({"NextToken": token} if token else {}))
        got += [patch["KBId"] for patch in page["Patches"]]
        token = page.get("NextToken", "")
    assert got == [f"KB{n}" for n in range(count)]


def call(endpoint: Endpoint, operation: str = "DescribeInstancePatches", **params: Any) -> Any:
    """One Systems Manager request without a client."""
    import orjson

    scope = f"Credential=AKIA{ACCOUNT}TEST/20261102/eu-west-1/ssm/aws4_request"
    headers = {"Authorization": f"AWS4-HMAC-SHA256 {scope}", "X-Amz-Target": f"AmazonSSM.{operation}"}
    status, _, body = endpoint.handle("POST", "/", headers, orjson.dumps(params))
    assert status == 200, body
    return orjson.loads(body)


def test_a_handler_is_asked_once_per_listing_and_not_per_page() -> None:
    """Its full answer is kept while the pages are walked; account, Region and parameters tell listings apart."""
    asked: Counter[str] = Counter()

    def handler(request: Call) -> dict[str, Any]:
        asked[request.params["InstanceId"]] += 1
        return {"Patches": rows_of("ssm", 30)}

    endpoint = Endpoint({("ssm", "DescribeInstancePatches"): handler}, as_of=AS_OF)
    first = call(endpoint, InstanceId=NODE, MaxResults=10)
    call(endpoint, InstanceId=NODE, MaxResults=20, NextToken=first["NextToken"])
    call(endpoint, InstanceId="i-00000000", MaxResults=10)
    assert asked == {NODE: 1, "i-00000000": 1}


def test_a_handler_sees_typed_parameters_without_those_of_paging(connect: Connect) -> None:
    """Account from the key, Region from the scope, instants as aware UTC datetimes, the organisation's as_of."""
    calls: list[Call] = []

    def handler(request: Call) -> dict[str, Any]:
        calls.append(request)
        return {"SpotPriceHistory": []}

    endpoint = Endpoint({("ec2", "DescribeSpotPriceHistory"): handler}, as_of=AS_OF)
    client = connect(endpoint, "ec2", region="ap-south-1")
    client.describe_spot_price_history(
        StartTime=SINCE, InstanceTypes=["m5.large"], MaxResults=9, Filters=[{"Name": "a", "Values": ["b", "c"]}]
    )
    params = {
        "StartTime": SINCE,
        "InstanceTypes": ["m5.large"],
        "Filters": [{"Name": "a", "Values": ["b", "c"]}],
    }
    assert calls == [Call("ec2", "DescribeSpotPriceHistory", ACCOUNT, "ap-south-1", params, AS_OF)]


@pytest.mark.parametrize(
    ("service", "operation", "params", "code"),
    [
        ("ssm", "create_patch_baseline", {"Name": "baseline"}, "AccessDeniedException"),
        ("ssm", "send_command", {"DocumentName": "AWS-RunPatchBaseline"}, "AccessDeniedException"),
        ("ec2", "terminate_instances", {"InstanceIds": [NODE]}, "UnauthorizedOperation"),
        ("rds", "delete_db_instance", {"DBInstanceIdentifier": "a"}, "AccessDenied"),
        ("eks", "delete_cluster", {"name": "a"}, "AccessDeniedException"),
        ("s3", "put_object", {"Bucket": "b", "Key": "k", "Body": b"x"}, "AccessDenied"),
    ],
)
def test_an_operation_that_could_change_something_is_refused(
    connect: Connect, service: str, operation: str, params: dict[str, Any], code: str
) -> None:
    """The sandbox is read-only, and says so with the service's word for a denied call and status 403."""
    client = connect(Endpoint({}, as_of=AS_OF), service)
    with pytest.raises(ClientError, match="The sandbox is read-only; it refuses") as caught:
        getattr(client, operation)(**params)
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


@pytest.mark.parametrize("service", ["ssm", "ec2"])
def test_no_operation_that_could_change_something_is_answered(service: str) -> None:
    """All of them, not only those that someone thought of."""
    endpoint = Endpoint({}, as_of=AS_OF)
    scope = f"Credential=AKIA{ACCOUNT}TEST/20261102/eu-west-1/{service}/aws4_request"
    mutating = [name for name in shapes.service_model(service).operation_names if not is_read(name)]
    assert len(mutating) > 70
    for operation in mutating:
        headers = {"Authorization": scope} | ({"X-Amz-Target": f"AmazonSSM.{operation}"} if service == "ssm" else {})
        body = b"{}" if service == "ssm" else f"Action={operation}&Version=2016-11-15".encode()
        assert endpoint.handle("POST", "/", headers, body)[0] == 403, operation


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("ssm", "list_documents", "UnknownOperationException"),
        ("ec2", "describe_vpcs", "InvalidAction"),
        ("sts", "get_session_token", "InvalidAction"),
        ("eks", "list_clusters", "UnknownOperationException"),
        ("s3", "list_buckets", "MethodNotAllowed"),
        ("cloudwatch", "describe_alarms", "UnknownOperationException"),
    ],
)
def test_an_operation_without_a_handler_is_an_error(connect: Connect, service: str, operation: str, code: str) -> None:
    """A gap of the sandbox never looks like an empty account."""
    client = connect(Endpoint({}, as_of=AS_OF), service)
    with pytest.raises(ClientError, match="The sandbox does not serve") as caught:
        getattr(client, operation)()
    assert caught.value.response["Error"]["Code"] == code


@pytest.mark.parametrize(
    ("handled", "complaint"),
    [
        (("ssm", "DescribePachGroups"), "botocore knows no ssm DescribePachGroups"),
        (("ssm", "CreatePatchBaseline"), "does not promise to only read"),
    ],
)
def test_a_handler_must_be_for_a_known_operation_that_reads(handled: tuple[str, str], complaint: str) -> None:
    """A mistyped or mutating operation is refused when the endpoint is built."""
    with pytest.raises(ValueError, match=complaint):
        Endpoint({handled: lambda _: {}}, as_of=AS_OF)


def test_a_service_error_of_a_handler_is_what_boto3_raises(connect: Connect) -> None:
    """Code, modelled exception class and text arrive."""

    def handler(_: Call) -> dict[str, Any]:
        raise ServiceError("DoesNotExistException", "Patch baseline pb-0 does not exist")

    client = connect(Endpoint({("ssm", "GetPatchBaseline"): handler}, as_of=AS_OF), "ssm")
    with pytest.raises(client.exceptions.DoesNotExistException, match="pb-0 does not exist"):
        client.get_patch_baseline(BaselineId="pb-0123456789abcdef0")


def test_a_wrong_answer_of_a_handler_names_the_operation_and_the_place() -> None:
    """The bug is the handler's, and the text says where."""
    endpoint = Endpoint({("ssm", "DescribeInstancePatches"): lambda _: {"Patches": [{"Titel": "x"}]}}, as_of=AS_OF)
    expected = r"ssm DescribeInstancePatches answered wrongly: Patches\[0\]: .* has no member 'Titel'"
    with pytest.raises(AnswerInvalid, match=expected):
        call(endpoint, InstanceId=NODE)


def test_every_answer_carries_the_organisations_date(connect: Connect) -> None:
    """The Date is as_of, on answers and on errors, so that nothing depends on the day of the run."""
    client = connect(Endpoint({}, as_of=AS_OF), "sts")
    answer = client.get_caller_identity()
    assert answer["ResponseMetadata"]["HTTPHeaders"]["date"] == "Mon, 02 Nov 2026 06:00:00 GMT"
    with pytest.raises(ClientError) as caught:
        client.get_session_token()
    assert caught.value.response["ResponseMetadata"]["HTTPHeaders"]["date"] == "Mon, 02 Nov 2026 06:00:00 GMT"


def test_requests_are_counted_by_cell(connect: Connect) -> None:
    """Call budgets are asserted on these counts; a refused request counts too."""
    endpoint = Endpoint({("ec2", "DescribeRegions"): lambda _: {"Regions": []}}, as_of=AS_OF)
    for region in ("eu-west-1", "eu-west-1", "us-east-1"):
        connect(endpoint, "ec2", region=region).describe_regions()
    with pytest.raises(ClientError):
        connect(endpoint, "ec2").describe_vpcs()
    assert endpoint.requests.total == 4
    assert endpoint.requests.count("DescribeRegions") == 3
    assert endpoint.requests.count("DescribeRegions", region="eu-west-1", account_id=ACCOUNT) == 2
    endpoint.requests.clear()
    assert endpoint.requests.total == 0


class Refusing:
    """An organisation in which one account is suspended."""

    def refusal(self, account_id: str, service: str, operation: str, region: str) -> ServiceError | None:
        """Refuse everything in or into account 222222222222."""
        if account_id != "222222222222":
            return None
        return ServiceError("AccessDenied", f"not {service}:{operation} in {region}", 403)

    def role_refusal(self, role_arn: str) -> ServiceError | None:
        """No role but one, wherever."""
        return None if role_arn.endswith("/reader") else ServiceError("AccessDenied", f"no {role_arn}", 403)


def test_the_organisation_refuses_by_the_account_of_the_role(connect: Connect) -> None:
    """A suspended account's role cannot be assumed, from an account that itself is fine."""
    client = connect(Endpoint({}, as_of=AS_OF, organisation=Refusing()), "sts")
    assert client.get_caller_identity()["Account"] == ACCOUNT
    with pytest.raises(ClientError, match="not sts:AssumeRole in eu-west-1"):
        client.assume_role(RoleArn=ROLE, RoleSessionName="reader")
    elsewhere = ROLE.replace("222222222222", "333333333333")
    assert client.assume_role(RoleArn=elsewhere, RoleSessionName="reader")["Credentials"]
    with pytest.raises(ClientError, match="no arn:aws:iam::333333333333:role/writer"):
        client.assume_role(RoleArn=elsewhere.replace("reader", "writer"), RoleSessionName="reader")


def test_a_naive_as_of_is_utc() -> None:
    """As everywhere in patchlib."""
    assert Endpoint({}, as_of=datetime(2026, 11, 2, 6)).as_of == AS_OF  # noqa: DTZ001 - the point of the test


def test_an_object_is_described_without_its_body(connect: Connect) -> None:
    """HEAD: all of the answer is in the headers, and the connection stays usable."""
    described = {"ContentLength": 12, "LastModified": SINCE.replace(microsecond=0), "Metadata": {"owner": "ops"}}
    client = connect(Endpoint({("s3", "HeadObject"): lambda _: described}, as_of=AS_OF), "s3")
    for _ in range(2):
        answer = client.head_object(Bucket="patches", Key="a/b.json")
        assert {name: answer[name] for name in described} == described

"""Promises of routing: who asks, and for which operation of which service."""

from __future__ import annotations

import pytest

from patchlib.sandbox.protocol_rest import Request
from patchlib.sandbox.refusals import ServiceError
from patchlib.sandbox.routing import Router, Signature, guess_protocol, is_read, signature


def request(method: str = "POST", url: str = "/", body: bytes = b"", **headers: str) -> Request:
    """A request; header names with underscores for dashes."""
    return Request.of(method, url, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def credential(key: str, scope: str = "20261102/eu-west-1/ssm") -> str:
    """An Authorization header."""
    return f"AWS4-HMAC-SHA256 Credential={key}/{scope}/aws4_request, SignedHeaders=host, Signature=0"


@pytest.mark.parametrize("prefix", ["ASIA", "AKIA"])
def test_a_key_names_its_account(prefix: str) -> None:
    """Session and long-term keys alike; Region and service come from the scope."""
    signed = signature(request(Authorization=credential(f"{prefix}123456789012ABCD"), X_Amz_Security_Token="t"))
    assert signed == Signature(f"{prefix}123456789012ABCD", "123456789012", "eu-west-1", "ssm", "t")


def test_a_foreign_key_has_no_account() -> None:
    """The endpoint refuses it in the service's words."""
    signed = signature(request(Authorization=credential("AKIAIOSFODNN7EXAMPLE")))
    assert signed is not None
    assert signed.account_id == ""


def test_an_unsigned_request_has_no_signature() -> None:
    """Nobody asks."""
    assert signature(request()) is None


@pytest.mark.parametrize(
    ("services", "signing_name", "asked", "expected"),
    [
        (["rds", "docdb", "neptune"], "rds", "DescribeDBInstances", "rds"),
        (["docdb"], "rds", "DescribeDBInstances", "docdb"),
        (["elb", "elbv2"], "elasticloadbalancing", "DescribeTargetGroups", "elbv2"),
    ],
)
def test_of_services_that_share_a_signing_name_one_answers(
    services: list[str], signing_name: str, asked: str, expected: str
) -> None:
    """RDS for its siblings where it is served; version and operation tell the load balancers apart."""
    version = {"rds": "2014-10-31", "elasticloadbalancing": "2015-12-01"}[signing_name]
    target = Router(services).target(request(body=f"Action={asked}&Version={version}".encode()), signing_name)
    assert (target.service, target.operation) == (expected, asked)


@pytest.mark.parametrize(("path", "service"), [("/2021-01-01/domain", "opensearch"), ("/2015-01-01/domain", "es")])
def test_rest_services_that_share_a_signing_name_differ_by_path(path: str, service: str) -> None:
    """OpenSearch and Elasticsearch sign alike."""
    assert Router(["es", "opensearch"]).target(request("GET", path), "es").service == service


@pytest.mark.parametrize(
    ("method", "url", "operation", "labels"),
    [
        ("GET", "/", "ListBuckets", {}),
        ("GET", "/bucket?list-type=2&prefix=a", "ListObjectsV2", {"Bucket": "bucket"}),
        ("GET", "/bucket", "ListObjects", {"Bucket": "bucket"}),
        ("GET", "/bucket?location", "GetBucketLocation", {"Bucket": "bucket"}),
        ("GET", "/bucket/a/b%20c", "GetObject", {"Bucket": "bucket", "Key": "a/b c"}),
        ("GET", "/bucket/a?tagging", "GetObjectTagging", {"Bucket": "bucket", "Key": "a"}),
        ("PUT", "/bucket/a", "PutObject", {"Bucket": "bucket", "Key": "a"}),
        ("GET", "https://bucket.s3.eu-west-1.amazonaws.com/a", "GetObject", {"Bucket": "bucket", "Key": "a"}),
        ("GET", "https://my.bucket.s3.amazonaws.com/?location", "GetBucketLocation", {"Bucket": "my.bucket"}),
    ],
)
def test_amazon_s3_is_told_apart_by_path_and_arguments(
    method: str, url: str, operation: str, labels: dict[str, str]
) -> None:
    """Both with the bucket in the path and in the host name."""
    target = Router(["s3"]).target(request(method, url), "s3")
    assert (target.operation, target.labels) == (operation, labels)


def test_a_service_that_is_not_served_is_named() -> None:
    """In the protocol that the request looks like."""
    with pytest.raises(ServiceError, match="The sandbox does not serve nothing") as caught:
        Router([]).target(request(X_Amz_Target="Nothing_2026.Do"), "nothing")
    assert caught.value.code == "UnknownOperationException"


def test_a_target_of_another_service_is_no_operation() -> None:
    """The prefix of X-Amz-Target must be the service's."""
    target = Router(["ssm"]).target(request(X_Amz_Target="AmazonEC2.DescribePatchGroups"), "ssm")
    assert (target.service, target.operation, target.asked) == ("ssm", "", "DescribePatchGroups")


def test_a_form_may_travel_in_the_address() -> None:
    """As curl users of the query protocol write it."""
    url = "/?Action=GetCallerIdentity&Version=2011-06-15"
    assert Router(["sts"]).target(request("GET", url), "sts").operation == "GetCallerIdentity"


@pytest.mark.parametrize(
    ("sent", "protocol"),
    [
        (request(X_Amz_Target="AmazonSSM.GetParameter"), "json"),
        (request(body=b"Action=DescribeVpcs"), "query"),
        (request("GET", "/clusters"), "rest-json"),
    ],
)
def test_a_protocol_is_guessed_where_no_model_helps(sent: Request, protocol: str) -> None:
    """So that even a refusal of an unknown service can be read."""
    assert guess_protocol(sent) == protocol


def test_reading_is_a_matter_of_the_verb() -> None:
    """AWS names operations by their effect."""
    assert all(map(is_read, ["DescribeInstances", "GetPatchBaseline", "ListAccounts", "BatchGetFindingDetails"]))
    assert not any(map(is_read, ["CreatePatchBaseline", "SendCommand", "AssumeRole", "UpdateAssociation"]))

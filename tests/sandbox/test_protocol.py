"""Promises of the wire: what goes in comes out, as botocore itself reads and writes it."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import botocore.awsrequest
import botocore.parsers
import botocore.serialize
import pytest
from botocore.awsrequest import HeadersDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patchlib import shapes
from patchlib.sandbox.protocol import codec, protocol_of, write_error
from patchlib.sandbox.protocol_rest import Request, routes
from patchlib.sandbox.refusals import ServiceError
from patchlib.sandbox.scalars import Mismatch, utc
from tests.sandbox.shape_values import structures

ANSWERS = [
    ("ssm", "DescribeInstancePatches"),
    ("ssm", "GetPatchBaseline"),
    ("ssm", "DescribeMaintenanceWindowTasks"),
    ("organizations", "ListAccounts"),
    ("sts", "AssumeRole"),
    ("rds", "DescribeDBInstances"),
    ("autoscaling", "DescribeAutoScalingGroups"),
    ("elasticbeanstalk", "DescribeEnvironments"),
    ("ec2", "DescribeInstances"),
    ("ec2", "DescribeImages"),
    ("eks", "DescribeCluster"),
    ("lambda", "GetFunction"),
    ("inspector2", "ListFindings"),
    ("s3", "ListObjectsV2"),
    ("s3", "GetBucketAcl"),
    ("s3", "GetBucketLifecycleConfiguration"),
    ("s3", "HeadObject"),
    ("route53", "ListHostedZones"),
    ("iam", "GetAccountSummary"),
    ("amplifyuibuilder", "GetTheme"),
    ("mediastore-data", "DescribeObject"),
    ("cloudfront", "DescribeFunction"),
    ("s3control", "GetAccessPoint"),
]
REQUESTS = [
    ("ssm", "DescribeInstanceInformation"),
    ("ssm", "DescribeMaintenanceWindowsForTarget"),
    ("rds", "DescribeDBInstances"),
    ("autoscaling", "DescribeAutoScalingGroups"),
    ("cloudformation", "ListStackSetOperations"),
    ("ec2", "DescribeInstances"),
    ("ec2", "DescribeSpotPriceHistory"),
    ("eks", "ListClusters"),
    ("eks", "DescribeAddon"),
    ("inspector2", "ListFindings"),
    ("s3", "ListObjectsV2"),
    ("s3", "HeadObject"),
    ("s3", "GetObjectAttributes"),
    ("s3control", "ListJobs"),
    ("apigateway", "GetResources"),
    ("amp", "ListScrapers"),
    ("application-signals", "ListAuditFindings"),
    ("sns", "SetSMSAttributes"),
]
MODEST = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def in_utc(value: Any) -> Any:
    """The value with every instant in UTC: botocore answers in the host's zone."""
    if isinstance(value, dict):
        return {name: in_utc(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [in_utc(inner) for inner in value]
    return utc(value) if isinstance(value, datetime) else value


def is_ambient(member: Any) -> bool:
    """Whether botocore fills a member from headers that every answer has."""
    traits = member.serialization
    return traits.get("location") == "headers" or traits.get("name") == "Content-Type"


def parsed(service: str, operation: str, answer: tuple[int, dict[str, str], bytes]) -> dict[str, Any]:
    """An answer as botocore reads it."""
    status, headers, body = answer
    parser = botocore.parsers.create_parser(protocol_of(service))
    response = {"status_code": status, "headers": HeadersDict(headers), "body": body}
    read: dict[str, Any] = parser.parse(response, shapes.operation_model(service, operation).output_shape)
    return read


def sent(service: str, operation: str, params: dict[str, Any]) -> tuple[Request, dict[str, str]]:
    """A request as botocore writes it, and the labels of its path."""
    serializer = botocore.serialize.create_serializer(protocol_of(service), include_validation=False)
    model = shapes.operation_model(service, operation)
    written = serializer.serialize_to_request(params, model)
    botocore.awsrequest.prepare_request_dict(written, endpoint_url="http://127.0.0.1:1")
    prepared = botocore.awsrequest.create_request_object(written).prepare()
    body = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body or b""
    request = Request.of(prepared.method, prepared.url, dict(prepared.headers), body)
    for route in routes(shapes.service_model(service)) if "rest" in protocol_of(service) else []:
        labels = route.match(request, request.path)
        if labels is not None:
            assert route.operation == operation
            return request, labels
    return request, {}


@pytest.mark.parametrize(("service", "operation"), ANSWERS)
def test_any_answer_that_fits_its_shape_is_read_back_equal(service: str, operation: str) -> None:
    """Types, instants to the microsecond, blobs, empty lists and odd characters survive every protocol."""
    shape = shapes.operation_model(service, operation).output_shape
    xml = not protocol_of(service).endswith("json")

    @MODEST
    @given(structures(shape, xml=xml))
    def round_trip(answer: dict[str, Any]) -> None:
        read = parsed(service, operation, codec(service, operation).write(answer, "id-1"))
        assert read.pop("ResponseMetadata")["RequestId"] == "id-1"
        payload = shape.serialization.get("payload")
        if payload and payload not in answer:
            assert not read.pop(payload)
        read = {name: value for name, value in read.items() if name in answer or not is_ambient(shape.members[name])}
        assert in_utc(read) == answer

    round_trip()


@pytest.mark.parametrize(("service", "operation"), REQUESTS)
def test_any_request_that_botocore_writes_is_read_back_equal(service: str, operation: str) -> None:
    """Parameters reach a handler typed, wherever they travel: body, form, path, query string or header."""
    shape = shapes.operation_model(service, operation).input_shape
    form = protocol_of(service) in {"query", "ec2"}
    outside = protocol_of(service).startswith("rest")

    @MODEST
    @given(structures(shape, xml=form or outside, least=int(form), required=True))
    def round_trip(params: dict[str, Any]) -> None:
        request, labels = sent(service, operation, params)
        assert codec(service, operation).read(request, labels) == params

    round_trip()


@pytest.mark.parametrize(("service", "operation"), [("ssm", "DescribePatchGroups"), ("ec2", "DescribeRegions")])
@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ({"Titel": "x"}, "has no member 'Titel'"),
        ({"NextToken": 3, "Regions": 3}, "not a"),
        (["x"], "is not an answer"),
    ],
)
def test_an_answer_that_does_not_fit_fails_loudly(service: str, operation: str, answer: Any, complaint: str) -> None:
    """A mistyped key or a wrong type is a Mismatch that names the place."""
    if operation == "DescribeRegions" and isinstance(answer, dict):
        answer.pop("NextToken", None)
    with pytest.raises(Mismatch, match=complaint):
        codec(service, operation).write(answer, "id-1")


def test_a_mismatch_names_its_place() -> None:
    """The path leads from the answer to the wrong value."""
    answer = {"Patches": [{"Title": "a"}, {"Title": "b", "InstalledTime": "yesterday"}]}
    with pytest.raises(Mismatch) as caught:
        codec("ssm", "DescribeInstancePatches").write(answer, "id-1")
    assert str(caught.value) == "Patches[1].InstalledTime: 'yesterday' is str, not a datetime"


@pytest.mark.parametrize("service", ["ssm", "sts", "ec2", "eks", "s3"])
def test_an_error_is_read_as_its_code_and_message(service: str) -> None:
    """Each protocol's error form is the one that botocore reads."""
    operation = {"ssm": "GetPatchBaseline", "sts": "AssumeRole", "ec2": "DescribeImages"}.get(service, "")
    operation = operation or {"eks": "ListClusters", "s3": "ListBuckets"}[service]
    error = ServiceError("SomethingException", "not <this> & that", 418)
    read = parsed(service, operation, write_error(protocol_of(service), error, "id-1"))
    assert read["Error"]["Code"] == "SomethingException"
    assert read["Error"]["Message"] == "not <this> & that"
    assert read["ResponseMetadata"]["RequestId"] == "id-1"
    assert read["ResponseMetadata"]["HTTPStatusCode"] == 418


def test_a_protocol_that_is_not_spoken_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that botocore would address in CBOR only is refused with a clear text."""
    model = SimpleNamespace(resolved_protocol="smithy-rpc-v2-cbor")
    monkeypatch.setattr(shapes, "service_model", lambda _: model)
    with pytest.raises(ValueError, match="does not speak smithy-rpc-v2-cbor, the protocol of novel"):
        protocol_of("novel")


def test_an_event_stream_is_refused() -> None:
    """An operation that answers with a stream of events is not served by accident."""
    with pytest.raises(ValueError, match="event streams"):
        codec("logs", "StartLiveTail")


@given(st.binary(max_size=20))
@settings(max_examples=20, derandomize=True, deadline=None)
def test_a_body_that_is_a_payload_travels_as_it_is(content: bytes) -> None:
    """GetObject's body is the object."""
    status, _, body = codec("s3", "GetObject").write(
        {"Body": content, "LastModified": datetime(2026, 1, 1, tzinfo=UTC)}, "i"
    )
    assert (status, body) == (200, content)


def test_a_payload_may_be_text() -> None:
    """GetBucketPolicy's body is the policy."""
    assert codec("s3", "GetBucketPolicy").write({"Policy": "{}"}, "i")[2] == b"{}"
    with pytest.raises(Mismatch, match="Policy: 3 is neither text nor bytes"):
        codec("s3", "GetBucketPolicy").write({"Policy": 3}, "i")
    with pytest.raises(Mismatch, match="GetBucketPolicy has no member 'Polcy'"):
        codec("s3", "GetBucketPolicy").write({"Polcy": "{}"}, "i")


def test_an_operation_without_output_answers_nothing() -> None:
    """And has no member to be filled."""
    assert codec("ec2", "CancelConversionTask").write({}, "i")[2].startswith(b"<CancelConversionTaskResponse")
    with pytest.raises(Mismatch, match="has no output, so no 'Return' either"):
        codec("ec2", "CancelConversionTask").write({"Return": True}, "i")


@pytest.mark.parametrize("body", [b"{", b"[1]", b"\xff"])
def test_a_body_that_is_no_json_object_is_a_mismatch(body: bytes) -> None:
    """The client's mistake, not a bug."""
    request = Request.of("POST", "/", {}, body)
    with pytest.raises(Mismatch):
        codec("ssm", "DescribePatchGroups").read(request, {})


def test_xml_requests_are_not_read() -> None:
    """No operation that the sandbox serves has one, and it says so."""
    request = Request.of("POST", "/2013-04-01/tags/hostedzone", {}, b"<ListTagsForResourcesRequest/>")
    with pytest.raises(Mismatch, match="XML request bodies are not read"):
        codec("route53", "ListTagsForResources").read(request, {"ResourceType": "hostedzone"})


def test_a_payload_of_a_request_is_its_body() -> None:
    """The structure alone, beside what travels in the path."""
    params = {"datastoreId": "d", "searchCriteria": {"sort": {"sortOrder": "ASC"}}}
    request, labels = sent("medical-imaging", "SearchImageSets", params)
    assert request.body == b'{"sort": {"sortOrder": "ASC"}}'
    assert codec("medical-imaging", "SearchImageSets").read(request, labels) == params

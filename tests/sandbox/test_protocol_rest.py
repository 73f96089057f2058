"""Promises of paths, query strings and headers that the round trips do not tell."""

from __future__ import annotations

import pytest

from patchlib import shapes
from patchlib.sandbox.protocol_rest import Request, read_bound, routes, write_headers
from patchlib.sandbox.scalars import Mismatch


def test_a_request_is_taken_apart() -> None:
    """From an absolute address or from a path, with header names in lower case and the path still encoded."""
    request = Request.of("GET", "http://host:1/a%2Fb?x=1&x=&y", {"X-Amz-Date": "d"}, b"")
    assert (request.host, request.path) == ("host:1", "/a%2Fb")
    assert request.query == (("x", "1"), ("x", ""), ("y", ""))
    assert request.headers == {"x-amz-date": "d"}


def test_the_most_specific_route_comes_first() -> None:
    """So that the first match is the right one."""
    names = [route.operation for route in routes(shapes.service_model("s3"))]
    assert names.index("ListObjectsV2") < names.index("ListObjects")
    assert names.index("CopyObject") < names.index("PutObject")


def test_an_unknown_query_argument_is_a_mismatch() -> None:
    """A filter that is silently ignored would answer more than was asked."""
    request = Request.of("GET", "/clusters?maxResult=5", {}, b"")
    with pytest.raises(Mismatch, match="ListClusters has no query argument 'maxResult'"):
        read_bound(shapes.operation_model("eks", "ListClusters"), request, {})


def test_members_of_headers_leave_the_body() -> None:
    """Maps of headers by their prefix, lists with commas, and what is None not at all."""
    shape = shapes.operation_model("s3", "GetObject").output_shape
    answer = {"ETag": '"e"', "Metadata": {"owner": "a"}, "ContentLength": 3, "VersionId": None, "Body": b"abc"}
    status, headers, rest = write_headers(shape, answer)
    assert status is None
    assert headers == {"ETag": '"e"', "x-amz-meta-owner": "a", "Content-Length": "3"}
    assert rest == {"Body": b"abc"}


def test_a_status_code_can_be_a_member() -> None:
    """Lambda's Invoke answers its own."""
    shape = shapes.operation_model("lambda", "Invoke").output_shape
    assert write_headers(shape, {"StatusCode": 202}) == (202, {}, {})


@pytest.mark.parametrize("text", ["two\r\nlines", "naïve"])
def test_a_header_is_one_line_of_ascii(text: str) -> None:
    """Anything else would break the answer in two."""
    shape = shapes.operation_model("s3", "GetObject").output_shape
    with pytest.raises(Mismatch, match=r"ETag: .* cannot stand in a header"):
        write_headers(shape, {"ETag": text})

"""Promises of the transport without a port."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3
import botocore.exceptions
import botocore.session
import pytest

from patchlib.sandbox.endpoint import AnswerInvalid, Endpoint
from patchlib.sandbox.inprocess import attach

AS_OF = datetime(2026, 11, 2, 6, tzinfo=UTC)
KEYS = {
    "region_name": "eu-west-1",
    "aws_access_key_id": "AKIA111111111111TEST",
    "aws_secret_access_key": "any",
}


@pytest.mark.parametrize("kind", ["boto3", "botocore"])
def test_clients_of_either_session_are_answered(kind: str) -> None:
    """Nothing leaves: the client has the real AWS endpoint's address and never goes there."""
    session: Any = boto3.Session() if kind == "boto3" else botocore.session.get_session()
    attach(session, Endpoint({}, as_of=AS_OF))
    make = session.client if kind == "boto3" else session.create_client
    client = make("sts", **KEYS)
    assert client.meta.endpoint_url == "https://sts.eu-west-1.amazonaws.com"
    assert client.get_caller_identity()["Account"] == "111111111111"


def test_other_sessions_are_left_alone() -> None:
    """Only the session that was attached is."""
    endpoint = Endpoint({}, as_of=AS_OF)
    attach(boto3.Session(), endpoint)
    other = boto3.Session().client("sts", endpoint_url="http://127.0.0.1:9", **KEYS)
    with pytest.raises(botocore.exceptions.EndpointConnectionError):
        other.get_caller_identity()
    assert endpoint.requests.total == 0


def test_a_bug_of_a_handler_reaches_the_caller() -> None:
    """As the exception it is, at once and not after retries."""
    session = boto3.Session()
    endpoint = Endpoint({("sts", "GetSessionToken"): lambda _: {"Surprise": 1}}, as_of=AS_OF)
    attach(session, endpoint)
    with pytest.raises(AnswerInvalid, match="has no member 'Surprise'"):
        session.client("sts", **KEYS).get_session_token()
    assert endpoint.requests.total == 1


def test_bodies_of_a_payload_can_be_read_as_streams() -> None:
    """GetObject's body, whole and in parts, with the bucket in the host's name."""
    session = boto3.Session()
    handlers = {("s3", "GetObject"): lambda call: {"Body": call.params["Key"].encode(), "ContentType": "text/csv"}}
    attach(session, Endpoint(handlers, as_of=AS_OF))
    client = session.client("s3", **KEYS)
    answer = client.get_object(Bucket="bucket", Key="a/b.csv")
    assert (answer["ContentType"], answer["Body"].read(3), answer["Body"].read()) == ("text/csv", b"a/b", b".csv")

"""Objects of S3 arrive as text, whole or not at all."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import botocore.awsrequest
import botocore.exceptions
import botocore.response
import botocore.session
import moto
import pytest

from patchlib.aws import Answer, Reader
from patchlib.budget import RateBudget
from patchlib.errors import CallFailed, OperationRefused
from patchlib.objects import ObjectUnreadable, take_text
from patchlib.sandbox.endpoint import Call, Endpoint
from patchlib.sandbox.faults import DroppedBody, Faults, ServerError, ServiceRefuses
from patchlib.sandbox.http import serve
from patchlib.sandbox.inprocess import attach
from patchlib.settings import Rates, Settings
from patchlib.sources import PLUMBING

OWN, REGION, BUCKET = "210000000001", "eu-west-1", "patch-reports"
ALLOWED = frozenset({("s3", "GetObject"), ("s3", "ListObjectsV2"), ("sts", "GetCallerIdentity"), ("lambda", "Invoke")})
TEXT = 'instance,state\n"i-0123456789abcdef0",Missing — KB5000001\n' * 200
OBJECTS = {
    "report.csv": {"Body": TEXT.encode(), "ContentType": "text/csv"},
    "report.csv.gz": {"Body": gzip.compress(TEXT.encode())},
    "encoded.json": {"Body": gzip.compress(TEXT.encode()), "ContentEncoding": "gzip"},
    "members.gz": {"Body": gzip.compress(TEXT.encode()) + gzip.compress(b"end")},
    "twice.gz": {"Body": gzip.compress(gzip.compress(TEXT.encode())), "ContentEncoding": "gzip"},
    "empty": {"Body": b""},
    "cut.gz": {"Body": gzip.compress(TEXT.encode())[:-9]},
    "broken.gz": {"Body": b"\x1f\x8bnothing of the kind"},
    "image.png": {"Body": b"\x89PNG\r\n"},
}


def _object(call: Call) -> dict[str, Any]:
    body = OBJECTS[call.params["Key"]]
    return {"ETag": '"0f1e"', "LastModified": call.as_of, "ContentLength": len(body["Body"]), **body}


def _endpoint(*faults: Any) -> Endpoint:
    return Endpoint(
        {("s3", "GetObject"): _object}, as_of=datetime(2026, 11, 2, 6, tzinfo=UTC), faults=Faults(fault=faults)
    )


def _reader(session: botocore.session.Session) -> Reader:
    session.set_credentials(f"AKIA{OWN}TEST", "x")
    budget = RateBudget(Rates(burst=100), clock=lambda: 0.0, sleep=lambda _seconds: None)
    return Reader(Settings(home_region=REGION), ALLOWED | PLUMBING, session=session, budget=budget)


@pytest.fixture(params=["in process", "http"])
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    """A reader of the sandbox over both transports."""
    if request.param == "http":
        with serve(_endpoint()) as url:
            monkeypatch.setenv("AWS_ENDPOINT_URL", url)
            yield _reader(botocore.session.Session())
        return
    session = botocore.session.Session()
    attach(session, _endpoint())
    yield _reader(session)


def _get(reader: Reader, key: str) -> Answer:
    return reader.call(OWN, REGION, "s3", "GetObject", {"Bucket": BUCKET, "Key": key})


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("report.csv", TEXT),
        ("report.csv.gz", TEXT),
        ("encoded.json", TEXT),
        ("members.gz", f"{TEXT}end"),
        ("twice.gz", TEXT),
        ("empty", ""),
    ],
)
def test_an_object_is_its_text(reader: Reader, key: str, text: str) -> None:
    """Plain or gzip, said by the key, by its encoding or by both; tag and date stay beside it."""
    response = _get(reader, key).response
    assert response["Body"] == text
    assert (response["ETag"], response["LastModified"]) == ('"0f1e"', "2026-11-02T06:00:00Z")


@pytest.mark.parametrize(
    ("key", "code"), [("cut.gz", "BodyDamaged"), ("broken.gz", "BodyDamaged"), ("image.png", "BodyNotText")]
)
def test_what_is_no_text_is_a_failed_call(reader: Reader, key: str, code: str) -> None:
    """A damaged or binary object is an error of its listing, not of the run."""
    with pytest.raises(CallFailed) as caught:
        _get(reader, key)
    assert (caught.value.state, caught.value.code) == ("error", code)


def _streamed(body: bytes, announced: int | None = None) -> dict[str, Any]:
    length = len(body) if announced is None else announced
    stream = botocore.response.StreamingBody(io.BytesIO(body), length)
    return {"Body": stream} | ({} if announced is None else {"ContentLength": length})


@pytest.mark.parametrize(
    "response",
    [
        _streamed(b"x" * 101),
        _streamed(b"", announced=101),
        _streamed(gzip.compress(b"x" * 101)),
        _streamed(gzip.compress(b"x" * 60) * 2),
    ],
)
def test_an_object_beyond_the_bound_is_refused(response: dict[str, Any]) -> None:
    """By its announced length before it is read, by what came, and by what it inflates to."""
    with pytest.raises(ObjectUnreadable, match="too large") as caught:
        take_text(response, limit=100)
    assert caught.value.code == "BodyTooLarge"


def test_an_object_at_the_bound_is_read() -> None:
    """The bound itself is within."""
    assert take_text(_streamed(gzip.compress(b"x" * 100)), limit=100)["Body"] == "x" * 100


def test_a_stream_that_ends_early_is_not_an_object() -> None:
    """Fewer bytes than announced are an error of the way."""
    with pytest.raises(botocore.exceptions.IncompleteReadError):
        take_text(_streamed(b"half", announced=8))


def test_an_answer_without_a_stream_stays_as_it_is() -> None:
    """Only a streamed body is read."""
    assert take_text({"Body": "text"}) == {"Body": "text"}


@pytest.mark.parametrize(("fault", "retries"), [(DroppedBody(times=1), 1), (ServerError(times=2), 2)])
def test_a_download_that_breaks_is_tried_again(fault: Any, retries: int) -> None:
    """A cut stream is asked for once more, as a cut page is."""
    session = botocore.session.Session()
    attach(session, _endpoint(fault))
    answer = _get(_reader(session), "report.csv")
    assert (answer.response["Body"], answer.retries) == (TEXT, retries)


def test_an_object_that_is_not_there_is_gone() -> None:
    """NoSuchKey is a state of its own."""
    session = botocore.session.Session()
    attach(session, _endpoint(ServiceRefuses(service="s3", code="NoSuchKey", status=404)))
    with pytest.raises(CallFailed) as caught:
        _get(_reader(session), "report.csv")
    assert caught.value.state == "gone"


def test_no_other_stream_is_read() -> None:
    """An operation that answers with a stream is refused before it leaves, even when a catalogue names it."""
    session = botocore.session.Session()
    attach(session, _endpoint())
    with pytest.raises(OperationRefused, match="stream"):
        _reader(session).call(OWN, REGION, "lambda", "Invoke", {"FunctionName": "f"})


class _Raw(io.BytesIO):
    """A body as urllib3 hands it over."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def test_a_bucket_in_another_region_is_found() -> None:
    """S3 sends the caller away without saying where to; botocore asks for the bucket, and the guard lets it."""
    asked: list[str] = []

    def answer(request: Any, **_: Any) -> botocore.awsrequest.AWSResponse:
        asked.append(f"{request.method} {request.url}")
        status, headers, body = 200, {"Content-Length": "2", "ETag": '"1"'}, b"ok"
        if request.method == "HEAD":
            status, headers, body = 400, {"x-amz-bucket-region": "eu-central-1"}, b""
        elif "eu-central-1" not in request.url:
            status, headers = 301, {}
            body = b"<Error><Code>PermanentRedirect</Code><Message>elsewhere</Message></Error>"
        return botocore.awsrequest.AWSResponse(request.url, status, headers, _Raw(body))

    session = botocore.session.Session()
    session.register("before-send", answer)
    found = _get(_reader(session), "report.csv")
    assert (found.response["Body"], found.retries) == ("ok", 1)
    # The question itself is sent on to the Region that its refusal names.
    assert [line.split()[0] for line in asked] == ["GET", "HEAD", "HEAD", "GET"]
    assert "eu-central-1" in asked[-1]


def test_s3_as_another_project_imitates_it() -> None:
    """moto's S3, with its own dates, tags and checksums, gives the same text."""
    with moto.mock_aws():
        session = botocore.session.Session()
        session.set_credentials(f"AKIA{OWN}TEST", "x")
        client = session.create_client("s3", region_name=REGION)
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        for key, given in OBJECTS.items():
            client.put_object(Bucket=BUCKET, Key=key, **given)
        reader = _reader(botocore.session.Session())
        response = _get(reader, "report.csv").response
        assert response["Body"] == TEXT
        assert response["ETag"] == client.head_object(Bucket=BUCKET, Key="report.csv")["ETag"]
        assert response["LastModified"].endswith("Z")
        assert _get(reader, "encoded.json").response["Body"] == TEXT
        assert _get(reader, "empty").response["Body"] == ""

"""A page is the same whichever parser ran: botocore's, or the document taken whole."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import botocore.parsers
import botocore.session
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchlib import shapes
from patchlib.aws import Reader
from patchlib.budget import RateBudget
from patchlib.documents import Documents, document_instants
from patchlib.errors import CallFailed
from patchlib.sandbox.endpoint import Endpoint
from patchlib.sandbox.faults import AccessDenied, DroppedBody, Faults, MalformedBody, Throttling
from patchlib.sandbox.inprocess import attach
from patchlib.sandbox.protocol import codec
from patchlib.settings import Rates, Settings
from patchlib.wire import iso_instant
from tests.sandbox.shape_values import values

ACCOUNT, REGION = "210000000001", "eu-west-1"
PATCHES = ("ssm", "DescribeInstancePatches")
PLAIN = (
    PATCHES,
    ("ssm", "DescribeInstanceInformation"),
    ("ssm", "DescribeInstancePatchStates"),
    ("ssm", "ListComplianceItems"),
    ("ssm", "GetInventory"),
    ("inspector2", "ListFindings"),
    ("inspector2", "ListCoverage"),
    ("config", "SelectAggregateResourceConfig"),
    ("securityhub", "GetFindings"),
)


def _stock(service: str, operation: str, body: bytes) -> dict[str, Any]:
    """What botocore's own parser makes of a body."""
    model = shapes.operation_model(service, operation)
    factory = botocore.parsers.ResponseParserFactory()
    factory.set_parser_defaults(timestamp_parser=iso_instant)
    parser = factory.create_parser(model.service_model.resolved_protocol)
    parsed = parser.parse({"body": body, "headers": {}, "status_code": 200}, model.output_shape)
    parsed.pop("ResponseMetadata")
    return dict(parsed)


def _whole(service: str, operation: str, body: bytes) -> dict[str, Any]:
    """What is made of it as a document, going on to botocore's parser as an endpoint does."""
    documents = Documents([(service, operation)])
    response: dict[str, Any] = {"body": body, "headers": {}, "status_code": 200}
    taken: dict[str, Any] = {}
    documents.take(shapes.operation_model(service, operation), response, taken)
    return _stock(service, operation, response["body"]) | taken


def _page(parsed: dict[str, Any]) -> bytes:
    return orjson.dumps(parsed, option=orjson.OPT_SORT_KEYS)


@pytest.mark.parametrize("asked", PLAIN, ids=lambda asked: asked[1])
@given(st.data())
def test_both_parsers_make_the_same_page(asked: tuple[str, str], data: st.DataObject) -> None:
    """Random answers of the output shape become byte-identical pages, instants included."""
    answer = data.draw(values(shapes.operation_model(*asked).output_shape, xml=False))
    _, _, body = codec(*asked).write(answer, "id")
    assert _page(_whole(*asked, body)) == _page(_stock(*asked, body))


@pytest.mark.parametrize(
    "body",
    [
        b'{"Patches": null, "NextToken": "t"}',
        b'{"Patches": [{"Title": null, "KBId": "KB1", "InstalledTime": 1793599200.5}]}',
        b'{"Patches": [{"Title": "null and void", "InstalledTime": 1793599200}]}',
        b'{"Patches": [{"InstalledTime": "2026-11-02T06:00:00Z"}, {}]}',
        b'{"Patches": []}',
        b"{}",
    ],
)
def test_nulls_and_odd_instants_are_no_exception(body: bytes) -> None:
    """Members that are null are absent in both, and instants in an unusual spelling become the same text."""
    assert _page(_whole(*PATCHES, body)) == _page(_stock(*PATCHES, body))


def test_what_the_model_does_not_know_stays_in_the_page() -> None:
    """A newer API's member is kept by the document and dropped by botocore; what is modelled is the same."""
    body = b'{"Patches": [{"KBId": "KB1", "Novelty": 1}], "NextToken": "t"}'
    whole, stock = _whole(*PATCHES, body), _stock(*PATCHES, body)
    assert whole["Patches"][0].pop("Novelty") == 1
    assert whole == stock


@pytest.mark.parametrize("body", [b"", b'{"Patches": [', b"[]", b'"text"', b'{"Patches": ["\\ud800"]}'])
def test_a_body_that_is_no_document_is_refused(body: bytes) -> None:
    """It must not count as an empty last page."""
    with pytest.raises(botocore.parsers.ResponseParserError):
        _whole(*PATCHES, body)


@pytest.mark.parametrize(
    ("service", "operation", "why"),
    [
        ("ec2", "DescribeInstances", "does not answer in JSON"),
        ("s3", "GetObject", "does not answer in JSON"),
        ("lambda", "Invoke", "does not answer with a document"),
        ("ssm", "GetMaintenanceWindowTask", "holds bytes, at TaskInvocationParameters.Lambda.Payload"),
        ("mq", "ListBrokers", "elsewhere than its document"),
        ("dynamodb", "Scan", "holds bytes"),
        ("apigateway", "GetExport", "document"),
        ("connect", "DescribeContact", "holds Expression within itself"),
    ],
)
def test_only_plain_documents_are_taken(service: str, operation: str, why: str) -> None:
    """Where wire and member names differ, or bytes, headers or recursion occur, construction says so."""
    with pytest.raises(ValueError, match=why):
        Reader(
            Settings(),
            frozenset(),
            session=botocore.session.Session(),
            raw_operations=frozenset({(service, operation)}),
        )


def test_instants_are_found_wherever_they_stand() -> None:
    """In rows, in lists within rows; an answer without any has none."""
    assert document_instants(*PATCHES) == (("Patches", "[]", "InstalledTime"),)
    found = document_instants("ssm", "DescribeInstanceInformation")
    assert ("InstanceInformationList", "[]", "LastPingDateTime") in found
    assert document_instants("ssm", "GetInventory") == ()


def _reader(*faults: Any, raw: bool = True) -> Reader:
    rows = [{"KBId": f"KB{n}", "InstalledTime": datetime(2026, 11, 2, 6, n, tzinfo=UTC)} for n in range(60)]
    served = Endpoint(
        {PATCHES: lambda _call: {"Patches": rows}},
        as_of=datetime(2026, 11, 2, 6, tzinfo=UTC),
        faults=Faults(fault=faults),
        sleep=lambda _seconds: None,
        clock=lambda: 0.0,
    )
    session = botocore.session.Session()
    session.set_credentials(f"AKIA{ACCOUNT}TEST", "x")
    attach(session, served)
    allowed = frozenset({PATCHES, ("sts", "GetCallerIdentity")})
    return Reader(
        Settings(home_region=REGION),
        allowed,
        session=session,
        budget=RateBudget(Rates(burst=100), clock=lambda: 0.0, sleep=lambda _seconds: None),
        raw_operations=frozenset({PATCHES}) if raw else frozenset(),
    )


def _listing(reader: Reader) -> list[Any]:
    asked: dict[str, Any] = {"InstanceId": "i-0123456789abcdef0", "MaxResults": 50}
    pages = []
    while True:
        pages.append(reader.call(ACCOUNT, REGION, *PATCHES, asked))
        token = pages[-1].response.get("NextToken")
        if not token:
            return pages
        asked["NextToken"] = token


def test_a_reader_answers_the_same_either_way() -> None:
    """Pages, tokens, dates and retries do not tell which parser ran."""
    raw, stock = _listing(_reader()), _listing(_reader(raw=False))
    assert raw == stock
    assert [len(page.response["Patches"]) for page in raw] == [50, 10]
    assert raw[0].response["Patches"][0]["InstalledTime"] == "2026-11-02T06:00:00Z"


@pytest.mark.parametrize("fault", [MalformedBody(times=1), DroppedBody(times=1)])
def test_a_cut_page_is_asked_for_again(fault: Any) -> None:
    """Cut bodies are seen before they are taken for the end, and asked for once more."""
    pages = _listing(_reader(fault))
    assert [page.response for page in pages] == [page.response for page in _listing(_reader())]
    assert [page.retries for page in pages] == [1, 0]


@pytest.mark.parametrize("fault", [MalformedBody(times=3), DroppedBody(times=3)])
def test_a_page_that_stays_cut_is_an_error(fault: Any) -> None:
    """Damaged at every try is a failed call, never an empty page."""
    with pytest.raises(CallFailed, match="ResponseParserError") as caught:
        _listing(_reader(fault))
    assert caught.value.state == "error"


def test_errors_are_read_as_ever() -> None:
    """Refusals and throttles carry their code and message."""
    for fault, state in ((AccessDenied(), "denied"), (Throttling(rate=1e-9, burst=1), "throttled")):
        with pytest.raises(CallFailed) as caught:
            _listing(_reader(fault))
        assert caught.value.state == state
        assert caught.value.message

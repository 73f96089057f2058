"""Promises of the HTTP transport."""

from __future__ import annotations

import http.client
import logging
import socket
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from patchlib.sandbox.endpoint import Endpoint
from patchlib.sandbox.http import serve

AS_OF = datetime(2026, 11, 2, 6, tzinfo=UTC)
SIGNED = {"Authorization": "Credential=AKIA111111111111TEST/20261102/eu-west-1/sts/aws4_request"}
BODY = b"Action=GetCallerIdentity&Version=2011-06-15"


@pytest.fixture
def endpoint() -> Endpoint:
    """An endpoint whose one handler answers wrongly."""
    return Endpoint({("sts", "GetSessionToken"): lambda _: {"Surprise": 1}}, as_of=AS_OF)


@pytest.fixture
def connection(endpoint: Endpoint) -> Iterator[http.client.HTTPConnection]:
    """One connection to a served endpoint."""
    with serve(endpoint) as url:
        connection = http.client.HTTPConnection(urlsplit(url).netloc)
        yield connection
        connection.close()


def test_it_listens_on_the_loopback_only(endpoint: Endpoint) -> None:
    """At a port of its own; after the block nobody answers there."""
    with serve(endpoint) as url:
        parts = urlsplit(url)
        assert parts.hostname == "127.0.0.1"
        assert parts.port
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", parts.port))


def test_connections_that_clients_keep_end_with_it(endpoint: Endpoint) -> None:
    """So a client learns at once that the sandbox is gone."""
    with serve(endpoint) as url:
        connection = http.client.HTTPConnection(urlsplit(url).netloc)
        connection.request("POST", "/", BODY, SIGNED)
        connection.getresponse().read()
        kept = connection.sock
    kept.settimeout(5)
    assert kept.recv(1) == b""
    connection.close()


def test_a_client_that_hangs_up_is_no_news(endpoint: Endpoint, capfd: pytest.CaptureFixture[str]) -> None:
    """In the middle of a request, the hard way; nothing is printed, and the next client is served."""
    with serve(endpoint) as url:
        with socket.create_connection(("127.0.0.1", urlsplit(url).port or 0)) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.sendall(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n")
        connection = http.client.HTTPConnection(urlsplit(url).netloc)
        connection.request("POST", "/", BODY, SIGNED)
        assert connection.getresponse().status == 200
        connection.close()
    assert capfd.readouterr() == ("", "")


def test_no_name_service_is_asked(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine whose own name does not resolve, that would take seconds."""

    def refuse(_: str = "") -> str:
        raise AssertionError("the name service was asked")

    monkeypatch.setattr(socket, "getfqdn", refuse)
    with serve(endpoint):
        pass


def test_a_taken_port_is_an_error(endpoint: Endpoint) -> None:
    """Before anything is served."""
    with serve(endpoint) as url, pytest.raises(OSError, match="in use"), serve(endpoint, urlsplit(url).port or 0):
        pass


def test_a_connection_is_kept_and_the_date_is_the_organisations(connection: http.client.HTTPConnection) -> None:
    """One Date, not a second one of the wall clock."""
    for _ in range(2):
        connection.request("POST", "/", BODY, SIGNED)
        response = connection.getresponse()
        assert response.read().startswith(b"<GetCallerIdentityResponse")
        assert response.headers.get_all("Date") == ["Mon, 02 Nov 2026 06:00:00 GMT"]
        assert not response.will_close


def test_chunked_bodies_are_read(connection: http.client.HTTPConnection) -> None:
    """As botocore may send a stream of unknown length."""
    connection.request("POST", "/", iter([BODY[:7], BODY[7:]]), SIGNED, encode_chunked=True)
    assert connection.getresponse().status == 200


def test_a_client_that_expects_leave_gets_it(endpoint: Endpoint) -> None:
    """100 Continue before the body, as botocore asks before large ones."""
    with serve(endpoint) as url, socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=5) as sock:
        head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {len(BODY)}\r\nExpect: 100-continue\r\n"
        sock.sendall(f"{head}Authorization: {SIGNED['Authorization']}\r\n\r\n".encode())
        assert sock.recv(100).startswith(b"HTTP/1.1 100 Continue")
        sock.sendall(BODY)
        assert sock.recv(100).startswith(b"HTTP/1.1 200")


def test_a_length_that_is_no_number_is_refused(connection: http.client.HTTPConnection) -> None:
    """With status 400."""
    connection.putrequest("POST", "/")
    connection.putheader("Content-Length", "many")
    connection.endheaders()
    assert connection.getresponse().status == 400


def test_an_unsigned_request_is_refused(connection: http.client.HTTPConnection) -> None:
    """A browser that looks in gets an answer, and no data."""
    connection.request("GET", "/")
    response = connection.getresponse()
    assert (response.status, b"Missing Authentication Token" in response.read()) == (403, True)


def test_head_answers_have_no_body(connection: http.client.HTTPConnection) -> None:
    """And the connection stays usable."""
    connection.request("HEAD", "/", headers=SIGNED)
    assert connection.getresponse().read() == b""
    connection.request("POST", "/", BODY, SIGNED)
    assert connection.getresponse().status == 200


def test_a_bug_of_a_handler_is_logged_and_answered(
    connection: http.client.HTTPConnection, caplog: pytest.LogCaptureFixture
) -> None:
    """Status 500, the text for the client, the traceback for the log."""
    with caplog.at_level(logging.ERROR):
        connection.request("POST", "/", b"Action=GetSessionToken&Version=2011-06-15", SIGNED)
        response = connection.getresponse()
        assert (response.status, b"has no member 'Surprise'" in response.read()) == (500, True)
    assert "AnswerInvalid" in caplog.text


def test_many_clients_are_served_at_once(endpoint: Endpoint) -> None:
    """Every request is answered and counted once."""
    with serve(endpoint) as url:

        def ask(_: int) -> int:
            connection = http.client.HTTPConnection(urlsplit(url).netloc)
            connection.request("POST", "/", BODY, SIGNED)
            status = connection.getresponse().status
            connection.close()
            return status

        with ThreadPoolExecutor(16) as pool:
            assert list(pool.map(ask, range(64))) == [200] * 64
    assert endpoint.requests.count("GetCallerIdentity") == 64

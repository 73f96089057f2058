"""The endpoint inside a botocore or boto3 session: no port, no thread, nothing between client and handler."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import botocore.awsrequest
import botocore.exceptions

from patchlib.sandbox.endpoint import Endpoint
from patchlib.sandbox.faults import ConnectionDropped

__all__ = ["attach"]


def attach(session: Any, endpoint: Endpoint) -> None:
    """Let an endpoint answer every request of the clients made from a session from now on.

    session: a botocore or boto3 session. Its clients still need credentials and a Region. Bugs of a handler reach
    the caller as the exceptions they are.
    """
    emitter = session.events if hasattr(session, "events") else session.get_component("event_emitter")

    def answer(request: Any, **_: Any) -> botocore.awsrequest.AWSResponse:
        headers = {name: _text(value) for name, value in request.headers.items()}
        try:
            status, out, sent = endpoint.handle(request.method, request.url, headers, _bytes(request.body))
        except ConnectionDropped as dropped:
            raise botocore.exceptions.ConnectionClosedError(endpoint_url=request.url, error=dropped) from dropped
        if request.method == "HEAD":
            sent = b""
        return botocore.awsrequest.AWSResponse(request.url, status, out, _Raw(sent))

    emitter.register("before-send", answer)


class _Raw(io.BytesIO):
    """A body as urllib3 hands it over."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        """All of it at once."""
        yield self.read()


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    return bytes(body) if isinstance(body, bytes | bytearray) else bytes(body.read())

"""The endpoint over HTTP on 127.0.0.1, for plain boto3 through AWS_ENDPOINT_URL."""

from __future__ import annotations

import logging
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

from patchlib.sandbox.endpoint import Endpoint
from patchlib.sandbox.faults import ConnectionDropped

__all__ = ["serve"]

_LOG = logging.getLogger(__name__)
_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")


@contextmanager
def serve(endpoint: Endpoint, port: int = 0) -> Iterator[str]:
    """Serve an endpoint until the block ends; yields its URL. Port 0 takes any free one.

    Raises OSError when the port is taken. A fault of the endpoint itself, such as a handler's wrong answer, is
    logged with its traceback and answered with status 500 and its text.
    """
    server = _Server(("127.0.0.1", port), _handler(endpoint))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A fleet's worth of clients connects at once; the default backlog of 5 would make them wait a second.
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._open: set[Any] = set()
        super().__init__(address, handler)

    def server_bind(self) -> None:
        """Bind without HTTPServer's question to the name service, which no loopback server needs."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own, and remember it."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that has ended."""
        self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Stop listening and hang up on the connections that clients keep."""
        super().server_close()
        for connection in list(self._open):
            with suppress(OSError):  # its own thread may be closing it
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that hung up: there is nobody to answer. All else is a bug, and shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _handler(endpoint: Endpoint) -> type[BaseHTTPRequestHandler]:
    class Handler(_Exchange):
        pass

    Handler.endpoint = endpoint
    for method in _METHODS:
        setattr(Handler, f"do_{method}", _Exchange.exchange)
    return Handler


class _Exchange(BaseHTTPRequestHandler):
    endpoint: Endpoint
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # one packet for head and body

    def exchange(self) -> None:
        """Read one request, answer it, keep the connection."""
        body = self._body()
        if body is None:
            return
        try:
            status, headers, sent = self.endpoint.handle(self.command, self.path, dict(self.headers), body)
        except ConnectionDropped:
            self.close_connection = True
            return
        except Exception as bug:  # noqa: BLE001 - the client must hear of a bug, and the log keeps its traceback
            _LOG.exception("the sandbox endpoint failed on %s %s", self.command, self.path)
            sent = str(bug).encode()
            status, headers = 500, {"Content-Length": str(len(sent)), "Content-Type": "text/plain"}
        self._send(status, headers, sent)

    def _send(self, status: int, headers: dict[str, str], sent: bytes) -> None:
        # send_response would add a Date of the wall clock and a Server line.
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.command != "HEAD" and len(sent) < int(headers["Content-Length"]):  # a dropped body
            self.close_connection = True
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(sent)
        self.wfile.flush()

    def _body(self) -> bytes | None:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunks()
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal():
            self.send_error(400, "Content-Length is not a number")
            return None
        return self.rfile.read(int(length))

    def _chunks(self) -> bytes:
        pieces = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():  # trailers
            continue
        return b"".join(pieces)

    def handle_expect_100(self) -> bool:
        """Tell a client that waits before a large body to go on; it must not sit in the write buffer."""
        going_on = super().handle_expect_100()
        self.wfile.flush()
        return going_on

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing: the request log of the endpoint counts."""

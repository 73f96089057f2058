"""A web server on loopback that gives files as a publisher's or mirror's would, or as none should."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MODIFIED = "Sat, 22 Aug 2026 06:00:00 GMT"


@dataclass
class Mirror:
    """Files by path; what is asked is written down.

    cut: paths whose answer ends before its Content-Length. status: answers without a file. leads: redirects.
    """

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    cut: set[str] = field(default_factory=set)
    status: dict[str, int] = field(default_factory=dict)
    leads: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, int]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def etag(self, name: str) -> str:
        """The ETag of a file: of its content."""
        return f'"{hashlib.sha256(self.files[name]).hexdigest()[:16]}"'


@contextmanager
def serving() -> Iterator[Mirror]:
    """A mirror that is up until the block ends."""
    mirror = Mirror()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.removeprefix("/")
            mirror.headers.append({key.lower(): value for key, value in self.headers.items()})
            code = self._code(name)
            mirror.asked.append((name, code))
            body = mirror.files.get(name, b"") if code == 200 else b""
            self.send_response(code)
            if name in mirror.leads:
                self.send_header("Location", mirror.leads[name])
            if code == 200:
                self.send_header("ETag", mirror.etag(name))
                self.send_header("Last-Modified", MODIFIED)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if name in mirror.cut else body)

        def _code(self, name: str) -> int:
            if name in mirror.status or name in mirror.leads:
                return mirror.status.get(name, 302)
            if name not in mirror.files:
                return 404
            return 304 if self.headers.get("If-None-Match") == mirror.etag(name) else 200

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    mirror.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield mirror
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

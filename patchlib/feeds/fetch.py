"""A file over HTTP: https only, asked conditionally, read within a bound.

On loopback plain http will do, for a mirror on the same machine. Nothing of this machine is sent but patchlib's name.
"""

from __future__ import annotations

import http.client
import ipaddress
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import Message
from typing import IO, Any
from urllib.parse import urlsplit

from patchlib import __version__
from patchlib.errors import FeedInvalid, FeedUnreachable, ParameterInvalid

__all__ = ["STORED_LIMIT", "Answer", "NotModified", "get", "refuse_address"]

# The largest feed is a tenth of this as it is stored [bytes].
STORED_LIMIT = 2**29
_TIMEOUT = 60.0  # of every wait for the other side [s]
_PIECE = 2**20
_GONE = (404, 410)
_RETRY = "Try again later, or name a mirror with --from."


@dataclass(frozen=True)
class Answer:
    """A body with what tells later whether it has changed; "" where the server does not say."""

    data: bytes
    etag: str
    last_modified: str


class NotModified(Exception):
    """The file has not changed since."""


def refuse_address(address: str) -> None:
    """Raise ParameterInvalid for what is not a plain https address, or http on loopback."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        secure = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))
        plain = host and not (parts.username or parts.password or parts.query or parts.fragment)
    except ValueError as error:
        raise ParameterInvalid(f"not an address: {error}") from error
    # Only the host is repeated: what is refused may hold a secret.
    if not secure:
        raise ParameterInvalid("a feed is read over https, or http on loopback", where=f"{parts.scheme}://{host}")
    if not plain:
        # The address becomes the source of every row: a secret in it would be kept.
        raise ParameterInvalid("an address of a feed has a host and no user, password or query", where=host)


def get(address: str, *, etag: str = "", last_modified: str = "", limit: int = STORED_LIMIT) -> Answer | None:
    """The file at an address; None where there is none (404, 410).

    etag, last_modified: of the copy that is held, "" where none is. Raises NotModified where it has not changed,
    FeedUnreachable when no whole answer comes, FeedInvalid when it is larger than `limit` [bytes] or leads to http.
    """
    refuse_address(address)
    request = urllib.request.Request(address, headers=_headers(etag, last_modified))  # noqa: S310 - checked above
    try:
        with _opener(address).open(request, timeout=_TIMEOUT) as response:
            return Answer(
                _body(response, address, limit), response.headers.get("ETag", ""),
                response.headers.get("Last-Modified", ""),
            )  # fmt: skip
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == http.client.NOT_MODIFIED and (etag or last_modified):
            raise NotModified from None
        if error.code in _GONE:
            return None
        raise FeedUnreachable(f"HTTP {error.code} {error.reason}", where=address, next_step=_RETRY) from error
    except (OSError, http.client.HTTPException) as error:  # URLError and timeouts are OSErrors
        reason = getattr(error, "reason", None) or error
        told = str(reason) or type(reason).__name__
        raise FeedUnreachable(f"no answer: {told}", where=address, next_step=_RETRY) from error


def _headers(etag: str, last_modified: str) -> dict[str, str]:
    asked = {"User-Agent": f"patchlib/{__version__}", "Accept-Encoding": "identity"}
    if etag:
        asked["If-None-Match"] = etag
    if last_modified:
        asked["If-Modified-Since"] = last_modified
    return asked


def _body(response: Any, address: str, limit: int) -> bytes:
    pieces, size = [], 0
    while piece := response.read(_PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            raise FeedInvalid(f"the file is too large: more than {limit / 2**20:g} MiB", where=address)
    promised = response.headers.get("Content-Length")
    # http.client tells a short body only when it is read in one go, which would not be bounded.
    if promised and promised.isdigit() and int(promised) != size:
        raise FeedUnreachable(
            f"the answer was cut: {size:,} of {int(promised):,} bytes came", where=address, next_step=_RETRY
        )
    return b"".join(pieces)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _opener(address: str) -> urllib.request.OpenerDirector:
    """HTTP and HTTPS alone: no file, ftp or data address, and no proxy before loopback."""
    opener = urllib.request.OpenerDirector()
    proxies: dict[str, str] | None = {} if _is_loopback(urlsplit(address).hostname or "") else None
    for handler in (
        urllib.request.ProxyHandler(proxies),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _OnlyToHttps(),
    ):
        opener.add_handler(handler)
    return opener


class _OnlyToHttps(urllib.request.HTTPRedirectHandler):
    """Follow a redirect to https, and no other."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> urllib.request.Request | None:
        if urlsplit(newurl).scheme != "https":
            raise FeedInvalid("the address leads to one that is not https", where=req.full_url)
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]

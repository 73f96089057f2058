"""Fetching: conditional, bounded, https or loopback, and never half a file."""

from __future__ import annotations

import urllib.request
from email.message import Message

import pytest

from patchlib.errors import FeedInvalid, FeedUnreachable, ParameterInvalid
from patchlib.feeds import fetch
from patchlib.feeds.fetch import NotModified, get, refuse_address
from tests.feeds.mirror import MODIFIED, Mirror


def test_a_file_comes_with_what_tells_of_its_change(mirror: Mirror) -> None:
    """Body, ETag and Last-Modified; nothing is said of this machine but the program."""
    mirror.files["kev.json"] = b"content"
    answer = get(f"{mirror.url}/kev.json")
    assert answer is not None
    assert (answer.data, answer.etag, answer.last_modified) == (b"content", mirror.etag("kev.json"), MODIFIED)
    assert set(mirror.headers[0]) == {"host", "user-agent", "accept-encoding", "connection"}
    assert mirror.headers[0]["user-agent"].startswith("patchlib/")


def test_what_is_held_is_not_sent_again(mirror: Mirror) -> None:
    """304 is fresh; a new content comes."""
    mirror.files["kev.json"] = b"content"
    etag = mirror.etag("kev.json")
    with pytest.raises(NotModified):
        get(f"{mirror.url}/kev.json", etag=etag, last_modified=MODIFIED)
    assert mirror.headers[0]["if-modified-since"] == MODIFIED
    mirror.files["kev.json"] = b"new"
    answer = get(f"{mirror.url}/kev.json", etag=etag)
    assert answer is not None
    assert answer.data == b"new"


def test_no_file_is_none(mirror: Mirror) -> None:
    """404 and 410 are an answer: the place has no such file."""
    mirror.status["gone"] = 410
    assert get(f"{mirror.url}/kev.json") is None
    assert get(f"{mirror.url}/gone") is None


@pytest.mark.parametrize("status", [304, 401, 403, 429, 500, 503])
def test_any_other_answer_is_a_failure(mirror: Mirror, status: int) -> None:
    """Also 304 to who held nothing."""
    mirror.status["kev.json"] = status
    with pytest.raises(FeedUnreachable, match=f"HTTP {status}"):
        get(f"{mirror.url}/kev.json")


def test_a_body_that_is_cut_is_refused(mirror: Mirror) -> None:
    """A connection that ends early is not the end of the file."""
    mirror.files["kev.json"] = b"content" * 100
    mirror.cut.add("kev.json")
    with pytest.raises(FeedUnreachable, match="cut: 350 of 700 bytes"):
        get(f"{mirror.url}/kev.json")


def test_a_body_without_bound_is_refused(mirror: Mirror) -> None:
    """More than the limit is no feed."""
    mirror.files["kev.json"] = bytes(2000)
    with pytest.raises(FeedInvalid, match="too large"):
        get(f"{mirror.url}/kev.json", limit=1000)


def test_a_server_that_is_not_there_is_told(mirror: Mirror) -> None:
    """One line with the next step."""
    with pytest.raises(FeedUnreachable, match=r"no answer.*--from"):
        get("http://127.0.0.1:1/kev.json")


def test_a_redirect_to_http_is_refused(mirror: Mirror) -> None:
    """Even on loopback: an address that leads out of https was tampered with, or is old."""
    mirror.files["kev.json"] = b"content"
    mirror.leads["old.json"] = f"{mirror.url}/kev.json"
    with pytest.raises(FeedInvalid, match="not https"):
        get(f"{mirror.url}/old.json")
    mirror.leads["file.json"] = "file:///etc/hostname"
    with pytest.raises(FeedUnreachable, match="not allowed"):
        get(f"{mirror.url}/file.json")
    assert [name for name, _ in mirror.asked] == ["old.json", "file.json"]


def test_a_redirect_to_https_is_followed() -> None:
    """Publishers move their files."""
    asked = urllib.request.Request("https://example.org/a")
    led = fetch._OnlyToHttps().redirect_request(asked, None, 302, "Found", Message(), "https://example.org/b")  # type: ignore[arg-type]
    assert led is not None
    assert led.full_url == "https://example.org/b"


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org/a", "http://127.0.0.1.example.org/a", "ftp://example.org/a", "file:///etc/hosts",
        "https://user:secret@example.org/a", "http://user:secret@example.org/a",
        "https://user:secret@[::1/a", "https://example.org/a?X-Amz-Signature=1", "https:///a", "https://[::1/a",
    ],
)  # fmt: skip
def test_an_address_that_is_not_plain_https_is_refused(address: str) -> None:
    """http, other schemes, and what would keep a secret as the source of every row; none is repeated."""
    with pytest.raises(ParameterInvalid) as refused:
        refuse_address(address)
    assert "secret" not in str(refused.value)
    assert "Signature" not in str(refused.value)


@pytest.mark.parametrize("address", ["https://example.org/a", "http://localhost:8000", "http://[::1]:8000/feeds"])
def test_https_and_loopback_are_taken(address: str) -> None:
    """A mirror on the same machine needs no certificate."""
    refuse_address(address)


def test_loopback_is_asked_without_a_proxy(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the network knows no mirror of this machine."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    mirror.files["kev.json"] = b"content"
    assert get(f"{mirror.url}/kev.json") is not None

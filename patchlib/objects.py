"""Objects of Amazon S3 as text: read whole, inflated where they are gzip, within a bound."""

from __future__ import annotations

import zlib
from typing import Any

import botocore.response

__all__ = ["DAMAGES", "OBJECT_LIMIT", "ObjectUnreadable", "take_text"]

# A report or an export of one account; what is larger was not meant, or is not text [bytes, stored and inflated].
OBJECT_LIMIT = 64 * 2**20
_PIECE = 2**20
_GZIP = b"\x1f\x8b"  # RFC 1952, section 2.3.1; no UTF-8 text begins so


# What may be wrong with an object that came.
DAMAGES = frozenset({"BodyDamaged", "BodyNotText", "BodyTooLarge"})


class ObjectUnreadable(Exception):
    """An object that came and cannot be text. code: one of DAMAGES."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


def take_text(response: dict[str, Any], limit: int = OBJECT_LIMIT) -> dict[str, Any]:
    """Put an answer's streamed Body as text in its place; changes and returns `response`.

    Gzip is told by its first bytes, whether Content-Encoding, the key or both say so. Raises ObjectUnreadable, and
    what botocore raises for a body that is cut or does not fit its checksum.
    """
    body = response.get("Body")
    if not isinstance(body, botocore.response.StreamingBody):
        return response
    try:
        if response.get("ContentLength", 0) > limit:
            raise _too_large(limit)
        data = _read(body, limit)
    finally:
        body.close()
    while data.startswith(_GZIP):
        data = _inflated(data, limit)
    try:
        response["Body"] = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ObjectUnreadable("BodyNotText", f"the object is not UTF-8 text: {error.reason}") from error
    return response


def _too_large(limit: int) -> ObjectUnreadable:
    return ObjectUnreadable("BodyTooLarge", f"the object is too large: more than {limit / 2**20:g} MiB")


def _read(body: Any, limit: int) -> bytes:
    pieces, size = [], 0
    # The read that finds the end compares lengths; a single read of everything would not be bounded.
    while piece := body.read(_PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            raise _too_large(limit)
    return b"".join(pieces)


def _inflated(data: bytes, limit: int) -> bytes:
    """Every gzip member of some bytes, one after the other."""
    pieces, left = [], limit
    while data:
        inflate = zlib.decompressobj(wbits=31)
        try:
            pieces.append(inflate.decompress(data, left + 1))
        except zlib.error as error:
            raise ObjectUnreadable("BodyDamaged", f"the object is not whole: {error}") from error
        left -= len(pieces[-1])
        if left < 0:
            raise _too_large(limit)
        if not inflate.eof:
            raise ObjectUnreadable("BodyDamaged", "the object is not whole: its gzip member has no end")
        data = inflate.unused_data
    return b"".join(pieces)

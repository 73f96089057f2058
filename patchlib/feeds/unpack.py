"""Files out of their packing, within a bound: gzip, bzip2 and xz streams, and the members of a zip."""

from __future__ import annotations

import bz2
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from patchlib.feeds.facts import FeedFile

__all__ = ["UNPACKED_LIMIT", "documents", "head", "unpacked"]

# Ubuntu's whole database of notices is a quarter of this unpacked; more is no feed [bytes].
UNPACKED_LIMIT = 2**30
# Told by the first bytes, whatever the name says (RFC 1952; bzip2 and xz file formats; PKWARE APPNOTE 4.3.7).
_STREAMS: dict[bytes, Callable[[], Any]] = {
    b"\x1f\x8b": lambda: zlib.decompressobj(wbits=31),
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7zXZ\x00": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=2**28),
}
_ZIP, _ZIP_END = b"PK\x03\x04", b"PK\x05\x06"
_ZIP64 = 0xFFFF  # more members than fit the field: their count is elsewhere
_FAULTS = (zlib.error, OSError, EOFError, ValueError, lzma.LZMAError)


def unpacked(file: FeedFile, limit: int | None = None) -> bytes:
    """The file's bytes, out of their compression where there is one.

    Raises FeedInvalid for a file that is empty, cut, damaged or larger unpacked than `limit` [bytes], UNPACKED_LIMIT
    unless said.
    """
    limit = UNPACKED_LIMIT if limit is None else limit
    data = file.data
    for signature, start in _STREAMS.items():
        if data.startswith(signature):
            data = _inflated(file, start, limit)
            break
    if not data.strip():
        raise file.invalid("the file is empty")
    if len(data) > limit:
        raise _too_large(file, limit)
    return data


def head(file: FeedFile, size: int = 4096) -> bytes:
    """Its first bytes, unpacked, without a byte order mark and blanks: enough to tell a format. Raises FeedInvalid."""
    data = file.data[:size]
    for signature, start in _STREAMS.items():
        if data.startswith(signature):
            try:
                data = start().decompress(file.data, size)
            except _FAULTS as error:
                raise file.invalid(f"the compression is damaged: {error}") from error
            break
    return data.removeprefix(b"\xef\xbb\xbf").lstrip()


def documents(file: FeedFile, limit: int | None = None) -> Iterator[tuple[str, bytes]]:
    """The members of a zip with their names, or the file itself without one. Raises FeedInvalid as `unpacked`."""
    if not file.data.startswith(_ZIP):
        yield "", unpacked(file, limit)
        return
    limit = left = UNPACKED_LIMIT if limit is None else limit
    try:
        with zipfile.ZipFile(io.BytesIO(file.data)) as archive:
            members = archive.infolist()
            if len(members) != _promised(file.data, len(members)):
                raise file.invalid("the zip is damaged: it holds other members than its end counts")
            for member in members:
                if member.is_dir() and not member.file_size:
                    continue
                with archive.open(member) as opened:
                    data = opened.read(left + 1)
                    left -= len(data)
                    if left < 0:
                        raise _too_large(file, limit)
                    # The read that finds the end compares the member's checksum.
                    opened.read(1)
                yield member.filename, data
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, *_FAULTS) as error:
        raise file.invalid(f"the zip is damaged: {error}") from error


def _promised(data: bytes, found: int) -> int:
    """How many members the zip's end counts (APPNOTE 4.3.16): zipfile reads what it finds and does not compare."""
    end = data.rfind(_ZIP_END)
    (count,) = struct.unpack_from("<H", data, end + 10)
    return found if count == _ZIP64 else int(count)


def _inflated(file: FeedFile, start: Callable[[], Any], limit: int) -> bytes:
    """Every member of a stream, one after the other; what follows the last is a fault."""
    pieces, data, left = [], file.data, limit
    while data:
        stream = start()
        try:
            pieces.append(stream.decompress(data, left + 1))
        except _FAULTS as error:
            raise file.invalid(f"the compression is damaged: {error}") from error
        left -= len(pieces[-1])
        if left < 0:
            raise _too_large(file, limit)
        if not stream.eof:
            raise file.invalid("the file is cut: its compression has no end")
        data = stream.unused_data
    return b"".join(pieces)


def _too_large(file: FeedFile, limit: int) -> Exception:
    return file.invalid(f"the file is too large: more than {limit / 2**20:g} MiB unpacked")

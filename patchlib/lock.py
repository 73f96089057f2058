"""One at a time: a lock file that names its holder, and that a dead process cannot hold.

The system's own lock on the open file decides (flock), and ends with the process that holds it, however that ends.
What stands in the file is for the reader who comes second; left there, it tells that its writer was killed.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from patchlib.errors import PatchlibError

__all__ = ["LOCK_ENDING", "only_one"]

# Of the lock of an extraction into a store, beside the store.
LOCK_ENDING = ".extract.lock"

_LONGEST = 200  # of what a holder says of itself [bytes]


@contextmanager
def only_one(path: Path, refusal: Callable[[str], PatchlibError], *, started: datetime | None = None) -> Iterator[str]:
    """Hold the lock file until the block ends; its folder must exist.

    refusal: makes the error for whoever comes second, from the holder in words: `process 4711, started ...`.
    started: naive UTC instant told to others, where the caller knows one.
    Yields the holder that was killed before, in the same words, "" when the last one ended by itself.
    Raises the refusal, at once, while another process (or another block of this one) holds the lock.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise refusal(_told(descriptor) or "another process") from error
        killed = _told(descriptor)
        os.ftruncate(descriptor, 0)
        since = "" if started is None else f" {started:%Y-%m-%dT%H:%M:%SZ}"
        os.pwrite(descriptor, f"{os.getpid()}{since}".encode(), 0)
        try:
            yield killed
        finally:
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _told(descriptor: int) -> str:
    """The holder in words; "" when the file names none."""
    words = os.pread(descriptor, _LONGEST, 0).decode(errors="replace").split()
    if not words:
        return ""
    since = f", started {words[1].replace('T', ' ').removesuffix('Z')} UTC" if len(words) > 1 else ""
    return f"process {words[0]}{since}"

"""Amazon S3: the objects that patch policies pass to their runs."""

from __future__ import annotations

from patchlib.sources.declaration import Source

__all__ = ["SOURCES"]

SOURCES: tuple[Source, ...] = ()

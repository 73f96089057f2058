"""AWS Price List: on-demand rates of the instance types in use."""

from __future__ import annotations

from patchlib.sources.declaration import Source

__all__ = ["SOURCES"]

SOURCES: tuple[Source, ...] = ()

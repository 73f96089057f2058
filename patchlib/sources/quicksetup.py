"""AWS Systems Manager Quick Setup: patch policies."""

from __future__ import annotations

from patchlib.sources.declaration import Source

__all__ = ["SOURCES"]

SOURCES: tuple[Source, ...] = ()

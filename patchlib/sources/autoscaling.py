"""Amazon EC2 Auto Scaling: groups, instance refreshes, scaling activities, launch configurations."""

from __future__ import annotations

from patchlib.sources.declaration import Source

__all__ = ["SOURCES"]

SOURCES: tuple[Source, ...] = ()

"""AWS Systems Manager: compliance, inventory, Change Calendar, OpsItems."""

from __future__ import annotations

from patchlib.sources.declaration import Source

__all__ = ["SOURCES"]

SOURCES: tuple[Source, ...] = ()

"""Elastic Load Balancing: load balancers, listeners, target groups and the health of their targets."""

from __future__ import annotations

from patchlib.sources.declaration import Source

__all__ = ["SOURCES"]

SOURCES: tuple[Source, ...] = ()

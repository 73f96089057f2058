"""AWS Price List: on-demand rates of the instance types in use."""

from __future__ import annotations

from patchlib.sandbox.endpoint import Handler
from patchlib.sandbox.world.estate import Estate

__all__ = ["handlers"]


def handlers(estate: Estate) -> dict[str, Handler]:  # noqa: ARG001
    """The operations of this service over one estate."""
    return {}

"""The Lambda functions of the organisation: a few, each fault once and beside it a function that has it not.

An account's functions are written down, not drawn: what there is to find is known. All of them are as they were last
deployed; seen before that, a function is not there yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from patchlib.sandbox.world.calendars import instant
from patchlib.sandbox.world.directory import HOME_REGION

__all__ = ["LATEST", "Function", "LayerVersion", "functions", "layer_versions"]

LATEST = "$LATEST"
_PRODUCTION_A, _PRODUCTION_B = "210400173933", "210400173974"
_LAYER = "pdf-tools"
# When each version of the layer was published, from 1 on.
_PUBLISHED = ("2025-02-11", "2025-03-04", "2025-03-25", "2025-04-08", "2025-05-06", "2026-01-20", "2026-04-14")


@dataclass(frozen=True)
class LayerVersion:
    """One version of the shared layer."""

    number: int
    published_at: int

    @property
    def name(self) -> str:
        """The layer's name."""
        return _LAYER


@dataclass(frozen=True)
class Function:
    """One version of a function, published or `$LATEST`.

    runtime: "" for a container image, whose build then says which of the images of its repository it runs.
    layer:   version of the shared layer, 0 without. updates: how its runtime is updated. alias: one that names it.
    """

    name: str
    deployed_at: int
    runtime: str = ""
    version: str = LATEST
    layer: int = 0
    updates: str = "Auto"
    alias: str = ""
    repository: str = ""
    build: str = ""


def _function(name: str, day: str, runtime: str = "", **more: object) -> Function:
    return Function(name, instant(f"{day}T09:30:00Z"), runtime, **more)  # type: ignore[arg-type]


_FUNCTIONS = {
    _PRODUCTION_A: (
        # Past the end of its runtime, and its neighbour on one that is supported.
        _function("nightly-export", "2024-03-05", "python3.8"),
        _function("nightly-import", "2025-03-06", "python3.13"),
        # Pinned to one version of its runtime; updated by AWS; updated when it is deployed.
        _function("token-rotator", "2025-04-10", "nodejs22.x", updates="Manual"),
        _function("token-verifier", "2025-04-10", "nodejs22.x"),
        _function("session-cleaner", "2025-04-24", "nodejs22.x", updates="FunctionUpdate"),
        # Three that share a layer which has moved on, and one that has moved with it.
        _function("statement-render", "2025-04-22", "python3.12", layer=4),
        _function("receipt-render", "2025-04-22", "python3.12", layer=4),
        _function("label-render", "2025-05-02", "python3.12", layer=4),
        _function("invoice-render", "2026-04-28", "python3.11", layer=7),
        # The function is new, what callers reach is not; and one where they reach the newest.
        _function("order-events", "2023-05-09", "nodejs16.x", version="1", alias="live"),
        _function("order-events", "2025-05-13", "nodejs22.x", version="2"),
        _function("order-events", "2025-05-13", "nodejs22.x"),
        _function("payment-events", "2023-05-09", "nodejs18.x", version="1"),
        _function("payment-events", "2025-05-13", "nodejs22.x", version="2", alias="live"),
        _function("payment-events", "2025-05-13", "nodejs22.x"),
        # Container images: a tag that moves does not move the function, which stays on the digest it was deployed with.
        _function("storefront-thumbnail", "2025-05-20", repository="storefront", build="old"),
        _function("checkout-receipt", "2025-05-20", repository="checkout-api", build="live"),
    ),
    _PRODUCTION_B: (_function("invoice-render", "2025-05-27", "python3.11"),),
}


@cache
def functions(account_id: str, region: str, as_of: int) -> tuple[Function, ...]:
    """The functions of a cell and their published versions at an instant."""
    found = _FUNCTIONS.get(account_id, ()) if region == HOME_REGION else ()
    return tuple(each for each in found if each.deployed_at <= as_of)


@cache
def layer_versions(account_id: str, region: str, as_of: int) -> tuple[LayerVersion, ...]:
    """The versions of the layer that a cell's functions share, oldest first; none where no function has one."""
    if not any(each.layer for each in functions(account_id, region, as_of)):
        return ()
    found = (LayerVersion(number, instant(day)) for number, day in enumerate(_PUBLISHED, start=1))
    return tuple(each for each in found if each.published_at <= as_of)

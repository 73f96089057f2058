"""One organisation for all handlers' tests, and a way to call a handler without the wire."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from patchlib.sandbox.endpoint import Call
from patchlib.sandbox.organisation import Organisation

PRODUCTION, DEVELOPMENT, SHARED = "210400173933", "210400173947", "210400173962"
Ask = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def organisation() -> Organisation:
    """The demo's organisation."""
    return Organisation()


@pytest.fixture(scope="session")
def ask(organisation: Organisation) -> Ask:
    """`ask("ssm", "DescribePatchGroups", account_id=..., region=..., **params)` gives the handler's whole answer."""

    def call(
        service: str, operation: str, account_id: str = PRODUCTION, region: str = "eu-central-1", **params: Any
    ) -> dict[str, Any]:
        handler = organisation.handlers[service, operation]
        return handler(Call(service, operation, account_id, region, params, organisation.as_of))

    return call

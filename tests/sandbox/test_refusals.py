"""Promises of refusals: each kind is spelled for each protocol."""

from __future__ import annotations

from typing import get_args

import pytest

from patchlib.sandbox.refusals import Kind, refusal


@pytest.mark.parametrize("protocol", ["json", "rest-json", "query", "ec2", "rest-xml"])
@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_kind_has_a_code_in_every_protocol(kind: Kind, protocol: str) -> None:
    """And the status of an error."""
    error = refusal(kind, protocol, "text")
    assert error.code
    assert 400 <= error.status < 600
    assert str(error) == f"{error.code}: text"


def test_the_status_can_be_another() -> None:
    """As a fault file may ask for 503."""
    assert refusal("internal", "json", "text", status=503).status == 503

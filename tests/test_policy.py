"""The policy allows what the catalogue calls and nothing else."""

import re

from patchlib.policy import policy_document
from patchlib.sources import SOURCES


def test_the_policy_is_the_catalogue() -> None:
    """Every source's action is allowed, and no other."""
    (statement,) = policy_document()["Statement"]
    assert set(statement["Action"]) == {source.action for source in SOURCES}


def test_the_policy_only_reads() -> None:
    """No wildcard in an action, and every action reads."""
    (statement,) = policy_document()["Statement"]
    assert statement["Effect"] == "Allow"
    assert all(re.fullmatch(r"[a-z0-9-]+:(Describe|Get|List)[A-Za-z]+", action) for action in statement["Action"])

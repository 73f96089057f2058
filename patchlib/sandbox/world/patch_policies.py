"""Quick Setup patch policies: what stands behind the associations that scan one application's nodes.

There is one policy for each Region, and each passes its baselines to its runs as an object in a bucket of its own.
The reader may read the object of the home Region; the other's bucket was closed to it, so what that policy's runs
went by cannot be known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from patchlib.sandbox.world.associations import (
    PATCH_POLICY_ACCOUNT,
    patch_policy_application,
    patch_policy_bucket,
    patch_policy_id,
)
from patchlib.sandbox.world.baselines import Baseline, shown_baseline
from patchlib.sandbox.world.directory import HOME_REGION, REGIONS
from patchlib.sandbox.world.draws import Draws
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.nodes import Node

__all__ = ["CREATED_AT", "OVERRIDE_KEY", "Policy", "override_text", "policies", "scan_id"]

OVERRIDE_KEY = "baseline_overrides.json"
CREATED_AT = "2024-02-06T09:30:12Z"


@dataclass(frozen=True)
class Policy:
    """One patch policy: a Quick Setup configuration of one account for one Region.

    setup_id:    what Quick Setup ends its names with.
    application: whose nodes it scans.
    baselines:   what it scans by: copies of the account's own, one for each operating system.
    is_readable: whether the reader may read the object with its baselines.
    """

    account_id: str
    region: str
    setup_id: str
    bucket: str
    application: str
    baselines: tuple[Baseline, ...]
    is_readable: bool

    @property
    def name(self) -> str:
        """What its author called it."""
        return f"{self.application}-{self.region}"


def policies(estate: Estate) -> Iterator[Policy]:
    """The patch policies of the organisation."""
    for region in REGIONS:
        cell = (PATCH_POLICY_ACCOUNT, region)
        application = patch_policy_application(cell, estate.by_cell.get(cell, []))
        if application:
            yield Policy(
                account_id=PATCH_POLICY_ACCOUNT,
                region=region,
                setup_id=patch_policy_id(estate.draws, cell),
                bucket=patch_policy_bucket(estate.draws, cell),
                application=application,
                baselines=tuple(b.at(estate.as_of) for b in estate.baselines[cell].baselines if not b.is_aws_owned),
                is_readable=region == HOME_REGION,
            )


def scan_id(draws: Draws, node: Node, ended_at: int) -> str:
    """The command by which an association scanned a node."""
    return draws.uuid("scan command", node.node_id, ended_at)


def override_text(policy: Policy) -> str:
    """The object that a policy's runs are given: baselines as GetPatchBaseline shows them, as a JSON array."""
    return orjson.dumps([_override(baseline) for baseline in policy.baselines]).decode()


def _override(baseline: Baseline) -> dict[str, Any]:
    found = shown_baseline(baseline, baseline.rejected)
    if baseline.operating_system == "REDHAT_ENTERPRISE_LINUX":
        # An alternative repository with its credentials in the text, as the user guide shows how to write one.
        text = "[internal]\nname=internal\nbaseurl=https://mirror:not-a-real-one@mirror.alderbrook.example.com/rhel"
        found["Sources"] = [{"Name": "internal", "Products": ["*"], "Configuration": text}]
    return found

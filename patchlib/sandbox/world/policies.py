"""Quick Setup patch policies: one per Region of one production account, whose nodes they scan every night.

Each passes its baselines to its runs as an object in its own bucket. The reader may read one of the two: the
other's bucket policy was tightened, so what that policy's runs went by cannot be known.
"""

from __future__ import annotations

from dataclasses import dataclass

from patchlib.sandbox.world.directory import HOME_REGION

__all__ = ["POLICIES", "Policy", "policy_of"]

_PRODUCTION_B = "210400173974"


@dataclass(frozen=True)
class Policy:
    """One patch policy: a Quick Setup configuration of one account for one Region.

    setup_id:    what Quick Setup ends its names with.
    is_readable: whether the reader may read the object with its baselines.
    """

    account_id: str
    region: str
    name: str
    setup_id: str
    created_at: str
    is_readable: bool

    @property
    def bucket(self) -> str:
        """The bucket that Quick Setup made for it."""
        return f"aws-quicksetup-patchpolicy-{self.account_id}-{self.setup_id}"

    @property
    def override(self) -> str:
        """The object that its runs are passed as BaselineOverride."""
        return f"s3://{self.bucket}/baseline_overrides.json"


POLICIES = (
    Policy(_PRODUCTION_B, HOME_REGION, "production-b-frankfurt", "a7k2p", "2024-02-06T09:30:12Z", is_readable=True),
    Policy(_PRODUCTION_B, "us-east-1", "production-b-virginia", "m4x9d", "2024-02-06T10:02:45Z", is_readable=False),
)


def policy_of(account_id: str, region: str) -> Policy | None:
    """The patch policy that scans the nodes of a cell, None for most."""
    return next((each for each in POLICIES if (each.account_id, each.region) == (account_id, region)), None)

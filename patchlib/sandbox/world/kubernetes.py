"""The EKS clusters of the organisation: each fault once, and one cluster that has none.

Versions of Kubernetes and the ends of their support are those of EKS's own calendar (EKS user guide, "Understand the
Kubernetes version lifecycle on EKS", read 2026-11-25); clusters, add-ons and their versions are invented.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from patchlib.sandbox.world.calendars import instant, to_datetime
from patchlib.sandbox.world.directory import HOME_REGION

__all__ = ["ADDONS", "VERSIONS", "AddonVersion", "Cluster", "Insight", "NodeGroup", "Version", "clusters", "versions"]

_PRODUCTION = "210400173933"


@dataclass(frozen=True)
class Version:
    """A version of Kubernetes on EKS: instants of its release and of the ends of its support."""

    name: str
    released_at: int
    standard_until: int
    extended_until: int

    def status(self, as_of: int) -> str:
        """As DescribeClusterVersions says it."""
        if as_of < self.standard_until:
            return "STANDARD_SUPPORT"
        return "EXTENDED_SUPPORT" if as_of < self.extended_until else "UNSUPPORTED"


VERSIONS = tuple(
    Version(name, *map(instant, days))
    for name, *days in (
        ("1.29", "2024-01-23", "2025-03-23", "2026-03-23"),
        ("1.30", "2024-05-23", "2025-07-23", "2026-07-23"),
        ("1.31", "2024-09-26", "2025-11-26", "2026-11-26"),
        ("1.32", "2025-01-25", "2026-03-23", "2027-03-23"),
        ("1.33", "2025-05-28", "2026-07-29", "2027-07-29"),
        ("1.34", "2025-10-06", "2026-12-02", "2027-12-02"),
        ("1.35", "2026-01-28", "2027-03-27", "2028-03-27"),
        ("1.36", "2026-06-02", "2027-08-02", "2028-08-02"),
    )
)


@dataclass(frozen=True)
class AddonVersion:
    """A version of an add-on, and the first and last version of Kubernetes that it fits."""

    name: str
    first: str
    last: str


ADDONS = {
    "vpc-cni": (AddonVersion("v1.20.4-eksbuild.2", "1.31", "1.36"), AddonVersion("v1.18.6-eksbuild.1", "1.29", "1.31")),
    "coredns": (AddonVersion("v1.12.2-eksbuild.4", "1.31", "1.36"), AddonVersion("v1.11.3-eksbuild.1", "1.29", "1.32")),
}


@dataclass(frozen=True)
class NodeGroup:
    """A node group. version, released: of its nodes, with the day of the release of their machine image."""

    name: str
    version: str
    released: str
    image: str = "AL2023_x86_64_STANDARD"

    @property
    def release_version(self) -> str:
        """As EKS names a release of its machine image."""
        return f"{self.version}.4-{self.released}"


@dataclass(frozen=True)
class Insight:
    """What AWS sees. replaced: an interface of Kubernetes that callers still use, and what takes its place."""

    name: str
    status: str
    reason: str
    replaced: tuple[str, str, str] | None = None


@dataclass(frozen=True)
class Cluster:
    """A cluster at an instant. addons: name to version. profiles: Fargate profiles."""

    name: str
    created_at: int
    version: str
    support: str
    groups: tuple[NodeGroup, ...]
    addons: tuple[tuple[str, str], ...]
    insights: tuple[Insight, ...]
    profiles: tuple[str, ...] = ()


_SKEW, _REMOVED = "Kubelet version skew", "Deprecated APIs removed in Kubernetes v1.32"
_FITS = "EKS add-on version compatibility"
_FINE = (
    Insight(_SKEW, "PASSING", "Node kubelet versions match the cluster control plane version."),
    Insight(_FITS, "PASSING", "All installed EKS add-on versions are compatible with next Kubernetes version."),
)
_NEW_ADDONS = tuple((name, found[0].name) for name, found in ADDONS.items())
_OLD_ADDONS = tuple((name, found[-1].name) for name, found in ADDONS.items())


def versions(as_of: int) -> tuple[Version, ...]:
    """The versions that EKS has had until an instant, newest first."""
    return tuple(each for each in reversed(VERSIONS) if each.released_at <= as_of)


def clusters(account_id: str, region: str, as_of: int) -> tuple[Cluster, ...]:
    """The clusters of a cell at an instant."""
    if (account_id, region) != (_PRODUCTION, HOME_REGION):
        return ()
    # Renewed every month on the 10th, as far as there has been one.
    month = to_datetime(as_of)
    renewed = f"{month:%Y%m}10" if month.day >= 10 else f"{to_datetime(as_of - 15 * 86400):%Y%m}10"
    # In turn with EKS, half a year after the release of each version.
    in_turn = _newest(as_of, 180)
    blocked = (
        Insight(_SKEW, "WARNING", "Node kubelet versions are two versions behind the cluster control plane."),
        Insight(
            _REMOVED,
            "ERROR",
            "Deprecated API usage detected within the last 30 days.",
            ("/apis/flowcontrol.apiserver.k8s.io/v1beta3", "/apis/flowcontrol.apiserver.k8s.io/v1", "1.32"),
        ),
        Insight(_FITS, "WARNING", "Some installed EKS add-on versions are incompatible with next Kubernetes version."),
    )
    return (
        # In extended support, with an insight that blocks its upgrade and nodes that are two versions behind.
        Cluster(
            "orders",
            instant("2024-10-08T09:00:00Z"),
            "1.31",
            "EXTENDED",
            (NodeGroup("orders-old", "1.29", "20240415"), NodeGroup("orders-new", "1.31", renewed)),
            _OLD_ADDONS,
            blocked,
        ),
        # Past its standard support with no extended one: AWS upgrades it whenever it comes to it.
        Cluster(
            "ledger",
            instant("2025-05-29T09:00:00Z"),
            "1.33" if as_of >= instant("2025-06-10") else "1.32",
            "STANDARD",
            (NodeGroup("ledger-a", "1.32", "20250520"),),
            _NEW_ADDONS,
            _FINE,
        ),
        # As it should be: in standard support, its nodes renewed every month.
        Cluster(
            "shop",
            instant("2025-02-04T09:00:00Z"),
            in_turn,
            "STANDARD",
            (
                NodeGroup("shop-a", in_turn, renewed),
                NodeGroup("shop-b", in_turn, renewed, "BOTTLEROCKET_x86_64"),
            ),
            _NEW_ADDONS,
            _FINE,
            ("jobs",),
        ),
    )


def _newest(as_of: int, days: int) -> str:
    """The newest version that has been out for so many days."""
    found: Sequence[Version] = [each for each in VERSIONS if each.released_at + days * 86400 <= as_of]
    return found[-1].name

"""The ECS clusters of the organisation: a few services, each fault once and beside it a service that has it not.

Two clusters run on instances of the world's own fleet, one of them on an image that nobody has renewed; the third
runs on Fargate. Services are as they were last deployed; seen before that they are not there yet.
"""

from __future__ import annotations

from dataclasses import dataclass

from patchlib.sandbox.world.calendars import HOUR, instant
from patchlib.sandbox.world.directory import HOME_REGION
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.nodes import Node

__all__ = ["Cluster", "Service", "clusters", "running_since"]

_PRODUCTION = "210400173933"
# Fargate's platform versions for Linux: the one that LATEST means, and the one before it.
_FARGATE, _FARGATE_OLD = "1.4.0", "1.3.0"


@dataclass(frozen=True)
class Service:
    """A service and its tasks.

    build:    which image of the tag its tasks run: the tag's own ("live") or the one it pointed to before ("old").
    breaks:   its deployments stop by themselves where tasks fail. failed: tasks of its last deployment that did.
    platform: version of Fargate that its tasks run on, "" on instances. asked: as the service names it.
    """

    name: str
    repository: str
    deployed_at: int
    count: int = 2
    build: str = "live"
    breaks: bool = True
    failed: int = 0
    platform: str = _FARGATE
    asked: str = "LATEST"
    revision: int = 7


@dataclass(frozen=True)
class Cluster:
    """A cluster: its services, and the instances it runs on; none on Fargate."""

    name: str
    services: tuple[Service, ...]
    instances: tuple[Node, ...] = ()


def _service(name: str, repository: str, day: str, **more: object) -> Service:
    return Service(name, repository, instant(f"{day}T11:00:00Z"), **more)  # type: ignore[arg-type]


_ON_FARGATE = (
    # Their tag has moved since they were started, and beside them one that was deployed after its tag had moved.
    _service("storefront-web", "storefront", "2025-05-06", build="old"),
    _service("checkout-api", "checkout-api", "2025-05-20", count=3),
    # Tasks of its last deployment fail again and again, and nothing ends it.
    _service("returns-api", "checkout-api", "2025-05-21", breaks=False, failed=41),
    # Pinned to a version of Fargate's platform that is no longer the latest.
    _service("label-queue", "checkout-api", "2024-04-16", platform=_FARGATE_OLD, asked=_FARGATE_OLD),
)
_ON_OLD_INSTANCES = (_service("price-import", "checkout-api", "2025-05-13", count=1, platform=""),)
_ON_NEW_INSTANCES = (_service("stock-import", "checkout-api", "2025-05-13", count=1, platform=""),)
# The world's services whose nodes are a cluster's instances: built by hand once, and replaced every night.
_HOSTS, _NIGHTLY = "container-host", "overnight-batch"


def clusters(estate: Estate, account_id: str, region: str) -> tuple[Cluster, ...]:
    """The clusters of a cell."""
    if (account_id, region) != (_PRODUCTION, HOME_REGION):
        return ()
    found = [Cluster("shop", _there(estate, _ON_FARGATE))]
    for name, host, services in (("imports", _HOSTS, _ON_OLD_INSTANCES), ("nightly", _NIGHTLY, _ON_NEW_INSTANCES)):
        nodes = [node for node in estate.by_cell.get((account_id, region), []) if node.service == host]
        running = [node for node in nodes if estate.as_of >= node.launched_at and node.terminated_at > estate.as_of]
        found.append(Cluster(name, _there(estate, services) if running else (), tuple(running)))
    return tuple(found)


def _there(estate: Estate, services: tuple[Service, ...]) -> tuple[Service, ...]:
    return tuple(each for each in services if each.deployed_at <= estate.as_of)


def running_since(estate: Estate, cluster: Cluster, service: Service, number: int) -> int:
    """When a task was started: with its service, or when its instance joined later."""
    joined = cluster.instances[number % len(cluster.instances)].launched_at + HOUR if cluster.instances else 0
    return min(max(service.deployed_at + 60 * (number + 1), joined), estate.as_of)

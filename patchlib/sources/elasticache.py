"""Amazon ElastiCache: caches, and the service updates that wait for them."""

from __future__ import annotations

from collections.abc import Iterator

from patchlib.sources.declaration import Context, Drop, Request, Scope, Source

__all__ = ["SOURCES"]

# What is still to be done, or was begun; what was done, or never applied to a cache, is not listed again each day.
_OPEN = ["not-applied", "waiting-to-start", "in-progress", "stopping", "stopped", "scheduling", "scheduled"]


def _has_cache(context: Context) -> bool:
    return bool(context.rows("elasticache_cache_cluster"))


def _groups(context: Context) -> Iterator[Request]:
    # Every member of a replication group is a cluster of the first listing.
    if _has_cache(context):
        yield Request()


def _open(context: Context) -> Iterator[Request]:
    if _has_cache(context):
        yield Request({"UpdateActionStatus": _OPEN})


def _available(context: Context) -> Iterator[Request]:
    if _has_cache(context):
        yield Request({"ServiceUpdateStatus": ["available"]})


SOURCES = (
    Source(
        name="elasticache_cache_cluster",
        service="elasticache",
        operation="DescribeCacheClusters",
        scope=Scope.CELL,
        items="CacheClusters[]",
        page_size=100,
        about="cache clusters: engine, version, window, who upgrades them, and the replication group they are in",
        system="ElastiCache",
        key=("CacheClusterId",),
        remember=("CacheClusterId",),
        on_nodes=False,
    ),
    Source(
        name="elasticache_replication_group",
        service="elasticache",
        operation="DescribeReplicationGroups",
        scope=Scope.CELL,
        items="ReplicationGroups[]",
        page_size=100,
        about="replication groups: whether a replica takes over while a node is patched",
        system="ElastiCache",
        key=("ReplicationGroupId",),
        needs=("elasticache_cache_cluster",),
        requests=_groups,
        drop=(Drop("ReplicationGroups[].Description"),),
        least="one listing of each account and Region that has caches",
        on_nodes=False,
    ),
    Source(
        name="elasticache_update_action",
        service="elasticache",
        operation="DescribeUpdateActions",
        scope=Scope.CELL,
        items="UpdateActions[]",
        page_size=50,
        about="service updates that a cache has not got yet: severity, and the day by which AWS wants them applied",
        system="ElastiCache",
        # A row names a replication group or a cluster without one, never both.
        key=("ReplicationGroupId", "CacheClusterId", "ServiceUpdateName"),
        needs=("elasticache_cache_cluster",),
        requests=_open,
        least="one per 50 updates that are open, in each account and Region that has caches",
        on_nodes=False,
    ),
    Source(
        name="elasticache_service_update",
        service="elasticache",
        operation="DescribeServiceUpdates",
        scope=Scope.CELL,
        items="ServiceUpdates[]",
        page_size=50,
        about="service updates that AWS offers, and whether they are applied by themselves after their day",
        system="ElastiCache",
        key=("ServiceUpdateName",),
        needs=("elasticache_cache_cluster",),
        requests=_available,
        least="one listing of each account and Region that has caches",
        on_nodes=False,
    ),
)

"""Amazon ElastiCache: a few caches and their service updates, one overdue beside one in time.

basket     a critical update is past its day, and no replica takes over     session-store  the same update was applied
quotes     an update that AWS applies by itself after its day               session-store  a replica takes over
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from patchlib.sandbox.endpoint import Handler
from patchlib.sandbox.handlers.listing import Row, listed
from patchlib.sandbox.world.calendars import instant, to_datetime
from patchlib.sandbox.world.directory import HOME_REGION
from patchlib.sandbox.world.estate import Estate

__all__ = ["handlers"]

_PRODUCTION = "210400173933"


@dataclass(frozen=True)
class _Cache:
    """A replication group, or with one node a cluster of its own. updates: name to the state of the update in it."""

    name: str
    engine: str
    version: str
    nodes: int
    fails_over: bool
    updates: tuple[tuple[str, str], ...]


_CACHES = (
    _Cache("basket", "redis", "6.2.6", 2, False, (("elasticache-patch-202608-1", "not-applied"),)),
    _Cache("session-store", "valkey", "8.1.0", 3, True, (("elasticache-patch-202608-1", "complete"),)),
    _Cache("quotes", "memcached", "1.6.22", 1, False, (("elasticache-patch-202610-1", "not-applied"),)),
)
# (name, severity, released, to be applied by, whether AWS then applies it)
_UPDATES = (
    ("elasticache-patch-202608-1", "critical", "2026-08-18T16:00:00Z", "2026-09-17T16:00:00Z", False),
    ("elasticache-patch-202610-1", "important", "2026-10-20T16:00:00Z", "2026-12-19T16:00:00Z", True),
)


def handlers(estate: Estate) -> dict[str, Handler]:
    """The operations of ElastiCache over one estate."""
    return {
        "DescribeCacheClusters": listed("elasticache_cache_cluster", estate, _clusters),
        "DescribeReplicationGroups": listed("elasticache_replication_group", estate, _groups),
        "DescribeUpdateActions": listed(
            "elasticache_update_action", estate, _actions, by={"UpdateActionStatus": "UpdateActionStatus"}
        ),
        "DescribeServiceUpdates": listed(
            "elasticache_service_update", estate, _updates, by={"ServiceUpdateStatus": "ServiceUpdateStatus"}
        ),
    }


def _caches(account_id: str, region: str) -> tuple[_Cache, ...]:
    return _CACHES if (account_id, region) == (_PRODUCTION, HOME_REGION) else ()


def _clusters(_estate: Estate, account_id: str, region: str) -> Iterator[Row]:
    for each in _caches(account_id, region):
        for number in range(each.nodes):
            name = f"{each.name}-{number + 1:03d}" if each.nodes > 1 else each.name
            yield {
                "CacheClusterId": name,
                "ARN": f"arn:aws:elasticache:{region}:{account_id}:cluster:{name}",
                "CacheNodeType": "cache.m7g.large",
                "Engine": each.engine,
                "EngineVersion": each.version,
                "CacheClusterStatus": "available",
                "NumCacheNodes": 1,
                "PreferredAvailabilityZone": region + "abc"[number],
                "PreferredMaintenanceWindow": "mon:03:00-mon:04:00",
                "AutoMinorVersionUpgrade": each.fails_over,
                **({"ReplicationGroupId": each.name} if each.nodes > 1 else {}),
            }


def _groups(_estate: Estate, account_id: str, region: str) -> Iterator[Row]:
    for each in _caches(account_id, region):
        if each.nodes > 1:
            yield {
                "ReplicationGroupId": each.name,
                "ARN": f"arn:aws:elasticache:{region}:{account_id}:replicationgroup:{each.name}",
                "Status": "available",
                "Engine": each.engine,
                "MemberClusters": [f"{each.name}-{number + 1:03d}" for number in range(each.nodes)],
                "AutomaticFailover": "enabled" if each.fails_over else "disabled",
                "MultiAZ": "enabled" if each.fails_over else "disabled",
                "ClusterEnabled": False,
                "CacheNodeType": "cache.m7g.large",
            }


def _updates(estate: Estate, _account_id: str, _region: str) -> Iterator[Row]:
    for name, severity, released, until, is_automatic in _UPDATES:
        if instant(released) <= estate.as_of:
            yield {
                "ServiceUpdateName": name,
                "ServiceUpdateReleaseDate": to_datetime(instant(released)),
                "ServiceUpdateSeverity": severity,
                "ServiceUpdateRecommendedApplyByDate": to_datetime(instant(until)),
                "ServiceUpdateStatus": "available",
                "ServiceUpdateType": "security-update",
                "AutoUpdateAfterRecommendedApplyByDate": is_automatic,
                "EstimatedUpdateTime": "30 minutes per node",
            }


def _actions(estate: Estate, account_id: str, region: str) -> Iterator[Row]:
    told = {row["ServiceUpdateName"]: row for row in _updates(estate, account_id, region)}
    for each in _caches(account_id, region):
        named = {"ReplicationGroupId" if each.nodes > 1 else "CacheClusterId": each.name}
        for name, status in each.updates:
            if name in told:
                update = {k: v for k, v in told[name].items() if k != "AutoUpdateAfterRecommendedApplyByDate"}
                is_late = update["ServiceUpdateRecommendedApplyByDate"] < to_datetime(estate.as_of)
                yield {
                    **named,
                    **update,
                    "Engine": each.engine,
                    "UpdateActionAvailableDate": update["ServiceUpdateReleaseDate"],
                    "UpdateActionStatus": status,
                    "NodesUpdated": f"{each.nodes if status == 'complete' else 0}/{each.nodes}",
                    "SlaMet": "yes" if status == "complete" else "no" if is_late else "n/a",
                }

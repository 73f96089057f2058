"""Caches are listed in every cell; what waits for them is asked only where there are any."""

import pytest

from patchlib.sources import source
from patchlib.sources.declaration import scrub
from tests.sources.asking import context

FOLLOWING = ("elasticache_replication_group", "elasticache_update_action", "elasticache_service_update")


@pytest.mark.parametrize("name", FOLLOWING)
def test_without_a_cache_nothing_more_is_asked(name: str) -> None:
    """And with some, one listing each."""
    assert not list(source(name).requests(context(elasticache_cache_cluster=[])))
    caches = [{"CacheClusterId": "a"}, {"CacheClusterId": "b"}]
    assert len(list(source(name).requests(context(elasticache_cache_cluster=caches)))) == 1
    assert not source(name).on_nodes


def test_what_is_done_is_not_listed_again() -> None:
    """Updates that were applied, or never applied to a cache, pile up over the years."""
    [request] = source("elasticache_update_action").requests(context(elasticache_cache_cluster=[{}]))
    assert {"not-applied", "stopped", "scheduled"} <= {*request.params["UpdateActionStatus"]}
    assert {"complete", "not-applicable"}.isdisjoint(request.params["UpdateActionStatus"])


def test_a_description_is_not_kept() -> None:
    """It is whatever somebody wrote."""
    page = {"ReplicationGroups": [{"ReplicationGroupId": "a", "Description": "canary"}]}
    assert "canary" not in str(scrub(source("elasticache_replication_group"), page))

"""Promises of the caches' handlers: an update past its day, one in time, one that was applied."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from patchlib.sandbox.endpoint import Call
from patchlib.sandbox.organisation import Organisation
from tests.sandbox.handlers.conftest import DEVELOPMENT, PRODUCTION, Ask


def _actions(ask: Ask, *statuses: str) -> dict[str, dict[str, Any]]:
    found = ask("elasticache", "DescribeUpdateActions", UpdateActionStatus=list(statuses))["UpdateActions"]
    return {row.get("ReplicationGroupId") or row["CacheClusterId"]: row for row in found}


def test_one_is_past_its_day_and_one_is_not(ask: Ask, organisation: Organisation) -> None:
    """The third was applied, and is told only to who asks for it."""
    found = _actions(ask, "not-applied")
    assert {name: row["SlaMet"] for name, row in found.items()} == {"basket": "no", "quotes": "n/a"}
    assert found["basket"]["ServiceUpdateRecommendedApplyByDate"] < organisation.as_of
    assert found["quotes"]["ServiceUpdateRecommendedApplyByDate"] > organisation.as_of
    assert {*_actions(ask, "complete")} == {"session-store"}


def test_one_group_fails_over_and_one_does_not(ask: Ask) -> None:
    """Members are clusters that name their group."""
    groups = ask("elasticache", "DescribeReplicationGroups")["ReplicationGroups"]
    clusters = ask("elasticache", "DescribeCacheClusters")["CacheClusters"]
    assert {row["ReplicationGroupId"]: row["AutomaticFailover"] for row in groups} == {
        "basket": "disabled",
        "session-store": "enabled",
    }
    for group in groups:
        name = group["ReplicationGroupId"]
        members = [row["CacheClusterId"] for row in clusters if row.get("ReplicationGroupId") == name]
        assert members == group["MemberClusters"]
    assert [row["CacheClusterId"] for row in clusters if "ReplicationGroupId" not in row] == ["quotes"]


def test_they_are_in_one_cell_and_updates_come_with_time(ask: Ask, organisation: Organisation) -> None:
    """Before its release no update waits for anybody."""
    assert not ask("elasticache", "DescribeCacheClusters", account_id=DEVELOPMENT)["CacheClusters"]
    past = organisation.at(organisation.as_of - timedelta(days=30))
    handler = past.handlers["elasticache", "DescribeUpdateActions"]
    call = Call("elasticache", "DescribeUpdateActions", PRODUCTION, "eu-central-1", {}, past.as_of)
    listed = handler(call)["UpdateActions"]
    assert [row.get("ReplicationGroupId") for row in listed] == ["basket", "session-store"]

"""Promises of the EKS handlers."""

from __future__ import annotations

from typing import Any

import pytest

from patchlib.sandbox.endpoint import ServiceError
from patchlib.sandbox.organisation import Organisation
from tests.sandbox.handlers.conftest import Ask


def _described(ask: Ask) -> dict[str, dict[str, Any]]:
    return {
        name: ask("eks", "DescribeCluster", name=name)["cluster"] for name in ask("eks", "ListClusters")["clusters"]
    }


def _support(ask: Ask) -> dict[str, str]:
    rows = ask("eks", "DescribeClusterVersions", includeAll=True)["clusterVersions"]
    return {row["clusterVersion"]: row["versionStatus"] for row in rows}


def test_each_state_of_support_has_its_cluster(ask: Ask) -> None:
    """One in extended support, one past standard support that wants none, one as it should be."""
    support = _support(ask)
    found = {
        name: (support[row["version"]], row["upgradePolicy"]["supportType"]) for name, row in _described(ask).items()
    }
    assert found == {
        "orders": ("EXTENDED_SUPPORT", "EXTENDED"),
        "ledger": ("EXTENDED_SUPPORT", "STANDARD"),
        "shop": ("STANDARD_SUPPORT", "STANDARD"),
    }


def test_support_ends_by_the_calendar(ask: Ask) -> None:
    """A status is what the dates beside it make of the present."""
    rows = ask("eks", "DescribeClusterVersions")["clusterVersions"]
    assert {row["versionStatus"] for row in rows} == {"STANDARD_SUPPORT", "EXTENDED_SUPPORT", "UNSUPPORTED"}
    assert [row["clusterVersion"] for row in rows if row["defaultVersion"]] == [max(_support(ask))]


def test_one_node_group_is_two_versions_behind(ask: Ask) -> None:
    """And beside it one that is even with the cluster; no other is more than one behind."""
    behind = {}
    for name, cluster in _described(ask).items():
        for group in ask("eks", "ListNodegroups", clusterName=name)["nodegroups"]:
            row = ask("eks", "DescribeNodegroup", clusterName=name, nodegroupName=group)["nodegroup"]
            assert row["releaseVersion"].startswith(row["version"])
            behind[group] = int(cluster["version"][2:]) - int(row["version"][2:])
    assert behind == {"orders-old": 2, "orders-new": 0, "ledger-a": 1, "shop-a": 0, "shop-b": 0}


def test_insights_block_one_cluster(ask: Ask) -> None:
    """What blocks says which interface is in use, and what takes its place; elsewhere all pass."""
    for name in _described(ask):
        rows = ask("eks", "ListInsights", clusterName=name)["insights"]
        statuses = {row["insightStatus"]["status"] for row in rows}
        assert statuses == ({"ERROR", "WARNING"} if name == "orders" else {"PASSING"})
        for row in rows:
            detail = ask("eks", "DescribeInsight", clusterName=name, id=row["id"])["insight"]
            is_blocking = row["insightStatus"]["status"] == "ERROR"
            assert bool(detail["categorySpecificSummary"]["deprecationDetails"]) == is_blocking


def test_an_add_on_fits_its_cluster_and_one_not_the_next_version(ask: Ask) -> None:
    """As the versions of the add-on say; they stop where an insight says that they do."""
    left_behind = set()
    for name, cluster in _described(ask).items():
        for addon in ask("eks", "ListAddons", clusterName=name)["addons"]:
            installed = ask("eks", "DescribeAddon", clusterName=name, addonName=addon)["addon"]["addonVersion"]
            [known] = ask("eks", "DescribeAddonVersions", addonName=addon)["addons"]
            [fits] = [
                {fit["clusterVersion"] for fit in each["compatibilities"]}
                for each in known["addonVersions"]
                if each["addonVersion"] == installed
            ]
            assert cluster["version"] in fits
            if f"1.{int(cluster['version'][2:]) + 1}" not in fits:
                left_behind.add((name, addon))
    assert left_behind == {("orders", "vpc-cni")}


def test_a_fargate_profile_is_listed_and_described(ask: Ask) -> None:
    """In the one cluster that has one."""
    profiles = {
        name: ask("eks", "ListFargateProfiles", clusterName=name)["fargateProfileNames"] for name in _described(ask)
    }
    assert profiles == {"orders": [], "ledger": [], "shop": ["jobs"]}
    found = ask("eks", "DescribeFargateProfile", clusterName="shop", fargateProfileName="jobs")["fargateProfile"]
    assert found["selectors"] == [{"namespace": "jobs", "labels": {}}]


def test_no_other_cell_has_clusters(ask: Ask, organisation: Organisation) -> None:
    """So that everywhere else a single call tells it."""
    cells = organisation.estate.directory.cells
    having = [(a, r) for a, r in cells if ask("eks", "ListClusters", account_id=a, region=r)["clusters"]]
    assert len(having) == 1


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("DescribeCluster", {"name": "nosuch"}),
        ("ListNodegroups", {"clusterName": "nosuch"}),
        ("ListInsights", {"clusterName": "nosuch"}),
        ("DescribeAddon", {"clusterName": "shop", "addonName": "nosuch"}),
    ],
)
def test_what_is_not_there_is_the_services_error(ask: Ask, operation: str, params: dict[str, str]) -> None:
    """In its own words, with its own status."""
    with pytest.raises(ServiceError, match="ResourceNotFoundException") as refused:
        ask("eks", operation, **params)
    assert refused.value.status == 404

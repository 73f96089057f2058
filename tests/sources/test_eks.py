"""What is asked of EKS: what each cluster has, and of insights only those that hinder something."""

import pytest

from patchlib.sources import Request, source
from patchlib.sources.declaration import scrub
from tests.sources.asking import context

CLUSTERS = [{"Value": "a"}, {"Value": "b"}]


@pytest.mark.parametrize(
    ("name", "parameter"),
    [
        ("eks_cluster", "name"),
        ("eks_node_group_name", "clusterName"),
        ("eks_addon_name", "clusterName"),
        ("eks_insight", "clusterName"),
        ("eks_fargate_profile_name", "clusterName"),
    ],
)
def test_one_call_per_cluster(name: str, parameter: str) -> None:
    """Each cluster is an item of its own: one that is gone hides no other."""
    asked = list(source(name).requests(context(eks_cluster_name=CLUSTERS)))
    assert asked == [Request({parameter: each}, item=each) for each in ("a", "b")]


@pytest.mark.parametrize(
    ("name", "listing", "parameter"),
    [
        ("eks_node_group", "eks_node_group_name", "nodegroupName"),
        ("eks_addon", "eks_addon_name", "addonName"),
        ("eks_fargate_profile", "eks_fargate_profile_name", "fargateProfileName"),
    ],
)
def test_equal_names_in_two_clusters_are_two_things(name: str, listing: str, parameter: str) -> None:
    """Names are unique within a cluster only, so an item bears both."""
    rows = [{"cluster_name": each, "Value": "x"} for each in ("a", "b")]
    asked = list(source(name).requests(context(**{listing: rows})))
    assert asked == [Request({"clusterName": each, parameter: "x"}, item=f"{each}/x") for each in ("a", "b")]


def test_versions_are_asked_where_there_is_a_cluster() -> None:
    """Also those that are no longer supported: a cluster may still be on one."""
    of = source("eks_cluster_version")
    assert list(of.requests(context(eks_cluster_name=[]))) == []
    assert list(of.requests(context(eks_cluster_name=CLUSTERS))) == [Request({"includeAll": True})]


def test_versions_of_add_ons_are_asked_once_for_all_clusters() -> None:
    """And only of add-ons in use."""
    rows = [{"cluster_name": each, "Value": "vpc-cni"} for each in ("a", "b")]
    asked = list(source("eks_addon_version").requests(context(eks_addon_name=rows)))
    assert asked == [Request({"addonName": "vpc-cni"}, item="vpc-cni")]


def test_an_insight_that_passes_has_no_detail() -> None:
    """What warns, blocks or could not be told has."""
    rows = [
        {"cluster_name": "a", "id": str(number), "insightStatus": status}
        for number, status in enumerate(
            [{"status": "PASSING"}, {"status": "WARNING"}, {"status": "ERROR"}, {"status": "UNKNOWN"}, None]
        )
    ]
    asked = list(source("eks_insight_detail").requests(context(eks_insight=rows)))
    assert [request.item for request in asked] == ["a/1", "a/2", "a/3", "a/4"]


def test_fargate_needs_no_node() -> None:
    """So a cell without nodes is asked too."""
    assert not source("eks_cluster_name").on_nodes


def test_no_key_to_a_cluster_reaches_the_disk() -> None:
    """Neither what a cluster joins another system with, nor what its owner configures an add-on with."""
    cluster = {"name": "a", "connectorConfig": {"activationCode": "canary"}, "clientRequestToken": "canary"}
    assert scrub(source("eks_cluster"), {"cluster": cluster}) == {"cluster": {"name": "a"}}
    addon = {"addonName": "x", "configurationValues": '{"token": "canary"}'}
    assert scrub(source("eks_addon"), {"addon": addon}) == {"addon": {"addonName": "x"}}

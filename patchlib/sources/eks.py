"""Amazon EKS: clusters and their support, node groups, add-ons, Fargate profiles, and what hinders an upgrade."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from patchlib.sources.declaration import Context, Drop, Request, Scope, Source

__all__ = ["SOURCES"]

# An insight that says so hinders nothing, and its detail has nothing to add.
_PASSING = "PASSING"


def _per_cluster(parameter: str) -> Callable[[Context], Iterable[Request]]:
    def requests(context: Context) -> Iterator[Request]:
        for row in context.rows("eks_cluster_name"):
            yield Request({parameter: row["Value"]}, item=row["Value"])

    return requests


def _each_of(listing: str, parameter: str) -> Callable[[Context], Iterable[Request]]:
    """One call for each thing that a listing names in a cluster."""

    def requests(context: Context) -> Iterator[Request]:
        for row in context.rows(listing):
            cluster, name = row["cluster_name"], row["Value"]
            yield Request({"clusterName": cluster, parameter: name}, item=f"{cluster}/{name}")

    return requests


def _versions(context: Context) -> Iterator[Request]:
    # Where there is no cluster nobody asks which versions there are.
    if context.rows("eks_cluster_name"):
        yield Request({"includeAll": True})


def _addons_in_use(context: Context) -> Iterator[Request]:
    for name in sorted({str(row["Value"]) for row in context.rows("eks_addon_name")}):
        yield Request({"addonName": name}, item=name)


def _insights_that_matter(context: Context) -> Iterator[Request]:
    for row in context.rows("eks_insight"):
        status = row.get("insightStatus")
        if not isinstance(status, dict) or status.get("status") != _PASSING:
            cluster, insight = row["cluster_name"], row["id"]
            yield Request({"clusterName": cluster, "id": insight}, item=f"{cluster}/{insight}")


def _source(name: str, operation: str, items: str, about: str, **more: Any) -> Source:
    """A source of EKS: in every cell, and also where there is no instance, because Fargate needs none."""
    return Source(name, "eks", operation, Scope.CELL, items, about, "EKS", on_nodes=False, **more)


def _names(name: str, operation: str, items: str, about: str) -> Source:
    """A listing of the names of what a cluster has."""
    return _source(
        name,
        operation,
        items,
        about,
        key=("cluster_name", "Value"),
        page_size=100,
        unit="item",
        request_columns={"cluster_name": "clusterName"},
        needs=("eks_cluster_name",),
        requests=_per_cluster("clusterName"),
        remember=("Value", "cluster_name"),
        least="one call per cluster: the API takes one at a time",
    )


SOURCES = (
    _source(
        "eks_cluster_name",
        "ListClusters",
        "clusters[]",
        "which clusters there are",
        key=("Value",),
        page_size=100,
        remember=("Value",),
    ),
    _source(
        "eks_cluster",
        "DescribeCluster",
        "cluster",
        "clusters: version of Kubernetes and of AWS's platform, and whether AWS upgrades it at the end of support",
        key=("name",),
        unit="item",
        needs=("eks_cluster_name",),
        requests=_per_cluster("name"),
        # How to reach and to join it; of these nothing tells of versions.
        drop=(
            Drop("cluster.certificateAuthority"),
            Drop("cluster.connectorConfig"),
            Drop("cluster.clientRequestToken"),
        ),
        least="one call per cluster: the API takes one at a time",
    ),
    _source(
        "eks_cluster_version",
        "DescribeClusterVersions",
        "clusterVersions[]",
        "versions of Kubernetes that EKS has had, with the ends of their standard and extended support",
        key=("clusterVersion", "clusterType"),
        page_size=100,
        needs=("eks_cluster_name",),
        requests=_versions,
        least="1 where there is a cluster",
    ),
    _names("eks_node_group_name", "ListNodegroups", "nodegroups[]", "which node groups a cluster has"),
    _source(
        "eks_node_group",
        "DescribeNodegroup",
        "nodegroup",
        "node groups: release of their machine image, version of Kubernetes, and how they are replaced",
        key=("clusterName", "nodegroupName"),
        unit="item",
        needs=("eks_node_group_name",),
        requests=_each_of("eks_node_group_name", "nodegroupName"),
        least="one call per node group: the API takes one at a time",
    ),
    _names("eks_addon_name", "ListAddons", "addons[]", "which add-ons a cluster has"),
    _source(
        "eks_addon",
        "DescribeAddon",
        "addon",
        "add-ons of a cluster: their version and their state",
        key=("clusterName", "addonName"),
        unit="item",
        needs=("eks_addon_name",),
        requests=_each_of("eks_addon_name", "addonName"),
        # Settings that its owner has written.
        drop=(Drop("addon.configurationValues"),),
        least="one call per add-on of each cluster: the API takes one at a time",
    ),
    _source(
        "eks_addon_version",
        "DescribeAddonVersions",
        "addons[]",
        "versions that an add-on in use has, and the versions of Kubernetes that each fits",
        key=("addonName",),
        page_size=100,
        unit="item",
        needs=("eks_addon_name",),
        requests=_addons_in_use,
        refresh_hours=20.0,
        least="one call per different add-on, at most once a day: asked for all, it brings hundreds that nobody uses",
    ),
    _source(
        "eks_insight",
        "ListInsights",
        "insights[]",
        "what AWS sees in a cluster that hinders an upgrade",
        key=("cluster_name", "id"),
        page_size=100,
        unit="item",
        request_columns={"cluster_name": "clusterName"},
        needs=("eks_cluster_name",),
        requests=_per_cluster("clusterName"),
        remember=("id", "cluster_name", "insightStatus"),
        least="one call per cluster: the API takes one at a time",
    ),
    _source(
        "eks_insight_detail",
        "DescribeInsight",
        "insight",
        "of an insight that does not pass: which resources, which interfaces, who calls them, what to do",
        key=("cluster_name", "id"),
        unit="item",
        request_columns={"cluster_name": "clusterName"},
        needs=("eks_insight",),
        requests=_insights_that_matter,
        least="one call per insight that does not pass",
    ),
    _names(
        "eks_fargate_profile_name",
        "ListFargateProfiles",
        "fargateProfileNames[]",
        "which Fargate profiles a cluster has: pods that AWS places, and that no node group holds",
    ),
    _source(
        "eks_fargate_profile",
        "DescribeFargateProfile",
        "fargateProfile",
        "Fargate profiles: which pods run without a node of the account",
        key=("clusterName", "fargateProfileName"),
        unit="item",
        needs=("eks_fargate_profile_name",),
        requests=_each_of("eks_fargate_profile_name", "fargateProfileName"),
        least="one call per profile: the API takes one at a time",
    ),
)

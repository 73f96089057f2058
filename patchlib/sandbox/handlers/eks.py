"""Amazon EKS: clusters, node groups, add-ons and Fargate profiles, the versions there are, and insights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from patchlib.sandbox.endpoint import Call, Handler, ServiceError
from patchlib.sandbox.handlers.listing import Rows, described, listed
from patchlib.sandbox.world.calendars import DAY, to_datetime
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.kubernetes import ADDONS, VERSIONS, Cluster, clusters, versions

__all__ = ["handlers"]

_HELP = "https://docs.aws.amazon.com/eks/latest/userguide/cluster-insights.html"


def handlers(estate: Estate) -> dict[str, Handler]:
    """The operations of EKS over one estate."""
    return {
        "ListClusters": lambda call: {
            "clusters": [row["name"] for row in _clusters(estate, call.account_id, call.region)]
        },
        "DescribeCluster": described("eks_cluster", estate, _clusters, by={"name": "name"}, missing=_no_cluster),
        "DescribeClusterVersions": listed("eks_cluster_version", estate, _versions, ignored=("includeAll",)),
        "ListNodegroups": _names(estate, _groups, "nodegroups", "nodegroupName"),
        "DescribeNodegroup": described(
            "eks_node_group", estate, _groups, by=_by("nodegroupName"), missing=_nothing("node group")
        ),
        "ListAddons": _names(estate, _addons, "addons", "addonName"),
        "DescribeAddon": described("eks_addon", estate, _addons, by=_by("addonName"), missing=_nothing("addon")),
        "DescribeAddonVersions": listed("eks_addon_version", estate, _addon_versions, by={"addonName": "addonName"}),
        "ListInsights": _known(estate, listed("eks_insight", estate, _insights, by={"clusterName": "_cluster"})),
        "DescribeInsight": described(
            "eks_insight_detail",
            estate,
            _insight_details,
            by={"clusterName": "_cluster", "id": "id"},
            missing=_nothing("insight"),
        ),
        "ListFargateProfiles": _names(estate, _profiles, "fargateProfileNames", "fargateProfileName"),
        "DescribeFargateProfile": described(
            "eks_fargate_profile", estate, _profiles, by=_by("fargateProfileName"), missing=_nothing("Fargate Profile")
        ),
    }


def _by(parameter: str) -> dict[str, str]:
    return {"clusterName": "clusterName", parameter: parameter}


def _no_cluster(call: Call) -> ServiceError:
    name = call.params.get("name", call.params.get("clusterName"))
    return ServiceError("ResourceNotFoundException", f"No cluster found for name: {name}.", 404)


def _nothing(kind: str) -> Any:
    return lambda _call: ServiceError("ResourceNotFoundException", f"No {kind} found for name.", 404)


def _known(estate: Estate, handler: Handler) -> Handler:
    """The handler, where the cluster that it is asked about exists."""

    def answering(call: Call) -> dict[str, Any]:
        if call.params["clusterName"] not in {row["name"] for row in _clusters(estate, call.account_id, call.region)}:
            raise _no_cluster(call)
        return handler(call)

    return answering


def _names(estate: Estate, rows: Rows, member: str, of: str) -> Handler:
    """A handler that lists the names of what a cluster has."""

    def handler(call: Call) -> dict[str, Any]:
        if call.params.keys() - {"clusterName"}:
            raise ServiceError("InvalidParameterException", "The sandbox lists what is in one cluster")
        found = rows(estate, call.account_id, call.region)
        return {member: [row[of] for row in found if row["clusterName"] == call.params["clusterName"]]}

    return _known(estate, handler)


def _arn(account_id: str, region: str, kind: str, *names: str) -> str:
    return f"arn:aws:eks:{region}:{account_id}:{kind}/{'/'.join(names)}"


def _here(estate: Estate, account_id: str, region: str) -> tuple[Cluster, ...]:
    return clusters(account_id, region, estate.as_of)


def _clusters(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for each in _here(estate, account_id, region):
        yield {
            "name": each.name,
            "arn": _arn(account_id, region, "cluster", each.name),
            "createdAt": to_datetime(each.created_at),
            "version": each.version,
            "roleArn": f"arn:aws:iam::{account_id}:role/{each.name}-cluster",
            "resourcesVpcConfig": {"endpointPublicAccess": False, "endpointPrivateAccess": True},
            "status": "ACTIVE",
            "platformVersion": f"eks.{int(each.version.partition('.')[2])}",
            "tags": {"Environment": "production"},
            "health": {"issues": []},
            "accessConfig": {"authenticationMode": "API"},
            "upgradePolicy": {"supportType": each.support},
        }


def _versions(estate: Estate, _account_id: str, _region: str) -> Iterator[dict[str, Any]]:
    found = versions(estate.as_of)
    for each in found:
        status = each.status(estate.as_of)
        yield {
            "clusterVersion": each.name,
            "clusterType": "eks",
            "defaultPlatformVersion": f"eks.{int(each.name.partition('.')[2])}",
            "defaultVersion": each is found[0],
            "releaseDate": to_datetime(each.released_at),
            "endOfStandardSupportDate": to_datetime(each.standard_until),
            "endOfExtendedSupportDate": to_datetime(each.extended_until),
            "status": status.lower().replace("_", "-"),
            "versionStatus": status,
            "kubernetesPatchVersion": f"{each.name}.4",
        }


def _groups(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for each in _here(estate, account_id, region):
        for group in each.groups:
            number = estate.draws.uuid("node group", account_id, each.name, group.name)
            yield {
                "nodegroupName": group.name,
                "nodegroupArn": _arn(account_id, region, "nodegroup", each.name, group.name, number),
                "clusterName": each.name,
                "version": group.version,
                "releaseVersion": group.release_version,
                "createdAt": to_datetime(each.created_at + DAY),
                "modifiedAt": to_datetime(each.created_at + DAY),
                "status": "ACTIVE",
                "capacityType": "ON_DEMAND",
                "scalingConfig": {"minSize": 2, "maxSize": 6, "desiredSize": 3},
                "instanceTypes": ["m6i.large"],
                "amiType": group.image,
                "nodeRole": f"arn:aws:iam::{account_id}:role/{each.name}-node",
                "labels": {},
                "health": {"issues": []},
                "updateConfig": {"maxUnavailable": 1},
                "tags": {},
            }


def _addons(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for each in _here(estate, account_id, region):
        for name, version in each.addons:
            yield {
                "addonName": name,
                "clusterName": each.name,
                "status": "ACTIVE",
                "addonVersion": version,
                "health": {"issues": []},
                "addonArn": _arn(account_id, region, "addon", each.name, name, "1"),
                "createdAt": to_datetime(each.created_at + DAY),
                "modifiedAt": to_datetime(each.created_at + DAY),
                "publisher": "eks",
                "owner": "aws",
                "tags": {},
            }


def _addon_versions(_estate: Estate, _account_id: str, _region: str) -> Iterator[dict[str, Any]]:
    for name, found in ADDONS.items():
        yield {
            "addonName": name,
            "type": "networking",
            "publisher": "eks",
            "owner": "aws",
            "addonVersions": [
                {
                    "addonVersion": each.name,
                    "architecture": ["amd64", "arm64"],
                    "compatibilities": [
                        {"clusterVersion": version.name, "platformVersions": ["*"], "defaultVersion": each is found[0]}
                        for version in VERSIONS
                        if each.first <= version.name <= each.last
                    ],
                    "requiresConfiguration": False,
                }
                for each in found
            ],
        }


def _insights(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for row in _insight_details(estate, account_id, region):
        left_out = {"recommendation", "additionalInfo", "resources", "categorySpecificSummary"}
        yield {name: value for name, value in row.items() if name not in left_out}


def _insight_details(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    looked = to_datetime(estate.as_of - estate.as_of % DAY)
    for each in _here(estate, account_id, region):
        for insight in each.insights:
            summary: list[dict[str, Any]] = []
            if insight.replaced is not None:
                usage, instead, version = insight.replaced
                caller = {"userAgent": "helm", "numberOfRequestsLast30Days": 61, "lastRequestTime": looked}
                summary.append(
                    {
                        "usage": usage,
                        "replacedWith": instead,
                        "stopServingVersion": version,
                        "startServingReplacementVersion": "1.29",
                        "clientStats": [caller],
                    }
                )
            yield {
                "_cluster": each.name,
                "id": estate.draws.uuid("insight", account_id, each.name, insight.name),
                "name": insight.name,
                "category": "UPGRADE_READINESS",
                "kubernetesVersion": f"1.{int(each.version.partition('.')[2]) + 1}",
                "lastRefreshTime": looked,
                "lastTransitionTime": to_datetime(each.created_at + 7 * DAY),
                "description": f"{insight.name}, before the next version.",
                "insightStatus": {"status": insight.status, "reason": insight.reason},
                "recommendation": "Mend what it names before the upgrade.",
                "additionalInfo": {"Cluster insights": _HELP},
                "resources": [],
                "categorySpecificSummary": {"deprecationDetails": summary},
            }


def _profiles(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for each in _here(estate, account_id, region):
        for name in each.profiles:
            yield {
                "fargateProfileName": name,
                "fargateProfileArn": _arn(account_id, region, "fargateprofile", each.name, name, "1"),
                "clusterName": each.name,
                "createdAt": to_datetime(each.created_at + 2 * DAY),
                "podExecutionRoleArn": f"arn:aws:iam::{account_id}:role/{each.name}-pods",
                "selectors": [{"namespace": name, "labels": {}}],
                "status": "ACTIVE",
                "tags": {},
            }

"""Amazon ECS: clusters, services and how they are rolled out, what runs by digest, and what it was made from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from patchlib.sources.declaration import Context, Detail, Drop, Request, Row, Scope, Source, blocks

__all__ = ["SOURCES"]

# What one call takes (API reference, DescribeClusters, DescribeServices, DescribeTasks, DescribeContainerInstances;
# read 2026-11-25).
_CLUSTERS, _SERVICES, _TASKS, _INSTANCES = 100, 10, 100, 100

_CONTAINER = "taskDefinition.containerDefinitions[]"
# Of a container whatever its owner hands to it, where secrets lie and what its log driver and its checks are told.
_HANDED = (
    "command",
    "credentialSpecs",
    "dockerLabels",
    "entryPoint",
    "environment",
    "environmentFiles",
    "firelensConfiguration",
    "healthCheck",
    "logConfiguration",
    "repositoryCredentials",
    "secrets",
)


def _clusters(context: Context) -> Iterator[Request]:
    for arns in blocks([row["Value"] for row in context.rows("ecs_cluster_arn")], _CLUSTERS):
        yield Request({"clusters": arns, "include": ["TAGS"]})


def _where(*counts: str) -> Callable[[Context], Iterable[Request]]:
    """One listing for each cluster that says it has any."""

    def requests(context: Context) -> Iterator[Request]:
        for row in context.rows("ecs_cluster"):
            if any(row.get(name) for name in counts):
                yield Request({"cluster": row["clusterArn"]}, item=row["clusterArn"])

    return requests


def _in_blocks(listing: str, member: str, size: int, **more: Any) -> Callable[[Context], Iterable[Request]]:
    """What a listing named, cluster by cluster and so many at a time."""

    def requests(context: Context) -> Iterator[Request]:
        for cluster, arns in _by_cluster(context.rows(listing)).items():
            for block in blocks(arns, size):
                yield Request({"cluster": cluster, member: block, **more}, item=block[0])

    return requests


def _by_cluster(rows: Sequence[Row]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(str(row.get("cluster_arn")), []).append(row["Value"])
    return found


def _definitions(context: Context) -> Iterator[Request]:
    named = [row.get("taskDefinition") for row in context.rows("ecs_service")]
    named += [row.get("taskDefinitionArn") for row in context.rows("ecs_task")]
    for arn in sorted({str(arn) for arn in named if arn}):
        yield Request({"taskDefinition": arn}, item=arn)


def _source(name: str, operation: str, items: str, about: str, **more: Any) -> Source:
    """A source of ECS: in every cell, and also where there is no instance, because Fargate needs none."""
    return Source(name, "ecs", operation, Scope.CELL, items, about, "ECS", on_nodes=False, **more)


_IN_CLUSTER: dict[str, Any] = {
    "key": ("Value",),
    "page_size": 100,
    "request_columns": {"cluster_arn": "cluster"},
    "needs": ("ecs_cluster",),
    "remember": ("Value", "cluster_arn"),
}

SOURCES = (
    _source(
        "ecs_cluster_arn",
        "ListClusters",
        "clusterArns[]",
        "which clusters there are",
        key=("Value",),
        page_size=100,
        remember=("Value",),
    ),
    _source(
        "ecs_cluster",
        "DescribeClusters",
        "clusters[]",
        "clusters: what they run on, and how much runs there",
        key=("clusterArn",),
        needs=("ecs_cluster_arn",),
        requests=_clusters,
        remember=(
            "clusterArn",
            "activeServicesCount",
            "runningTasksCount",
            "pendingTasksCount",
            "registeredContainerInstancesCount",
        ),
        least="1 per 100 clusters",
    ),
    _source(
        "ecs_service_arn",
        "ListServices",
        "serviceArns[]",
        "which services a cluster has",
        requests=_where("activeServicesCount"),
        least="1 per 100 services of each cluster that has any",
        **_IN_CLUSTER,
    ),
    _source(
        "ecs_service",
        "DescribeServices",
        "services[]",
        "services: what they run, on which version of Fargate, how they are rolled out, and how the last time went",
        key=("serviceArn",),
        needs=("ecs_service_arn",),
        requests=_in_blocks("ecs_service_arn", "services", _SERVICES, include=["TAGS"]),
        remember=("serviceArn", "taskDefinition"),
        drop=(
            # Log options of proxies can hold tokens; the last hundred events change with every look.
            Drop("services[].deployments[].serviceConnectConfiguration"),
            Drop("services[].events"),
        ),
        least="1 per 10 services of each cluster",
    ),
    _source(
        "ecs_task_arn",
        "ListTasks",
        "taskArns[]",
        "which tasks run in a cluster",
        requests=_where("runningTasksCount", "pendingTasksCount"),
        least="1 per 100 tasks of each cluster that runs any",
        **_IN_CLUSTER,
    ),
    _source(
        "ecs_task",
        "DescribeTasks",
        "tasks[]",
        "what runs: each container with the digest of its image, since when, and on which version of Fargate",
        key=("taskArn",),
        needs=("ecs_task_arn",),
        requests=_in_blocks("ecs_task_arn", "tasks", _TASKS),
        remember=("taskArn", "taskDefinitionArn"),
        # Whoever starts a task can hand it commands and variables of its own.
        drop=(Drop("tasks[].overrides"),),
        least="1 per 100 tasks of each cluster",
    ),
    _source(
        "ecs_container_instance_arn",
        "ListContainerInstances",
        "containerInstanceArns[]",
        "which instances a cluster runs on",
        requests=_where("registeredContainerInstancesCount"),
        least="1 per 100 instances of each cluster that has any",
        **_IN_CLUSTER,
    ),
    _source(
        "ecs_container_instance",
        "DescribeContainerInstances",
        "containerInstances[]",
        "instances of a cluster: which EC2 instance each is, its image, and the version of its agent",
        key=("containerInstanceArn",),
        request_columns={"cluster_arn": "cluster"},
        needs=("ecs_container_instance_arn",),
        requests=_in_blocks("ecs_container_instance_arn", "containerInstances", _INSTANCES),
        least="1 per 100 instances of each cluster",
    ),
    _source(
        "ecs_task_definition",
        "DescribeTaskDefinition",
        "taskDefinition",
        "task definitions that a service or a task is made from: their images, by tag or by digest",
        key=("taskDefinitionArn",),
        unit="item",
        needs=("ecs_service", "ecs_task"),
        requests=_definitions,
        # A revision never changes: what is held of it stands as long as something is made from it.
        detail=Detail(of="ecs_task", item="taskDefinitionArn", unchanged=("taskDefinitionArn",)),
        drop=(
            *(Drop(f"{_CONTAINER}.{each}") for each in _HANDED),
            Drop("taskDefinition.volumes"),
            Drop("taskDefinition.proxyConfiguration"),
        ),
        least="one call per task definition in use, once: a revision never changes",
    ),
)

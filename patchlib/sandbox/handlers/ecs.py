"""Amazon ECS: clusters, services, tasks with the digests they run, container instances, task definitions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from patchlib.sandbox.endpoint import Call, Handler, ServiceError
from patchlib.sandbox.handlers.listing import Rows, described, listed
from patchlib.sandbox.world.calendars import HOUR, to_datetime
from patchlib.sandbox.world.clusters import Cluster, Service, clusters, running_since
from patchlib.sandbox.world.containers import image_digest, repository_uri
from patchlib.sandbox.world.estate import Estate

__all__ = ["handlers"]

_AGENT = "1.97.1"


def handlers(estate: Estate) -> dict[str, Handler]:
    """The operations of ECS over one estate."""
    in_cluster = {"cluster": "_cluster"}
    return {
        "ListClusters": lambda call: {"clusterArns": [row["clusterArn"] for row in _clusters_of(estate, call)]},
        "DescribeClusters": listed(
            "ecs_cluster", estate, _clusters, by={"clusters": "clusterArn"}, ignored=("include",)
        ),
        "ListServices": _arns(estate, _services, "serviceArns", "serviceArn"),
        "DescribeServices": _known(
            estate,
            listed("ecs_service", estate, _services, by=in_cluster | {"services": "serviceArn"}, ignored=("include",)),
        ),
        "ListTasks": _arns(estate, _tasks, "taskArns", "taskArn"),
        "DescribeTasks": _known(estate, listed("ecs_task", estate, _tasks, by=in_cluster | {"tasks": "taskArn"})),
        "ListContainerInstances": _arns(estate, _instances, "containerInstanceArns", "containerInstanceArn"),
        "DescribeContainerInstances": _known(
            estate,
            listed(
                "ecs_container_instance",
                estate,
                _instances,
                by=in_cluster | {"containerInstances": "containerInstanceArn"},
            ),
        ),
        "DescribeTaskDefinition": described(
            "ecs_task_definition", estate, _definitions, by={"taskDefinition": "taskDefinitionArn"}, missing=_no_such
        ),
    }


def _no_such(_call: Call) -> ServiceError:
    return ServiceError("ClientException", "Unable to describe task definition.")


def _clusters_of(estate: Estate, call: Call) -> list[dict[str, Any]]:
    return list(_clusters(estate, call.account_id, call.region))


def _known(estate: Estate, handler: Handler) -> Handler:
    """The handler, where the cluster that it is asked about exists."""

    def answering(call: Call) -> dict[str, Any]:
        if call.params.get("cluster") not in {row["clusterArn"] for row in _clusters_of(estate, call)}:
            raise ServiceError("ClusterNotFoundException", "Cluster not found.")
        return handler(call)

    return answering


def _arns(estate: Estate, rows: Rows, member: str, of: str) -> Handler:
    """A handler that lists the ARNs of what a cluster has."""

    def handler(call: Call) -> dict[str, Any]:
        if call.params.keys() - {"cluster"}:
            raise ServiceError("InvalidParameterException", "The sandbox lists what is in one cluster")
        found = rows(estate, call.account_id, call.region)
        return {member: [row[of] for row in found if row["_cluster"] == call.params["cluster"]]}

    return _known(estate, handler)


def _arn(account_id: str, region: str, kind: str, name: str) -> str:
    return f"arn:aws:ecs:{region}:{account_id}:{kind}/{name}"


def _clusters(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for cluster in clusters(estate, account_id, region):
        yield {
            "clusterArn": _arn(account_id, region, "cluster", cluster.name),
            "clusterName": cluster.name,
            "status": "ACTIVE",
            "registeredContainerInstancesCount": len(cluster.instances),
            "runningTasksCount": sum(service.count for service in cluster.services),
            "pendingTasksCount": 0,
            "activeServicesCount": len(cluster.services),
            "capacityProviders": [] if cluster.instances else ["FARGATE", "FARGATE_SPOT"],
            "defaultCapacityProviderStrategy": [],
            "settings": [],
            "statistics": [],
            "tags": [{"key": "Environment", "value": "production"}],
        }


def _each_service(estate: Estate, account_id: str, region: str) -> Iterator[tuple[Cluster, Service, dict[str, Any]]]:
    """Every service with its cluster, and what all that belongs to it says of both."""
    for cluster in clusters(estate, account_id, region):
        for service in cluster.services:
            arn = _arn(account_id, region, "cluster", cluster.name)
            yield cluster, service, {"_cluster": arn, "clusterArn": arn}


def _definition_arn(account_id: str, region: str, service: Service) -> str:
    return _arn(account_id, region, "task-definition", f"{service.name}:{service.revision}")


def _services(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for cluster, service, shared in _each_service(estate, account_id, region):
        definition = _definition_arn(account_id, region, service)
        launch = {"launchType": "FARGATE", "platformFamily": "Linux"} if service.platform else {"launchType": "EC2"}
        if service.platform:
            launch["platformVersion"] = service.asked
        counts = {"desiredCount": service.count, "runningCount": service.count, "pendingCount": 0}
        at = to_datetime(service.deployed_at)
        deployment = {
            "id": f"ecs-svc/{estate.draws.key('deployment', account_id, service.name)}",
            "status": "PRIMARY",
            "taskDefinition": definition,
            "failedTasks": service.failed,
            "createdAt": at,
            "updatedAt": at,
            "rolloutState": "IN_PROGRESS" if service.failed else "COMPLETED",
            "rolloutStateReason": f"ECS deployment {'in progress' if service.failed else 'completed'}.",
        }
        yield shared | {
            "serviceArn": _arn(account_id, region, "service", f"{cluster.name}/{service.name}"),
            "serviceName": service.name,
            "status": "ACTIVE",
            **counts,
            **launch,
            "taskDefinition": definition,
            "deploymentConfiguration": {
                "deploymentCircuitBreaker": {"enable": service.breaks, "rollback": service.breaks},
                "maximumPercent": 200,
                "minimumHealthyPercent": 100,
                "strategy": "ROLLING",
            },
            "deployments": [deployment | counts | launch],
            "events": [],
            "createdAt": to_datetime(service.deployed_at - HOUR),
            "schedulingStrategy": "REPLICA",
            "deploymentController": {"type": "ECS"},
            "tags": [{"key": "Environment", "value": "production"}],
        }


def _tasks(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for cluster, service, shared in _each_service(estate, account_id, region):
        for number in range(service.count):
            task = estate.draws.hexadecimal(32, "task", account_id, service.name, number)
            arn = _arn(account_id, region, "task", f"{cluster.name}/{task}")
            started = running_since(estate, cluster, service, number)
            where: dict[str, Any] = {"launchType": "EC2"}
            if service.platform:
                where = {"launchType": "FARGATE", "platformVersion": service.platform, "platformFamily": "Linux"}
            else:
                node = cluster.instances[number % len(cluster.instances)]
                where["containerInstanceArn"] = _instance_arn(account_id, region, cluster, node.node_id)
            container = {
                "containerArn": _arn(account_id, region, "container", f"{cluster.name}/{task}/{service.name}"),
                "taskArn": arn,
                "name": service.name,
                "image": f"{repository_uri(account_id, region, service.repository)}:live",
                "imageDigest": image_digest(estate.draws, account_id, service.repository, service.build),
                "lastStatus": "RUNNING",
                "healthStatus": "HEALTHY",
            }
            yield shared | {
                "taskArn": arn,
                "taskDefinitionArn": _definition_arn(account_id, region, service),
                "group": f"service:{service.name}",
                "containers": [container],
                "lastStatus": "RUNNING",
                "desiredStatus": "RUNNING",
                "healthStatus": "HEALTHY",
                "createdAt": to_datetime(started - 40),
                "startedAt": to_datetime(started),
                "overrides": {"containerOverrides": [{"name": service.name}]},
                "tags": [],
                **where,
            }


def _instance_arn(account_id: str, region: str, cluster: Cluster, node_id: str) -> str:
    return _arn(account_id, region, "container-instance", f"{cluster.name}/{node_id.removeprefix('i-')}")


def _instances(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for cluster in clusters(estate, account_id, region):
        for node in cluster.instances:
            image = node.image.image_id if node.image is not None else ""
            yield {
                "_cluster": _arn(account_id, region, "cluster", cluster.name),
                "containerInstanceArn": _instance_arn(account_id, region, cluster, node.node_id),
                "ec2InstanceId": node.node_id,
                "status": "ACTIVE",
                "agentConnected": True,
                "versionInfo": {"agentVersion": _AGENT, "dockerVersion": "DockerVersion: 25.0.8"},
                "runningTasksCount": 0,
                "pendingTasksCount": 0,
                "attributes": [{"name": "ecs.ami-id", "value": image}, {"name": "ecs.os-type", "value": "linux"}],
                "registeredAt": to_datetime(node.launched_at + 300),
                "tags": [],
            }


def _definitions(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for _, service, _ in _each_service(estate, account_id, region):
        yield {
            "taskDefinitionArn": _definition_arn(account_id, region, service),
            "family": service.name,
            "revision": service.revision,
            "status": "ACTIVE",
            "containerDefinitions": [
                {
                    "name": service.name,
                    "image": f"{repository_uri(account_id, region, service.repository)}:live",
                    "essential": True,
                    "environment": [{"name": "STAGE", "value": "production"}],
                    "secrets": [{"name": "TOKEN", "valueFrom": f"arn:aws:ssm:{region}:{account_id}:parameter/token"}],
                }
            ],
            "requiresCompatibilities": ["FARGATE" if service.platform else "EC2"],
            "cpu": "512",
            "memory": "1024",
            "networkMode": "awsvpc",
            "registeredAt": to_datetime(service.deployed_at - HOUR),
        }

"""Promises of the ECS handlers."""

from __future__ import annotations

from typing import Any

import pytest

from patchlib.sandbox.endpoint import ServiceError
from patchlib.sandbox.organisation import Organisation
from patchlib.sandbox.world.registries import LIVE
from tests.sandbox.handlers.conftest import PRODUCTION, Ask


def _all(ask: Ask, listing: str, arns: str, describe: str, member: str) -> dict[str, list[dict[str, Any]]]:
    """Rows by the name of their cluster, each listed and then described."""
    found = {}
    for cluster in ask("ecs", "ListClusters")["clusterArns"]:
        named = ask("ecs", listing, cluster=cluster)[arns]
        rows = ask("ecs", describe, cluster=cluster, **{member: named})[member]
        assert len(rows) == len(named)
        found[cluster.rpartition("/")[2]] = rows
    return found


def _services(ask: Ask) -> dict[str, dict[str, Any]]:
    rows = _all(ask, "ListServices", "serviceArns", "DescribeServices", "services")
    return {row["serviceName"]: row for services in rows.values() for row in services}


def _tasks(ask: Ask) -> dict[str, list[dict[str, Any]]]:
    return _all(ask, "ListTasks", "taskArns", "DescribeTasks", "tasks")


def test_a_cluster_counts_what_its_listings_hold(ask: Ask) -> None:
    """Services, tasks and instances."""
    instances = _all(
        ask, "ListContainerInstances", "containerInstanceArns", "DescribeContainerInstances", "containerInstances"
    )
    services = _all(ask, "ListServices", "serviceArns", "DescribeServices", "services")
    tasks = _tasks(ask)
    arns = ask("ecs", "ListClusters")["clusterArns"]
    for row in ask("ecs", "DescribeClusters", clusters=arns)["clusters"]:
        name = row["clusterName"]
        assert row["activeServicesCount"] == len(services[name]) > 0
        assert row["runningTasksCount"] == len(tasks[name])
        assert row["registeredContainerInstancesCount"] == len(instances[name])


def test_one_service_runs_what_its_tag_no_longer_points_to(ask: Ask) -> None:
    """By digest; Inspector says which image the tag points to."""
    covered = ask("inspector2", "ListCoverage", account_id=PRODUCTION)["coveredResources"]
    tagged = [row for row in covered if LIVE in row["resourceMetadata"].get("ecrImage", {}).get("tags", ())]
    digests = {row["resourceId"].rpartition("/")[2] for row in tagged}
    behind = {
        task["group"]
        for tasks in _tasks(ask).values()
        for task in tasks
        for container in task["containers"]
        if container["imageDigest"] not in digests
    }
    assert behind == {"service:storefront-web"}


def test_one_service_has_no_circuit_breaker_and_fails_on(ask: Ask) -> None:
    """All others have one, and their last deployment is done."""
    services = _services(ask)
    breaks = {
        name: row["deploymentConfiguration"]["deploymentCircuitBreaker"]["enable"] for name, row in services.items()
    }
    assert [name for name, is_on in breaks.items() if not is_on] == ["returns-api"]
    states = {name: row["deployments"][0]["rolloutState"] for name, row in services.items()}
    assert [name for name, state in states.items() if state != "COMPLETED"] == ["returns-api"]
    assert services["returns-api"]["deployments"][0]["failedTasks"] > 0


def test_one_service_is_pinned_to_an_old_platform(ask: Ask) -> None:
    """Others ask for the latest, and their tasks say which version that is."""
    versions = {task["group"]: task.get("platformVersion") for task in _tasks(ask)["shop"]}
    services = _services(ask)
    assert {name for name, row in services.items() if row.get("platformVersion") not in {None, "LATEST"}} == {
        "label-queue"
    }
    assert versions["service:label-queue"] < versions["service:checkout-api"]


def test_instances_of_clusters_are_instances_of_the_world(ask: Ask, organisation: Organisation) -> None:
    """One cluster stands on an image of last year, the other on one that is replaced every night."""
    nodes = organisation.estate.by_id
    age = {}
    found = _all(
        ask, "ListContainerInstances", "containerInstanceArns", "DescribeContainerInstances", "containerInstances"
    )
    for name, rows in found.items():
        for row in rows:
            image = nodes[row["ec2InstanceId"]].image
            assert image is not None
            assert {"name": "ecs.ami-id", "value": image.image_id} in row["attributes"]
            age[name] = (organisation.estate.as_of - image.built_at) / 86400
    assert age["imports"] > 365
    assert age["nightly"] < 60


def test_every_task_definition_in_use_can_be_described(ask: Ask) -> None:
    """With the image by its tag, as the tasks name it too."""
    for tasks in _tasks(ask).values():
        for task in tasks:
            found = ask("ecs", "DescribeTaskDefinition", taskDefinition=task["taskDefinitionArn"])["taskDefinition"]
            [defined], [container] = found["containerDefinitions"], task["containers"]
            assert defined["image"] == container["image"]


@pytest.mark.parametrize(
    ("operation", "params", "code"),
    [
        ("ListServices", {"cluster": "arn:nosuch"}, "ClusterNotFoundException"),
        ("DescribeTasks", {"cluster": "arn:nosuch", "tasks": ["arn:t"]}, "ClusterNotFoundException"),
        ("DescribeTaskDefinition", {"taskDefinition": "arn:nosuch"}, "ClientException"),
    ],
)
def test_what_is_not_there_is_the_services_error(ask: Ask, operation: str, params: dict[str, Any], code: str) -> None:
    """In its own words."""
    with pytest.raises(ServiceError, match=code):
        ask("ecs", operation, **params)

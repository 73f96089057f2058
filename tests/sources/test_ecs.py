"""What is asked of ECS: clusters first, and then only what each says that it has."""

import pytest

from patchlib.sources import Request, source
from patchlib.sources.declaration import scrub
from tests.sources.asking import context

EMPTY = {
    "clusterArn": "arn:c:empty",
    "activeServicesCount": 0,
    "runningTasksCount": 0,
    "pendingTasksCount": 0,
    "registeredContainerInstancesCount": 0,
}
FULL = {**EMPTY, "clusterArn": "arn:c:full", "activeServicesCount": 12, "runningTasksCount": 3}
STARTING = {**EMPTY, "clusterArn": "arn:c:starting", "pendingTasksCount": 1, "registeredContainerInstancesCount": 2}


def test_clusters_are_described_in_blocks() -> None:
    """A hundred a call, with their tags; where there is none, nothing is asked."""
    rows = [{"Value": f"arn:c:{number}"} for number in range(101)]
    asked = list(source("ecs_cluster").requests(context(ecs_cluster_arn=rows)))
    assert [len(request.params["clusters"]) for request in asked] == [100, 1]
    assert all(request.params["include"] == ["TAGS"] for request in asked)
    assert list(source("ecs_cluster").requests(context(ecs_cluster_arn=[]))) == []


@pytest.mark.parametrize(
    ("name", "clusters"),
    [
        ("ecs_service_arn", ["arn:c:full"]),
        ("ecs_task_arn", ["arn:c:full", "arn:c:starting"]),
        ("ecs_container_instance_arn", ["arn:c:starting"]),
    ],
)
def test_a_cluster_is_listed_where_it_says_that_there_is_something(name: str, clusters: list[str]) -> None:
    """Its own counts decide, so an empty cluster costs no call of its own."""
    asked = list(source(name).requests(context(ecs_cluster=[EMPTY, FULL, STARTING])))
    assert asked == [Request({"cluster": arn}, item=arn) for arn in clusters]


@pytest.mark.parametrize(
    ("name", "listing", "member", "size"),
    [
        ("ecs_service", "ecs_service_arn", "services", 10),
        ("ecs_task", "ecs_task_arn", "tasks", 100),
        ("ecs_container_instance", "ecs_container_instance_arn", "containerInstances", 100),
    ],
)
def test_what_is_listed_is_described_cluster_by_cluster(name: str, listing: str, member: str, size: int) -> None:
    """So many a call as the API takes, none of two clusters at once."""
    rows = [{"Value": f"arn:x:{number}", "cluster_arn": "arn:c:a"} for number in range(size + 1)]
    rows.insert(1, {"Value": "arn:y", "cluster_arn": "arn:c:b"})
    asked = list(source(name).requests(context(**{listing: rows})))
    assert [(each.params["cluster"], len(each.params[member])) for each in asked] == [
        ("arn:c:a", size),
        ("arn:c:a", 1),
        ("arn:c:b", 1),
    ]


def test_a_task_definition_is_asked_once() -> None:
    """Whatever is made from it, a service or a task of nobody's; and not again in a later run."""
    of = source("ecs_task_definition")
    services = [{"taskDefinition": "arn:t:1"}, {"taskDefinition": None}]
    tasks = [{"taskDefinitionArn": "arn:t:2"}, {"taskDefinitionArn": "arn:t:1"}]
    asked = list(of.requests(context(ecs_service=services, ecs_task=tasks)))
    assert asked == [Request({"taskDefinition": arn}, item=arn) for arn in ("arn:t:1", "arn:t:2")]
    assert of.detail is not None
    assert of.detail.unchanged == (of.detail.item,)


def test_fargate_needs_no_node() -> None:
    """So a cell without nodes is asked too."""
    assert not source("ecs_cluster_arn").on_nodes


def test_what_a_container_is_handed_does_not_reach_the_disk() -> None:
    """Variables, secrets, arguments and what log drivers are told; its image does."""
    container = {
        "name": "app",
        "image": "r/app:live",
        "environment": [{"name": "PASSWORD", "value": "canary"}],
        "secrets": [{"name": "TOKEN", "valueFrom": "canary"}],
        "command": ["--password", "canary"],
        "entryPoint": ["canary"],
        "healthCheck": {"command": ["curl", "canary"]},
        "dockerLabels": {"token": "canary"},
        "logConfiguration": {"logDriver": "splunk", "options": {"splunk-token": "canary"}},
        "firelensConfiguration": {"type": "fluentbit", "options": {"key": "canary"}},
    }
    page = scrub(source("ecs_task_definition"), {"taskDefinition": {"containerDefinitions": [container]}})
    assert page == {"taskDefinition": {"containerDefinitions": [{"name": "app", "image": "r/app:live"}]}}
    override = {"name": "app", "environment": [{"name": "PASSWORD", "value": "canary"}]}
    task = {"taskArn": "arn:t", "overrides": {"containerOverrides": [override]}}
    assert scrub(source("ecs_task"), {"tasks": [task]}) == {"tasks": [{"taskArn": "arn:t"}]}

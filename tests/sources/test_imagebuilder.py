"""What is asked of Image Builder: pipelines, and what they build from where there is one."""

import pytest

from patchlib.sources import Request, source
from patchlib.sources.declaration import scrub
from tests.sources.asking import context

MACHINE = {"arn": "arn:p:m", "imageRecipeArn": "arn:r:m", "imageScanningConfiguration": {"imageScanningEnabled": True}}
CONTAINER = {"arn": "arn:p:c", "containerRecipeArn": "arn:r:c"}


def test_builds_are_listed_by_pipeline() -> None:
    """Each is an item of its own: one that is gone hides no other."""
    asked = list(source("imagebuilder_build").requests(context(imagebuilder_pipeline=[MACHINE, CONTAINER])))
    assert asked == [Request({"imagePipelineArn": arn}, item=arn) for arn in ("arn:p:m", "arn:p:c")]


@pytest.mark.parametrize(
    ("name", "rows", "params"),
    [
        ("imagebuilder_recipe", [MACHINE, MACHINE], [{"owner": "Self"}]),
        ("imagebuilder_recipe", [CONTAINER], []),
        ("imagebuilder_container_recipe", [MACHINE, CONTAINER], [{"owner": "Self"}]),
        ("imagebuilder_container_recipe", [MACHINE], []),
        ("imagebuilder_infrastructure", [CONTAINER], [{}]),
        ("imagebuilder_infrastructure", [], []),
    ],
)
def test_what_no_pipeline_builds_from_is_not_listed(
    name: str, rows: list[dict[str, object]], params: list[dict[str, object]]
) -> None:
    """One listing of the account's own, where a pipeline has one of the kind."""
    assert [each.params for each in source(name).requests(context(imagebuilder_pipeline=rows))] == params


def test_findings_are_counted_where_a_pipeline_scans() -> None:
    """Pipeline by pipeline: unfiltered, the API counts those of the account only."""
    rows = [MACHINE, CONTAINER, MACHINE | {"arn": "arn:p:off", "imageScanningConfiguration": {}}]
    [asked] = source("imagebuilder_scan_count").requests(context(imagebuilder_pipeline=rows))
    assert asked == Request({"filter": {"name": "imagePipelineArn", "values": ["arn:p:m"]}}, item="arn:p:m")


def test_pipelines_need_no_node() -> None:
    """So a cell without nodes is asked too: golden images are often built where nothing else runs."""
    assert not source("imagebuilder_pipeline").on_nodes


def test_parameters_of_workflows_do_not_reach_the_disk() -> None:
    """They are whatever their author wants."""
    workflow = {"workflowArn": "arn:w", "parameters": [{"name": "token", "value": ["canary"]}]}
    page = scrub(source("imagebuilder_pipeline"), {"imagePipelineList": [{"arn": "arn:p", "workflows": [workflow]}]})
    assert page == {"imagePipelineList": [{"arn": "arn:p"}]}

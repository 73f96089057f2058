"""EC2 Image Builder: pipelines of golden images, how their builds went, and what they start from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from patchlib.sources.declaration import Context, Drop, Request, Scope, Source

__all__ = ["SOURCES"]

_OWN = {"owner": "Self"}


def _per_pipeline(context: Context) -> Iterator[Request]:
    for row in context.rows("imagebuilder_pipeline"):
        yield Request({"imagePipelineArn": row["arn"]}, item=row["arn"])


def _if_any(params: dict[str, Any], member: str) -> Any:
    """One listing where a pipeline has such a member: what no pipeline builds from is of no interest."""

    def requests(context: Context) -> Iterator[Request]:
        if any(row.get(member) for row in context.rows("imagebuilder_pipeline")):
            yield Request(params)

    return requests


def _scanned(context: Context) -> Iterator[Request]:
    for row in context.rows("imagebuilder_pipeline"):
        scanning = row.get("imageScanningConfiguration")
        if isinstance(scanning, dict) and scanning.get("imageScanningEnabled"):
            chosen = {"name": "imagePipelineArn", "values": [row["arn"]]}
            yield Request({"filter": chosen}, item=row["arn"])


def _source(name: str, operation: str, items: str, about: str, **more: Any) -> Source:
    """A source of Image Builder: in every cell, because pipelines stand where no node need be."""
    return Source(name, "imagebuilder", operation, Scope.CELL, items, about, "Image Builder", on_nodes=False, **more)


SOURCES = (
    _source(
        "imagebuilder_pipeline",
        "ListImagePipelines",
        "imagePipelineList[]",
        "pipelines: what each builds from and when, how the last run went, and how many failed in a row",
        key=("arn",),
        page_size=100,
        remember=("arn", "imageRecipeArn", "containerRecipeArn", "imageScanningConfiguration"),
        # Parameters of workflows are whatever their author wants.
        drop=(Drop("imagePipelineList[].workflows"),),
    ),
    _source(
        "imagebuilder_build",
        "ListImagePipelineImages",
        "imageSummaryList[]",
        "builds of a pipeline: whether each came to an image, why not, and which machine images came of it",
        key=("arn",),
        page_size=100,
        unit="item",
        request_columns={"pipeline_arn": "imagePipelineArn"},
        needs=("imagebuilder_pipeline",),
        requests=_per_pipeline,
        least="1 per 100 builds of each pipeline: the API takes one pipeline at a time",
    ),
    _source(
        "imagebuilder_recipe",
        "ListImageRecipes",
        "imageRecipeSummaryList[]",
        "recipes of machine images: which parent they start from, and whether that is pinned to a version",
        key=("arn",),
        page_size=100,
        needs=("imagebuilder_pipeline",),
        requests=_if_any(_OWN, "imageRecipeArn"),
        least="1 per 100 recipes, and only where a pipeline has one",
    ),
    _source(
        "imagebuilder_container_recipe",
        "ListContainerRecipes",
        "containerRecipeSummaryList[]",
        "recipes of container images: which parent they start from",
        key=("arn",),
        page_size=100,
        needs=("imagebuilder_pipeline",),
        requests=_if_any(_OWN, "containerRecipeArn"),
        least="1 per 100 recipes, and only where a pipeline has one",
    ),
    _source(
        "imagebuilder_infrastructure",
        "ListInfrastructureConfigurations",
        "infrastructureConfigurationSummaryList[]",
        "what pipelines build on: instance types and profile",
        key=("arn",),
        page_size=100,
        needs=("imagebuilder_pipeline",),
        requests=_if_any({}, "arn"),
        least="1 per 100 configurations, and only where there is a pipeline",
    ),
    _source(
        "imagebuilder_scan_count",
        "ListImageScanFindingAggregations",
        "responses[].imagePipelineAggregation",
        "findings in the images of a pipeline that scans, counted by severity",
        key=("imagePipelineArn",),
        unit="item",
        needs=("imagebuilder_pipeline",),
        requests=_scanned,
        least="one call per pipeline that scans: unfiltered, the API counts the account's findings only",
    ),
)

"""EC2 Image Builder: pipelines, their builds, recipes, what they build on, and what scans of their images count."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from patchlib.sandbox.endpoint import Call, Handler, ServiceError
from patchlib.sandbox.handlers.listing import listed
from patchlib.sandbox.world.calendars import to_datetime
from patchlib.sandbox.world.catalogue import severity_stratum
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.pipelines import Pipeline, next_run, pipelines, runs

__all__ = ["handlers"]

_MADE = "2025-01-14T10:00:00.000Z"


def handlers(estate: Estate) -> dict[str, Handler]:
    """The operations of Image Builder over one estate."""
    builds = listed("imagebuilder_build", estate, _builds, by={"imagePipelineArn": "_pipeline"})
    return {
        "ListImagePipelines": listed("imagebuilder_pipeline", estate, _pipelines),
        "ListImagePipelineImages": lambda call: _of_known(estate, call, builds),
        "ListImageRecipes": listed("imagebuilder_recipe", estate, _recipes, by={"owner": "_owner"}),
        "ListContainerRecipes": listed(
            "imagebuilder_container_recipe", estate, lambda *_cell: (), by={"owner": "_owner"}
        ),
        "ListInfrastructureConfigurations": listed("imagebuilder_infrastructure", estate, _infrastructures),
        "ListImageScanFindingAggregations": lambda call: _counts(estate, call),
    }


def _of_known(estate: Estate, call: Call, handler: Handler) -> dict[str, Any]:
    arn = call.params["imagePipelineArn"]
    if arn not in {row["arn"] for row in _pipelines(estate, call.account_id, call.region)}:
        raise ServiceError("ResourceNotFoundException", f"The resource {arn} cannot be found.", 404)
    return handler(call)


def _arn(account_id: str, region: str, kind: str, name: str) -> str:
    return f"arn:aws:imagebuilder:{region}:{account_id}:{kind}/{name}"


def _text(seconds: int) -> str:
    """An instant as Image Builder writes it."""
    return f"{to_datetime(seconds):%Y-%m-%dT%H:%M:%S}.000Z"


def _pipelines(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for each in pipelines(account_id, region):
        done = runs(estate, each)
        failures = [run.is_failed for run in reversed(done)]
        row: dict[str, Any] = {
            "arn": _arn(account_id, region, "image-pipeline", each.name),
            "name": each.name,
            "platform": "Windows" if each.product.startswith("Windows") else "Linux",
            "enhancedImageMetadataEnabled": True,
            "imageRecipeArn": _arn(account_id, region, "image-recipe", f"{each.name}/1.0.0"),
            "infrastructureConfigurationArn": _arn(account_id, region, "infrastructure-configuration", "builder"),
            "imageTestsConfiguration": {"imageTestsEnabled": True, "timeoutMinutes": 720},
            "status": "ENABLED",
            "dateCreated": _MADE,
            "dateUpdated": _MADE,
            "consecutiveFailures": [*failures, False].index(False),
            "imageScanningConfiguration": {"imageScanningEnabled": each.scans},
            "tags": {"Owner": "platform"},
        }
        following = next_run(estate, each)
        if following is not None:
            condition = "EXPRESSION_MATCH_AND_DEPENDENCY_UPDATES_AVAILABLE"
            expression = f"cron(0 11 {to_datetime(following).day} * ? *)"
            row["schedule"] = {"scheduleExpression": expression, "pipelineExecutionStartCondition": condition}
            row["dateNextRun"] = _text(following)
        if done:
            last = done[-1]
            row |= {
                "dateLastRun": _text(last.image.built_at),
                "lastRunStatus": "FAILED" if last.is_failed else "AVAILABLE",
            }
        yield row


def _builds(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for each in pipelines(account_id, region):
        for run in runs(estate, each):
            state: dict[str, Any] = {"status": "AVAILABLE"}
            if run.is_failed:
                state = {
                    "status": "FAILED",
                    "reason": "Workflow Execution failed with reason: Document failed: apt-get update exited with 100.",
                    "failureContext": {"imageStatus": "BUILDING", "failedStep": "ExecuteComponents"},
                }
            image = run.image
            made = {
                "region": region,
                "image": image.image_id,
                "name": image.name,
                "accountId": image.owner_id,
            }
            yield {
                "_pipeline": _arn(account_id, region, "image-pipeline", each.name),
                "arn": _arn(account_id, region, "image", f"{each.name}/1.0.0/{_number(image.built_at)}"),
                "name": each.name,
                "type": "AMI",
                "version": f"1.0.0/{_number(image.built_at)}",
                "platform": "Windows" if image.platform.is_windows else "Linux",
                "state": state,
                "owner": account_id,
                "dateCreated": _text(image.built_at),
                "outputResources": {"amis": [] if run.is_failed else [made]},
                "buildType": "SCHEDULED",
                "tags": {},
            }


def _number(built_at: int) -> int:
    """The number of a monthly build, counted since 2022."""
    month = to_datetime(built_at)
    return (month.year - 2022) * 12 + month.month


def _recipes(_estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    for each in pipelines(account_id, region):
        yield {
            "_owner": "Self",
            "arn": _arn(account_id, region, "image-recipe", f"{each.name}/1.0.0"),
            "name": each.name,
            "platform": "Windows" if each.product.startswith("Windows") else "Linux",
            "owner": account_id,
            "parentImage": f"arn:aws:imagebuilder:{region}:aws:image/{each.parent}/{each.version}",
            "dateCreated": _MADE,
            "tags": {},
        }


def _infrastructures(_estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    if pipelines(account_id, region):
        yield {
            "arn": _arn(account_id, region, "infrastructure-configuration", "builder"),
            "name": "builder",
            "dateCreated": _MADE,
            "instanceTypes": ["m6i.large"],
            "instanceProfileName": "image-builder",
            "tags": {},
        }


def _counts(estate: Estate, call: Call) -> dict[str, Any]:
    """Findings by severity, of the pipelines that are named; unfiltered, the service counts the account's."""
    chosen = call.params.get("filter", {})
    if chosen.get("name") != "imagePipelineArn":
        raise ServiceError("InvalidRequestException", "The sandbox counts the findings of pipelines that are named")
    found = []
    for each in pipelines(call.account_id, call.region):
        arn = _arn(call.account_id, call.region, "image-pipeline", each.name)
        if each.scans and arn in chosen.get("values", ()):
            counted = {"imagePipelineArn": arn, "severityCounts": _severe(estate, each)}
            found.append({"imagePipelineAggregation": counted})
    return {"aggregationType": "imagePipelineArn", "responses": found}


def _severe(estate: Estate, pipeline: Pipeline) -> dict[str, int]:
    """What its last image lacks, by what its platform has mended since."""
    done = runs(estate, pipeline)
    built_at = done[-1].image.built_at if done else estate.as_of
    since = [
        severity_stratum(each.severity)
        for each in estate.products[pipeline.product].until(estate.as_of)
        if each.is_security and each.released_at > built_at
    ]
    counts = {name: since.count(word) for name, word in (("critical", "Critical"), ("high", "Important"))}
    return {"all": len(since), "medium": len(since) - sum(counts.values()), **counts}

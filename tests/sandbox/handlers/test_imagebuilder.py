"""Promises of the Image Builder handlers."""

from __future__ import annotations

from typing import Any

import pytest

from patchlib.sandbox.endpoint import ServiceError
from patchlib.sandbox.organisation import Organisation
from tests.sandbox.handlers.conftest import PRODUCTION, SHARED, Ask


def _pipelines(ask: Ask) -> dict[str, dict[str, Any]]:
    rows = ask("imagebuilder", "ListImagePipelines", account_id=SHARED)["imagePipelineList"]
    return {row["name"]: row for row in rows}


def _builds(ask: Ask, arn: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(
        "imagebuilder", "ListImagePipelineImages", account_id=SHARED, imagePipelineArn=arn
    )["imageSummaryList"]
    return found


def test_a_pipeline_says_of_its_last_run_what_the_builds_say(ask: Ask) -> None:
    """Its instant, its end, and how many failed in a row; one pipeline fails."""
    for row in _pipelines(ask).values():
        builds = sorted(_builds(ask, row["arn"]), key=lambda build: str(build["dateCreated"]))
        statuses = [build["state"]["status"] for build in builds]
        assert row["dateLastRun"] == builds[-1]["dateCreated"]
        assert row["lastRunStatus"] == statuses[-1]
        assert statuses[len(statuses) - row["consecutiveFailures"] :] == ["FAILED"] * row["consecutiveFailures"]
        assert bool(row["consecutiveFailures"]) == (row["name"] == "golden-ubuntu2204")


def test_one_pipeline_has_not_run_for_months(ask: Ask, organisation: Organisation) -> None:
    """It has no schedule any more; all others ran within six weeks and will run again."""
    present = organisation.as_of.isoformat()
    late = {name for name, row in _pipelines(ask).items() if row["dateLastRun"] < "2026-09-20"}
    assert late == {"golden-windows2019"}
    for name, row in _pipelines(ask).items():
        assert ("schedule" in row) == (name not in late)
        assert ("dateNextRun" in row) == (name not in late)
        assert row.get("dateNextRun", "9999") > present


def test_one_recipe_pins_an_old_parent(ask: Ask) -> None:
    """The others take the newest."""
    recipes = ask("imagebuilder", "ListImageRecipes", account_id=SHARED, owner="Self")["imageRecipeSummaryList"]
    assert {row["arn"] for row in recipes} == {row["imageRecipeArn"] for row in _pipelines(ask).values()}
    pinned = [row["name"] for row in recipes if not row["parentImage"].endswith("/x.x.x")]
    assert pinned == ["golden-rhel8"]


def test_what_was_built_is_what_production_launches_from(ask: Ask) -> None:
    """The newest image of the pipeline that is in order is an own image of production."""
    build = _builds(ask, _pipelines(ask)["golden-al2023"]["arn"])[-1]
    [made] = build["outputResources"]["amis"]
    own = ask("ec2", "DescribeImages", account_id=PRODUCTION, Owners=["self"])["Images"]
    assert made["accountId"] == PRODUCTION
    assert made["image"] in {row["ImageId"] for row in own}


def test_findings_are_counted_of_a_pipeline_that_scans(ask: Ask) -> None:
    """By severity, and all of them; of a pipeline that does not scan nothing is told."""
    rows = _pipelines(ask)
    chosen = {"name": "imagePipelineArn", "values": [row["arn"] for row in rows.values()]}
    found = ask("imagebuilder", "ListImageScanFindingAggregations", account_id=SHARED, filter=chosen)["responses"]
    [counted] = [row["imagePipelineAggregation"] for row in found]
    assert counted["imagePipelineArn"] == rows["golden-al2023"]["arn"]
    counts = counted["severityCounts"]
    assert counts["all"] == counts["critical"] + counts["high"] + counts["medium"]


@pytest.mark.parametrize(
    ("operation", "params", "code"),
    [
        ("ListImagePipelineImages", {"imagePipelineArn": "arn:nosuch"}, "ResourceNotFoundException"),
        ("ListImageScanFindingAggregations", {}, "InvalidRequestException"),
    ],
)
def test_what_is_not_there_is_the_services_error(ask: Ask, operation: str, params: dict[str, str], code: str) -> None:
    """In its own words."""
    with pytest.raises(ServiceError, match=code):
        ask("imagebuilder", operation, account_id=SHARED, **params)

"""Promises of the Lambda handlers."""

from __future__ import annotations

from typing import Any

import pytest

from patchlib.sandbox.endpoint import ServiceError
from patchlib.sandbox.world.registries import LIVE
from tests.sandbox.handlers.conftest import PRODUCTION, Ask


def _listed(ask: Ask, operation: str, member: str, **params: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask("lambda", operation, **params)[member]
    return found


def test_without_being_asked_for_versions_only_the_latest_come(ask: Ask) -> None:
    """As the service does; with them the latest is among them, named as a version."""
    latest = _listed(ask, "ListFunctions", "Functions")
    every = _listed(ask, "ListFunctions", "Functions", FunctionVersion="ALL")
    assert {row["Version"] for row in latest} == {"$LATEST"}
    assert {row["FunctionName"] for row in every} == {row["FunctionName"] for row in latest}
    assert len(every) > len(latest)
    assert all(row["FunctionArn"].endswith(f":{row['Version']}") for row in every)


def test_an_alias_points_to_a_published_version(ask: Ask) -> None:
    """One of them to an old one, on a runtime that the function itself has left; one to the newest."""
    rows = _listed(ask, "ListFunctions", "Functions", FunctionVersion="ALL")
    runtimes = {(row["FunctionName"], row["Version"]): row.get("Runtime") for row in rows}
    reached = {}
    for name in ("order-events", "payment-events"):
        [alias] = _listed(ask, "ListAliases", "Aliases", FunctionName=name)
        reached[name] = runtimes[name, alias["FunctionVersion"]] == runtimes[name, "$LATEST"]
    assert reached == {"order-events": False, "payment-events": True}


def test_only_a_pinned_runtime_names_its_version(ask: Ask) -> None:
    """One function is pinned, one is updated with its deployments, all others by AWS."""
    names = [row["FunctionName"] for row in _listed(ask, "ListFunctions", "Functions") if row["PackageType"] == "Zip"]
    found = {name: ask("lambda", "GetRuntimeManagementConfig", FunctionName=name) for name in names}
    modes = {name: row["UpdateRuntimeOn"] for name, row in found.items()}
    assert [name for name, mode in modes.items() if mode == "Manual"] == ["token-rotator"]
    assert [name for name, mode in modes.items() if mode == "FunctionUpdate"] == ["session-cleaner"]
    assert all(("RuntimeVersionArn" in row) == (modes[name] == "Manual") for name, row in found.items())


def test_a_layer_used_by_several_is_three_versions_behind(ask: Ask) -> None:
    """The listing of the layer names the newest version; one function has it, three have one of before."""
    [layer] = _listed(ask, "ListLayers", "Layers")
    versions = _listed(ask, "ListLayerVersions", "LayerVersions", LayerName=layer["LayerArn"])
    newest = layer["LatestMatchingVersion"]["Version"]
    assert newest == max(row["Version"] for row in versions) == len(versions)
    used = [each["Arn"] for row in _listed(ask, "ListFunctions", "Functions") for each in row.get("Layers", ())]
    assert set(used) <= {row["LayerVersionArn"] for row in versions}
    behind = sorted(newest - int(arn.rpartition(":")[2]) for arn in used)
    assert behind == [0, 3, 3, 3]


def test_of_images_one_is_the_tagged_one_and_one_is_not(ask: Ask) -> None:
    """By digest, as Inspector names the image that is in use."""
    images = [row for row in _listed(ask, "ListFunctions", "Functions") if row["PackageType"] == "Image"]
    covered = ask("inspector2", "ListCoverage", account_id=PRODUCTION)["coveredResources"]
    tagged = [row for row in covered if LIVE in row["resourceMetadata"].get("ecrImage", {}).get("tags", ())]
    digests = {row["resourceId"].rpartition("/sha256:")[2] for row in tagged}
    assert {row["FunctionName"]: row["CodeSha256"] in digests for row in images} == {
        "checkout-receipt": True,
        "storefront-thumbnail": False,
    }
    assert not any("Runtime" in row or "Handler" in row for row in images)


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("ListAliases", {"FunctionName": "nosuch"}),
        ("GetRuntimeManagementConfig", {"FunctionName": "nosuch"}),
        ("ListLayerVersions", {"LayerName": "arn:aws:lambda:eu-central-1:1:layer:nosuch"}),
    ],
)
def test_what_is_not_there_is_the_services_error(ask: Ask, operation: str, params: dict[str, str]) -> None:
    """In its own words, with its own status."""
    with pytest.raises(ServiceError, match="ResourceNotFoundException") as refused:
        ask("lambda", operation, **params)
    assert refused.value.status == 404

"""Security Hub is asked for the cell's own findings of the controls about patching."""

from patchlib.sources import source
from patchlib.sources.declaration import scrub
from patchlib.sources.securityhub import PATCH_CONTROLS
from tests.sources.asking import CELL, context


def test_each_cell_asks_for_its_own() -> None:
    """An administrator or an aggregation Region would bring other accounts' and Regions' findings once more."""
    [request] = source("securityhub_finding").requests(context())
    asked = {name: [each["Value"] for each in tests] for name, tests in request.params["Filters"].items()}
    assert asked == {
        "AwsAccountId": [CELL.account_id],
        "Region": [CELL.region],
        "ComplianceSecurityControlId": list(PATCH_CONTROLS),
    }
    assert request.item is None


def test_a_resources_details_and_notes_do_not_reach_the_disk() -> None:
    """They hold what an instance starts with, and what people wrote."""
    finding = {
        "Id": "f",
        "Resources": [{"Id": "i-1", "Details": {"Other": {"UserData": "canary"}}}],
        "Note": {"Text": "canary"},
        "UserDefinedFields": {"key": "canary"},
    }
    assert "canary" not in str(scrub(source("securityhub_finding"), {"Findings": [finding]}))

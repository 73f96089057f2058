"""Which configurations of Quick Setup are read, and what of them is kept."""

from typing import Any

from patchlib.sources import source
from patchlib.sources.declaration import scrub
from patchlib.sources.quicksetup import PATCH_POLICY
from tests.sources.asking import context

OTHER = "AWSQuickSetupType-CFGRecording"


def _manager(name: str, *kinds: str) -> dict[str, Any]:
    return {"ManagerArn": name, "ConfigurationDefinitionSummaries": [{"Type": kind} for kind in kinds]}


def test_only_configurations_with_a_patch_policy_are_read() -> None:
    """One call for each that holds one, none for the others."""
    rows = [_manager("a", OTHER), _manager("b", OTHER, PATCH_POLICY), {"ManagerArn": "c"}]
    requests = source("ssm_quicksetup_manager_detail").requests(context(ssm_quicksetup_manager=rows))
    assert [request.params for request in requests] == [{"ManagerArn": "b"}]


def test_parameters_of_other_configurations_are_dropped() -> None:
    """A patch policy keeps the parameters it is known to have; every other configuration loses all of them."""
    parameters = {"PatchPolicyName": "nightly", "Invented": "canary"}
    page = {
        "ConfigurationDefinitions": [
            {"Type": PATCH_POLICY, "Parameters": dict(parameters)},
            {"Type": OTHER, "Parameters": {"PatchPolicyName": "canary"}},
        ]
    }
    kept, other = scrub(source("ssm_quicksetup_manager_detail"), page)["ConfigurationDefinitions"]
    assert kept == {"Type": PATCH_POLICY, "Parameters": {"PatchPolicyName": "nightly"}}
    assert other == {"Type": OTHER}
    summaries = [
        {"Type": PATCH_POLICY, "FirstClassParameters": dict(parameters)},
        {"Type": OTHER, "FirstClassParameters": {"PatchPolicyName": "canary"}},
    ]
    listing = {"ConfigurationManagersList": [{"ConfigurationDefinitionSummaries": summaries}]}
    assert "canary" not in str(scrub(source("ssm_quicksetup_manager"), listing))

"""AWS Config is asked only where it records, and only for what its rules about patching say."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from patchlib.extract import extract
from patchlib.snapshot import open_snapshot
from patchlib.sources import Scope, source, wanted_in
from patchlib.sources.config import PATCH_RULES, judges_patching
from patchlib.sources.declaration import scrub
from tests import estate
from tests.sources.asking import context

ON, OFF = {"name": "default", "recording": True}, {"name": "default", "recording": False}


def rule(name: str, identifier: str) -> dict[str, object]:
    return {"ConfigRuleName": name, "Source": {"Owner": "AWS", "SourceIdentifier": identifier}}


def test_rules_are_known_by_what_they_are_not_by_name() -> None:
    """Conformance packs and Security Hub name theirs as they like; a function of the account's own is nobody's rule."""
    made = [
        rule("securityhub-x-1a2b3c4d", "EC2_MANAGEDINSTANCE_PATCH_COMPLIANCE_STATUS_CHECK"),
        rule("ec2-managedinstance-patch-compliance-status-check", "arn:aws:lambda:eu-central-1:1:function:own"),
        rule("mine", "EC2_INSTANCE_MANAGED_BY_SSM"),
        {"ConfigRuleName": "nothing told"},
    ]
    asked = source("config_rule_result").requests(context(config_recorder_status=[ON], config_rule=made))
    assert [request.item for request in asked] == ["securityhub-x-1a2b3c4d", "mine"]
    assert not judges_patching({})
    assert all(identifier.isupper() for identifier in PATCH_RULES)


@pytest.mark.parametrize("name", ["config_rule", "config_rule_result"])
@pytest.mark.parametrize(
    ("recorders", "why"),
    [([ON], ""), ([OFF, ON], ""), ([OFF], "recorder is switched off"), ([], "has no recorder")],
)
def test_a_recorder_that_is_off_switches_its_rules_off(name: str, recorders: list[dict[str, object]], why: str) -> None:
    """What a rule says is of what was recorded; the ledger tells an off one from a missing one."""
    off = source(name).off
    assert off is not None
    found = off(context(config_recorder_status=recorders, config_rule=[]))
    assert bool(found) == bool(why)
    assert why in found


def test_what_a_rule_is_given_does_not_reach_the_disk() -> None:
    """Parameters of functions, texts of own rules, tokens."""
    page = {
        "ConfigRules": [
            {"InputParameters": '{"key":"canary"}', "Source": {"CustomPolicyDetails": {"PolicyText": "canary"}}}
        ]
    }
    assert "canary" not in str(scrub(source("config_rule"), page))
    assert "canary" not in str(scrub(source("config_rule_result"), {"EvaluationResults": [{"ResultToken": "canary"}]}))


def test_the_past_is_asked_by_node_as_far_back_as_wanted() -> None:
    """One listing for each managed node, of what its patches are recorded under."""
    wanted = replace(context(ssm_managed_node=[{"InstanceId": "mi-1"}], config_recorder_status=[OFF]), days=90)
    [request] = source("config_patch_history").requests(wanted)
    since = estate.AS_OF - timedelta(days=90)
    assert request.item == "mi-1"
    assert request.params == {
        "resourceType": "AWS::SSM::PatchCompliance",
        "resourceId": "AWS::SSM::ManagedInstanceInventory/mi-1",
        "earlierTime": f"{since:%Y-%m-%dT%H:%M:%SZ}",
    }


def test_a_stopped_recorder_still_tells_the_past() -> None:
    """Only where there never was one is there nothing to ask."""
    off = source("config_patch_history").off
    assert off is not None
    assert off(context(config_recorder_status=[OFF])) == ""
    assert "no recorder" in off(context(config_recorder_status=[]))


@pytest.mark.parametrize(
    ("configuration", "kept"),
    [
        (
            {
                "AWS:ComplianceItem": {
                    "Content": {
                        "Patch": {
                            "KB1": {"PatchState": "Missing", "PatchSeverity": "Critical", "Title": "canary"},
                            "KB2": {"PatchState": "Missing", "PatchSeverity": "Critical"},
                            "bash": {"PatchState": "Installed"},
                        }
                    }
                }
            },
            [
                {"state": "Installed", "severity": "", "count": 1},
                {"state": "Missing", "severity": "Critical", "count": 2},
            ],
        ),
        ({"AWS:ComplianceItem": {"Content": {"Patch": {}}}}, []),
        ({"AWS:ComplianceItem": {"Content": ["canary"]}}, None),
        ({"AWS:ComplianceItem": {"Content": {"Patch": {"KB1": {"Title": "canary"}}}}}, None),
        ("canary", None),
    ],
)
def test_only_counts_reach_the_disk(configuration: object, kept: object) -> None:
    """By state and severity; an item of a form that nobody knows keeps nothing, and its counts are not known."""
    item = {"configuration": orjson.dumps(configuration).decode(), "supplementaryConfiguration": {"a": "canary"}}
    page = scrub(source("config_patch_history"), {"configurationItems": [item]})
    found = page["configurationItems"][0]["configuration"]
    assert (None if found is None else orjson.loads(found)) == kept
    assert "canary" not in str(page)


def test_the_past_is_read_only_where_it_is_wanted_and_once(tmp_path: Path) -> None:
    """Without the setting it is neither asked nor in the ledger; with it each node is asked once, not again."""
    wanting = estate.SETTINGS.model_copy(update={"config_history_days": 30})
    of_cells = {each.name for each in wanted_in(Scope.CELL, wanting)}
    assert of_cells - {each.name for each in wanted_in(Scope.CELL, estate.SETTINGS)} == {"config_patch_history"}
    assert "config_patch_history" not in {each.source for each in open_snapshot(estate.taken_once()).cells}
    served = estate.endpoint()
    first = estate.take(served, tmp_path, settings=wanting)
    assert served.requests.count("GetResourceConfigHistory") == served.requests.count("DescribeInstancePatches") / 2 > 0
    served.requests.clear()
    reader = estate.reader(served, wanting)
    extract(wanting, tmp_path, reader=reader, progress=estate.Told(), base=first.name, clock=lambda: 0.0)
    assert served.requests.count("GetResourceConfigHistory") == 0

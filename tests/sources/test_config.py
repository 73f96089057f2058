"""AWS Config is asked only where it records, and only for what its rules about patching say."""

import pytest

from patchlib.sources import source
from patchlib.sources.config import PATCH_RULES, judges_patching
from patchlib.sources.declaration import scrub
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

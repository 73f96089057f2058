"""Promises of the policy handlers: who is bound by what, and the one policy that explains the blind spot."""

import json

import pytest

from patchlib.sandbox.endpoint import ServiceError
from patchlib.sandbox.organisation import Organisation
from tests.sandbox.handlers.conftest import DEVELOPMENT, PRODUCTION, Ask

SECURITY, STAGING, SUSPENDED = "210400173928", "210400173955", "210400173996"
UPGRADE = "UPGRADE_ROLLOUT_POLICY"


def _above(ask: Ask, account_id: str) -> set[str]:
    account = next(
        a for a in ask("organizations", "ListAccounts", account_id=SECURITY)["Accounts"] if a["Id"] == account_id
    )
    return set(account["Paths"][0].split("/"))


def test_a_policy_explains_the_blind_spot(ask: Ask, organisation: Organisation) -> None:
    """Whatever cell the organisation denies Systems Manager in, one attached policy denies exactly there."""
    listed = ask("organizations", "ListPolicies", account_id=SECURITY, Filter="SERVICE_CONTROL_POLICY")["Policies"]
    denying = []
    for policy in listed:
        content = ask("organizations", "DescribePolicy", account_id=SECURITY, PolicyId=policy["Id"])["Policy"][
            "Content"
        ]
        denying += [
            (policy["Id"], statement["Condition"]["StringEquals"]["aws:RequestedRegion"])
            for statement in json.loads(content)["Statement"]
            if statement["Effect"] == "Deny" and statement["Action"] == "ssm:*"
        ]
    (policy_id, region), *others = denying
    assert not others
    targets = ask("organizations", "ListTargetsForPolicy", account_id=SECURITY, PolicyId=policy_id)["Targets"]
    bound = {target["TargetId"] for target in targets}
    directory = organisation.estate.directory
    reached = {(a, r) for a, r in directory.cells if r == region and bound & (_above(ask, a) | {a})}
    assert reached == {(a, r) for a, r in directory.cells if directory.is_denied(a, r, "ssm")} == {(STAGING, region)}


def test_production_is_upgraded_no_later_than_the_rest(ask: Ask) -> None:
    """To be found: the policy that would upgrade production last was drafted and never attached."""
    orders = {}
    for account in (PRODUCTION, DEVELOPMENT):
        answer = ask(
            "organizations", "DescribeEffectivePolicy", account_id=SECURITY, PolicyType=UPGRADE, TargetId=account
        )
        content = json.loads(answer["EffectivePolicy"]["PolicyContent"])
        orders[account] = content["upgrade_rollout"]["default"]["patch_order"]
    assert orders == {PRODUCTION: "second", DEVELOPMENT: "first"}
    policies = ask("organizations", "ListPolicies", account_id=SECURITY, Filter=UPGRADE)["Policies"]
    unattached = [
        policy["Name"]
        for policy in policies
        if not ask("organizations", "ListTargetsForPolicy", account_id=SECURITY, PolicyId=policy["Id"])["Targets"]
    ]
    assert unattached == ["upgrade-production-last"]


def test_allowed_images_only_audit(ask: Ask) -> None:
    """To be found: the declarative policy on images refuses nothing."""
    answer = ask(
        "organizations",
        "DescribeEffectivePolicy",
        account_id=SECURITY,
        PolicyType="DECLARATIVE_POLICY_EC2",
        TargetId=PRODUCTION,
    )
    settings = json.loads(answer["EffectivePolicy"]["PolicyContent"])["ec2_attributes"]["allowed_images_settings"]
    assert settings["state"] == "audit_mode"
    assert settings["image_criteria"]["criteria_1"]["allowed_image_providers"] == ["amazon"]


@pytest.mark.parametrize(
    ("operation", "params", "code"),
    [
        ("DescribePolicy", {"PolicyId": "p-00000000"}, "PolicyNotFoundException"),
        ("ListTargetsForPolicy", {"PolicyId": "p-00000000"}, "PolicyNotFoundException"),
        ("DescribeEffectivePolicy", {"PolicyType": UPGRADE, "TargetId": "999999999999"}, "TargetNotFoundException"),
        (
            "DescribeEffectivePolicy",
            {"PolicyType": "DECLARATIVE_POLICY_EC2", "TargetId": SUSPENDED},
            "EffectivePolicyNotFoundException",
        ),
        ("ListAccountsForParent", {"ParentId": "ou-ald7-00000000"}, "ParentNotFoundException"),
    ],
)
def test_what_is_not_there_is_the_services_own_error(
    ask: Ask, operation: str, params: dict[str, str], code: str
) -> None:
    """Nothing is made up for an id that nobody has, nor a policy where none reaches."""
    with pytest.raises(ServiceError, match=code):
        ask("organizations", operation, account_id=SECURITY, **params)


def test_members_may_not_read_policies(ask: Ask) -> None:
    """Policies are for the management account and delegated administrators."""
    with pytest.raises(ServiceError, match="AccessDeniedException"):
        ask("organizations", "ListPolicies", account_id=PRODUCTION, Filter=UPGRADE)

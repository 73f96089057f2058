"""The organisation's policies and what they come to."""

import json

from patchlib.sandbox.world.directory import directory
from patchlib.sandbox.world.organization_policies import ENABLED_TYPES, POLICIES, effective_policy, targets_of
from patchlib.sandbox.world.units import UNITS

ACCOUNTS = directory(9).accounts


def test_every_policy_is_of_an_enabled_type_and_fits_the_services_limit() -> None:
    """Ids are unique; no content is longer than a policy may be (5,120 characters for service control policies)."""
    assert len({policy.policy_id for policy in POLICIES}) == len(POLICIES)
    assert {policy.policy_type for policy in POLICIES} == set(ENABLED_TYPES)
    assert all(len(policy.text) <= 5120 and json.loads(policy.text) for policy in POLICIES)


def test_policies_are_attached_to_what_exists() -> None:
    """Every target is found again; AWS's own are attached everywhere, as Organizations does by itself."""
    for policy in POLICIES:
        found = targets_of(policy, ACCOUNTS)
        everywhere = 1 + len(UNITS) + len(ACCOUNTS)
        assert len(found) == (everywhere if policy.is_aws_managed else len(policy.attached_to))


def test_the_nearer_policy_wins() -> None:
    """An assignment further down replaces the one above; operators do not show in the sum."""
    development = next(account for account in ACCOUNTS if account.name == "development")
    management = next(account for account in ACCOUNTS if account.is_management)
    sums = [effective_policy(account, "UPGRADE_ROLLOUT_POLICY") or "" for account in (development, management)]
    assert [json.loads(each)["upgrade_rollout"]["default"]["patch_order"] for each in sums] == ["first", "second"]
    assert effective_policy(management, "DECLARATIVE_POLICY_EC2") is None

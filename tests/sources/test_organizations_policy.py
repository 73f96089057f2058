"""Policies are asked for by enabled type, and what they come to once for all accounts that inherit the same."""

from typing import Any

import pytest

from patchlib import shapes
from patchlib.sources import source
from patchlib.sources.organizations_policy import MANAGEMENT_TYPES, POLICY_TYPES
from tests.sources.asking import context

UPGRADE, SERVICE = "UPGRADE_ROLLOUT_POLICY", "SERVICE_CONTROL_POLICY"
UNITS = [{"Id": "ou-1", "parent_id": "r-1"}, {"Id": "ou-2", "parent_id": "ou-1"}, {"Id": "ou-3", "parent_id": "r-1"}]


def test_the_types_are_the_services_own() -> None:
    """Every type asked for exists, and effective policies are asked for only where the service tells them."""
    listed = shapes.operation_model("organizations", "ListPolicies").input_shape
    effective = shapes.operation_model("organizations", "DescribeEffectivePolicy").input_shape
    assert listed is not None
    assert effective is not None
    assert set(POLICY_TYPES) <= set(listed.members["Filter"].enum)
    assert set(MANAGEMENT_TYPES) <= set(effective.members["PolicyType"].enum)


def test_only_enabled_types_are_listed() -> None:
    """A type that is being disabled, or that says nothing of patching, costs no call."""
    types = [
        (SERVICE, "ENABLED"),
        (UPGRADE, "PENDING_DISABLE"),
        ("CHATBOT_POLICY", "ENABLED"),
        ("TAG_POLICY", "ENABLED"),
    ]
    root = {"Id": "r-1", "PolicyTypes": [{"Type": name, "Status": status} for name, status in types]}
    requests = source("organizations_policy").requests(context(organizations_root=[root]))
    assert [request.params for request in requests] == [{"Filter": SERVICE}, {"Filter": "TAG_POLICY"}]


def test_contents_are_read_of_own_policies_and_targets_of_all() -> None:
    """What AWS's own policies say is known; where they are attached is not."""
    policies = [
        {"Id": "p-1", "Type": SERVICE, "AwsManaged": False},
        {"Id": "p-Full", "Type": SERVICE, "AwsManaged": True},
    ]
    asked = {
        name: [request.item for request in source(name).requests(context(organizations_policy=policies))]
        for name in ("organizations_policy_content", "organizations_policy_target")
    }
    assert asked == {"organizations_policy_content": ["p-1"], "organizations_policy_target": ["p-1", "p-Full"]}


def _asked(targets: list[str], accounts: list[dict[str, Any]], policy_type: str = UPGRADE) -> list[str]:
    remembered = {
        "organizations_unit": UNITS,
        "organizations_unit_account": accounts,
        "organizations_policy": [{"Id": "p-1", "Type": policy_type}],
        "organizations_policy_target": [{"TargetId": target, "policy_id": "p-1"} for target in targets],
    }
    for name, rows in remembered.items():
        assert all(row.keys() <= set(source(name).remember) for row in rows), name
    requests = list(source("organizations_effective_policy").requests(context(**remembered)))
    assert all(request.params["PolicyType"] == policy_type for request in requests)
    assert [request.item for request in requests] == [f"{policy_type} {r.params['TargetId']}" for r in requests]
    return [request.params["TargetId"] for request in requests]


ACCOUNTS = [
    {"Id": "1", "parent_id": "r-1"},
    {"Id": "2", "parent_id": "ou-2", "State": "ACTIVE"},
    {"Id": "3", "parent_id": "ou-2"},
    {"Id": "4", "parent_id": "ou-2"},
    {"Id": "5", "parent_id": "ou-3"},
]


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        (["ou-1"], ["2"]),  # inherited from two steps above, the same for all of a parent
        (["ou-1", "3"], ["2", "3"]),  # an account with a policy of its own has a sum of its own
        (["3"], ["3"]),  # its siblings have none, and asking for none is an error
        (["r-1"], ["1", "2", "5"]),  # once per parent
        ([], []),
    ],
)
def test_one_account_speaks_for_those_that_inherit_the_same(targets: list[str], expected: list[str]) -> None:
    """Calls grow with units and exceptions, not with accounts."""
    assert _asked(targets, ACCOUNTS) == expected


def test_accounts_that_are_not_active_are_not_asked_for() -> None:
    """The next of the same parent speaks instead."""
    assert _asked(["ou-2"], [{"Id": "2", "parent_id": "ou-2", "State": "SUSPENDED"}, *ACCOUNTS[2:4]]) == ["3"]


def test_authorization_policies_have_no_effective_policy() -> None:
    """DescribeEffectivePolicy does not apply to service control policies."""
    assert _asked(["r-1"], ACCOUNTS, SERVICE) == []

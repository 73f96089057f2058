"""AWS Organizations: policies, what they are attached to and what they come to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from patchlib.sandbox.endpoint import Call, Handler, ServiceError
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.organization_policies import POLICIES, Policy, effective_policy, targets_of

__all__ = ["handlers"]


def handlers(estate: Estate) -> dict[str, Handler]:
    """The policy operations of Organizations over one estate; who may ask is the caller's matter."""
    return {
        "ListPolicies": _policies,
        "DescribePolicy": lambda call: {"Policy": _described(_find(call))},
        "ListTargetsForPolicy": lambda call: {"Targets": targets_of(_find(call), estate.directory.accounts)},
        "DescribeEffectivePolicy": _effective(estate),
    }


def _summary(policy: Policy) -> dict[str, Any]:
    return {
        "Id": policy.policy_id,
        "Arn": policy.arn,
        "Name": policy.name,
        "Description": policy.description,
        "Type": policy.policy_type,
        "AwsManaged": policy.is_aws_managed,
    }


def _described(policy: Policy) -> dict[str, Any]:
    return {"PolicySummary": _summary(policy), "Content": policy.text}


def _policies(call: Call) -> dict[str, Any]:
    asked = call.params["Filter"]
    return {"Policies": [_summary(policy) for policy in POLICIES if policy.policy_type == asked]}


def _find(call: Call) -> Policy:
    asked = call.params["PolicyId"]
    found = next((policy for policy in POLICIES if policy.policy_id == asked), None)
    if found is None:
        raise ServiceError("PolicyNotFoundException", "You specified a policy that doesn't exist.")
    return found


def _effective(estate: Estate) -> Handler:
    def handler(call: Call) -> dict[str, Any]:
        target, policy_type = call.params.get("TargetId", call.account_id), call.params["PolicyType"]
        account = estate.directory.account(target)
        if account is None:
            raise ServiceError("TargetNotFoundException", "You specified a target that doesn't exist.")
        content = effective_policy(account, policy_type)
        if content is None:
            text = "The effective policy does not exist for the target and policy type."
            raise ServiceError("EffectivePolicyNotFoundException", text)
        effective = {
            "PolicyContent": content,
            "LastUpdatedTimestamp": call.as_of - timedelta(days=90),
            "TargetId": target,
            "PolicyType": policy_type,
        }
        return {"EffectivePolicy": effective}

    return handler

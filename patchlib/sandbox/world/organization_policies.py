"""The organisation's policies, and what they come to in an account.

One service control policy explains the blind spot of `directory`: it denies Systems Manager in one Region to one
unit. One upgrade policy was drafted and never attached, and the declarative policy on images only audits.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from patchlib.sandbox.world.directory import MANAGEMENT_ID, ORGANIZATION_ID, Account
from patchlib.sandbox.world.units import (
    DEVELOPMENT,
    ROOT_ID,
    STAGING,
    SUSPENDED,
    UNITS,
    WORKLOADS,
    chain,
    parent_of,
)

__all__ = ["ENABLED_TYPES", "POLICIES", "Policy", "effective_policy", "targets_of"]

ENABLED_TYPES = (
    "SERVICE_CONTROL_POLICY",
    "RESOURCE_CONTROL_POLICY",
    "TAG_POLICY",
    "DECLARATIVE_POLICY_EC2",
    "UPGRADE_ROLLOUT_POLICY",
)
_EVERYWHERE = ("*",)


@dataclass(frozen=True)
class Policy:
    """A policy; `attached_to` holds ids of the root, units or accounts, or `*` for all of them."""

    policy_id: str
    name: str
    policy_type: str
    description: str
    content: Mapping[str, Any]
    attached_to: tuple[str, ...] = ()
    is_aws_managed: bool = field(default=False)

    @property
    def arn(self) -> str:
        """The policy's ARN; AWS's own belong to no organisation."""
        kind = self.policy_type.lower()
        if self.is_aws_managed:
            return f"arn:aws:organizations::aws:policy/{kind}/{self.policy_id}"
        return f"arn:aws:organizations::{MANAGEMENT_ID}:policy/{ORGANIZATION_ID}/{kind}/{self.policy_id}"

    @property
    def text(self) -> str:
        """Its content as JSON text."""
        return json.dumps(self.content)


def _statement(**statement: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Resource": "*", **statement}]}


def _patch_order(order: str) -> dict[str, Any]:
    return {"upgrade_rollout": {"default": {"patch_order": {"@@assign": order}}}}


_ALLOW_ALL = _statement(Effect="Allow", Action="*")
POLICIES = (
    Policy(
        "p-FullAWSAccess",
        "FullAWSAccess",
        "SERVICE_CONTROL_POLICY",
        "Allows access to every operation",
        _ALLOW_ALL,
        _EVERYWHERE,
        is_aws_managed=True,
    ),
    Policy(
        "p-RCPFullAWSAccess",
        "RCPFullAWSAccess",
        "RESOURCE_CONTROL_POLICY",
        "Allows all access",
        {**_statement(Effect="Allow", Action="*"), "Statement": [{**_ALLOW_ALL["Statement"][0], "Principal": "*"}]},
        _EVERYWHERE,
        is_aws_managed=True,
    ),
    Policy(
        "p-8r2v5n1k",
        "staging-keeps-out-of-us-east-1",
        "SERVICE_CONTROL_POLICY",
        "Staging is run from Europe: no Systems Manager in us-east-1",
        _statement(
            Sid="NoSystemsManager",
            Effect="Deny",
            Action="ssm:*",
            Condition={"StringEquals": {"aws:RequestedRegion": "us-east-1"}},
        ),
        (STAGING.unit_id,),
    ),
    Policy(
        "p-3q7c9x2d",
        "suspended-accounts-do-nothing",
        "SERVICE_CONTROL_POLICY",
        "Accounts on their way out",
        _statement(Sid="Nothing", Effect="Deny", Action="*"),
        (SUSPENDED.unit_id,),
    ),
    Policy(
        "p-5t1h8b4m",
        "patch-tags",
        "TAG_POLICY",
        "How the tags that patching reads are spelled",
        {"tags": {"environment": {"tag_key": {"@@assign": "Environment"}}}},
        (WORKLOADS.unit_id,),
    ),
    Policy(
        "p-2w6k0z7f",
        "images-and-metadata",
        "DECLARATIVE_POLICY_EC2",
        "Images of Amazon and of our own accounts only; metadata with tokens only",
        {
            "ec2_attributes": {
                "exception_message": {"@@assign": "Ask the platform team for an image."},
                "allowed_images_settings": {
                    "state": {"@@assign": "audit_mode"},
                    "image_criteria": {"criteria_1": {"allowed_image_providers": {"@@append": ["amazon"]}}},
                },
                "instance_metadata_defaults": {"http_tokens": {"@@assign": "required"}},
            }
        },
        (WORKLOADS.unit_id,),
    ),
    Policy(
        "p-9y4j6s3g",
        "upgrade-second",
        "UPGRADE_ROLLOUT_POLICY",
        "What nothing else is said of is upgraded second",
        _patch_order("second"),
        (ROOT_ID,),
    ),
    Policy(
        "p-7d0m2p5q",
        "upgrade-first",
        "UPGRADE_ROLLOUT_POLICY",
        "Development is upgraded first",
        _patch_order("first"),
        (DEVELOPMENT.unit_id,),
    ),
    Policy(
        "p-1n8g3u6t",
        "upgrade-production-last",
        "UPGRADE_ROLLOUT_POLICY",
        "Draft: production is upgraded last",
        _patch_order("last"),
    ),
)


def targets_of(policy: Policy, accounts: tuple[Account, ...]) -> list[dict[str, str]]:
    """What a policy is attached to, as ListTargetsForPolicy gives it."""
    organisation = f"arn:aws:organizations::{MANAGEMENT_ID}"
    root = f"{organisation}:root/{ORGANIZATION_ID}/{ROOT_ID}"
    found = [{"TargetId": ROOT_ID, "Arn": root, "Name": "Root", "Type": "ROOT"}]
    found += [
        {"TargetId": unit.unit_id, "Arn": unit.arn, "Name": unit.name, "Type": "ORGANIZATIONAL_UNIT"} for unit in UNITS
    ]
    found += [{"TargetId": a.account_id, "Arn": a.arn, "Name": a.name, "Type": "ACCOUNT"} for a in accounts]
    return [row for row in found if policy.attached_to == _EVERYWHERE or row["TargetId"] in policy.attached_to]


def effective_policy(account: Account, policy_type: str) -> str | None:
    """What the policies of a type come to in an account, JSON text; None when none reaches it.

    Later in the chain wins, as `@@assign` does; lists of `@@append` are joined.
    """
    above = [*chain(parent_of(account)), account.account_id]
    reaching = [
        policy
        for target in above
        for policy in POLICIES
        if policy.policy_type == policy_type and target in policy.attached_to
    ]
    merged: dict[str, Any] = {}
    for policy in reaching:
        merged = _merged(merged, policy.content)
    return json.dumps(merged) if reaching else None


def _merged(upper: Mapping[str, Any], lower: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(upper)
    for name, value in lower.items():
        if "@@assign" in value:
            found[name] = value["@@assign"]
        elif "@@append" in value:
            found[name] = [*found.get(name, []), *value["@@append"]]
        else:
            found[name] = _merged(found.get(name, {}), value)
    return found

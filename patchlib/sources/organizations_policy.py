"""Policies of AWS Organizations: what bounds accounts from above, and where each policy is attached."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from patchlib.sources.declaration import Context, Request, Scope, Source
from patchlib.sources.organizations import is_active

__all__ = ["MANAGEMENT_TYPES", "POLICY_TYPES", "SOURCES"]

# Policies that accounts inherit and whose sum per account Organizations tells; of these the ones that bear on
# patching: which images and metadata settings EC2 admits, in which order RDS upgrades, what Inspector scans.
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies.html, read 2026-11-25.
MANAGEMENT_TYPES = ("DECLARATIVE_POLICY_EC2", "UPGRADE_ROLLOUT_POLICY", "INSPECTOR_POLICY")
# What may be denied at all (service and resource control policies, DescribeEffectivePolicy does not apply to them)
# and the tags that patch groups are made of. The other types (backup, chat, AI opt-out, GuardDuty, ...) say nothing
# of patching and are not asked for.
POLICY_TYPES = ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY", "TAG_POLICY", *MANAGEMENT_TYPES)


def _per_enabled_type(context: Context) -> Iterator[Request]:
    enabled = {
        each["Type"]
        for root in context.rows("organizations_root")
        for each in root.get("PolicyTypes", ())
        if each.get("Status") == "ENABLED"
    }
    for policy_type in POLICY_TYPES:
        if policy_type in enabled:
            yield Request({"Filter": policy_type})


def _per_own_policy(context: Context) -> Iterator[Request]:
    for row in context.rows("organizations_policy"):
        if not row.get("AwsManaged"):
            yield Request({"PolicyId": row["Id"]}, item=row["Id"])


def _per_policy(context: Context) -> Iterator[Request]:
    for row in context.rows("organizations_policy"):
        yield Request({"PolicyId": row["Id"]}, item=row["Id"])


def _effective(context: Context) -> Iterator[Request]:
    """One account of each set of accounts that inherit the same policies: the sum is the same for all of them.

    An effective policy is what an account inherits plus what is attached to it (API reference,
    DescribeEffectivePolicy), so accounts of one parent without a policy of their own have the same one. An account
    that nothing reaches has none, which the service answers with an error.
    """
    attached = _attached(context)
    parents = {row["Id"]: row.get("parent_id") for row in context.rows("organizations_unit")}
    for policy_type, targets in attached.items():
        told: set[str] = set()
        for row in context.rows("organizations_unit_account"):
            account, parent = row["Id"], row.get("parent_id")
            above = set(_upwards(parent, parents))
            if not is_active(row) or not (account in targets or above & targets):
                continue
            likes = account if account in targets else str(parent)
            if likes not in told:
                told.add(likes)
                yield Request({"PolicyType": policy_type, "TargetId": account}, item=f"{policy_type} {account}")


def _attached(context: Context) -> dict[str, set[str]]:
    """Roots, units and accounts that policies of each management type are attached to."""
    types = {row["Id"]: row["Type"] for row in context.rows("organizations_policy")}
    found: dict[str, set[str]] = defaultdict(set)
    for row in context.rows("organizations_policy_target"):
        policy_type = types.get(row.get("policy_id", ""))
        if policy_type in MANAGEMENT_TYPES:
            found[policy_type].add(row["TargetId"])
    return found


def _upwards(parent: str | None, parents: Mapping[str, Any]) -> Iterable[str]:
    while parent is not None:
        yield parent
        parent = parents.get(parent)


SOURCES = (
    Source(
        name="organizations_policy",
        service="organizations",
        operation="ListPolicies",
        scope=Scope.ORGANIZATION,
        items="Policies[]",
        page_size=20,
        about="policies of the types that bear on patching and are enabled",
        system="Organizations policies",
        key=("Id",),
        needs=("organizations_root",),
        requests=_per_enabled_type,
        remember=("Id", "Type", "AwsManaged"),
        least="one for each enabled type of policy that bears on patching",
    ),
    Source(
        name="organizations_policy_content",
        service="organizations",
        operation="DescribePolicy",
        scope=Scope.ORGANIZATION,
        items="Policy",
        unit="item",
        about="what a policy says",
        harmless={"Content": "what a policy allows and denies: the reader needs it, and no secret belongs there"},
        system="Organizations policies",
        key=("policy_id",),
        request_columns={"policy_id": "PolicyId"},
        needs=("organizations_policy",),
        requests=_per_own_policy,
        least="one for each policy that is not AWS's own: what AWS's say is known",
        iam_resources=("arn:*:organizations::*:policy/*",),
        returns_content=True,
    ),
    Source(
        name="organizations_policy_target",
        service="organizations",
        operation="ListTargetsForPolicy",
        scope=Scope.ORGANIZATION,
        items="Targets[]",
        page_size=20,
        unit="item",
        about="roots, units and accounts that a policy is attached to",
        system="Organizations policies",
        key=("policy_id", "TargetId"),
        request_columns={"policy_id": "PolicyId"},
        needs=("organizations_policy",),
        requests=_per_policy,
        remember=("TargetId", "policy_id"),
        least="one for each policy; ListPoliciesForTarget would take one for each account, unit and type",
    ),
    Source(
        name="organizations_effective_policy",
        service="organizations",
        operation="DescribeEffectivePolicy",
        scope=Scope.ORGANIZATION,
        items="EffectivePolicy",
        unit="item",
        about="what EC2, upgrade and Inspector policies come to in an account",
        system="Organizations policies",
        key=("policy_type", "target_id"),
        request_columns={"policy_type": "PolicyType", "target_id": "TargetId"},
        needs=(
            "organizations_unit",
            "organizations_unit_account",
            "organizations_policy",
            "organizations_policy_target",
        ),
        requests=_effective,
        least="per type one for each unit with accounts below a policy, and for each account with a policy of its own",
        iam_resources=("arn:*:organizations::*:account/*",),
        returns_content=True,
    ),
)

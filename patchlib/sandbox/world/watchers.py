"""AWS's own watchers: where AWS Config records, which rules judge, where Security Hub is on, what they say of nodes.

They judge the same nodes as everything else here, each at its own pace:

    continuous   a rule judges a scan minutes after it ended
    daily        AWS Config records once a day: a rule judges what was last scanned before midnight
    off          the recorder was stopped: rules are there and say nothing new
    none         AWS Config was never set up

A rule keeps its last word of a node whose agent fell silent, and has none of a node that was never scanned.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from patchlib.sandbox.world.calendars import DAY, instant
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.nodes import Node
from patchlib.sandbox.world.observation import NOT_COMPLIANT, Observation, observe

__all__ = [
    "ASSOCIATION",
    "MANAGED",
    "PATCH",
    "RECORDER_STOPPED_AT",
    "STOPPED",
    "Recording",
    "Rule",
    "Verdict",
    "has_hub",
    "recording",
    "rules",
    "verdicts",
]

Recording = Literal["continuous", "daily", "off", "none"]
# Identifiers of AWS's managed rules.
PATCH = "EC2_MANAGEDINSTANCE_PATCH_COMPLIANCE_STATUS_CHECK"
ASSOCIATION = "EC2_MANAGEDINSTANCE_ASSOCIATION_COMPLIANCE_STATUS_CHECK"
MANAGED = "EC2_INSTANCE_MANAGED_BY_SSM"
STOPPED = "EC2_STOPPED_INSTANCE"

_SECURITY, _PRODUCTION_A, _DEVELOPMENT = "210400173928", "210400173933", "210400173947"
_STAGING, _SHARED, _PRODUCTION_B = "210400173955", "210400173962", "210400173974"
_NO_HUB = frozenset({_DEVELOPMENT, _STAGING})
_PACKED = frozenset({_PRODUCTION_A, _PRODUCTION_B})
# Somebody saved money in development, and told nobody.
RECORDER_STOPPED_AT = instant("2026-04-17T13:05:00Z")
# A rule judges within ten minutes; a stopped instance is one too many after 30 days, the rule's default.
_JUDGED_WITHIN, _STOPPED_TOO_LONG = 600, 30 * DAY
_BY_PACK, _BY_HUB = "config-conforms.amazonaws.com", "securityhub.amazonaws.com"


@dataclass(frozen=True)
class Rule:
    """A rule of AWS Config; created_by is "" for one that somebody of the account made."""

    name: str
    identifier: str
    created_by: str = ""


@dataclass(frozen=True)
class Verdict:
    """What a rule says of a node; judged_at in seconds since 1970."""

    node: Node
    identifier: str
    is_compliant: bool
    judged_at: int


def recording(account_id: str, region: str) -> Recording:
    """How AWS Config records in a cell."""
    if account_id == _DEVELOPMENT:
        return "off"
    if account_id == _STAGING and region == "us-east-1":
        return "none"
    return "daily" if account_id == _SHARED else "continuous"


def has_hub(account_id: str) -> bool:
    """Whether an account has Security Hub, in every Region that it uses."""
    return account_id not in _NO_HUB


def rules(estate: Estate, account_id: str, region: str) -> Iterator[Rule]:
    """The rules of a cell about patching, by whoever made them."""
    if recording(account_id, region) == "none":
        return
    if has_hub(account_id):
        for identifier, short in _HUB_NAMES.items():
            made = estate.draws.hexadecimal(8, "hub rule", account_id, region, identifier)
            yield Rule(f"securityhub-{short}-{made}", identifier, _BY_HUB)
    if account_id in _PACKED:
        pack = estate.draws.hexadecimal(9, "conformance pack", account_id, region)
        for identifier in (PATCH, MANAGED):
            yield Rule(f"{_PLAIN_NAMES[identifier]}-conformance-pack-{pack}", identifier, _BY_PACK)
    elif not has_hub(account_id):
        for identifier in (PATCH, ASSOCIATION):
            yield Rule(_PLAIN_NAMES[identifier], identifier)


_PLAIN_NAMES = {
    PATCH: "ec2-managedinstance-patch-compliance",
    ASSOCIATION: "ec2-managedinstance-association-compliance",
    MANAGED: "ec2-instance-managed-by-ssm",
}
_HUB_NAMES = {
    MANAGED: "ec2-instance-managed-by-ssm",
    PATCH: "ec2-managedinstance-patch-compliance",
    ASSOCIATION: "ec2-managedinstance-association-compliance",
    STOPPED: "ec2-stopped-instance",
}


def verdicts(estate: Estate, account_id: str, region: str) -> Iterator[Verdict]:
    """The last word of each kind of rule about each node of a cell, terminated ones left out."""
    how = recording(account_id, region)
    if how not in ("continuous", "daily"):
        return
    midnight = estate.as_of // DAY * DAY
    for node in estate.by_cell.get((account_id, region), ()):
        if node.terminated_at <= estate.as_of or node.launched_at > (midnight if how == "daily" else estate.as_of):
            continue
        if node.kind == "ec2":
            yield from _of_instance(estate, node)
        if node.is_listed(estate.as_of):
            yield from _of_managed(estate, node, midnight if how == "daily" else None)


def _of_instance(estate: Estate, node: Node) -> Iterator[Verdict]:
    """Whether an instance is managed, and whether it has stood too long; a stopped one counts as not managed."""
    changed = max(node.launched_at, *(at for at in (node.stopped_at, node.lost_at, 0) if at <= estate.as_of))
    judged = _judged(estate, node, MANAGED, changed)
    yield Verdict(node, MANAGED, not node.unmanaged and node.silent_at > estate.as_of, judged)
    too_long = node.stopped_at + _STOPPED_TOO_LONG
    stands = too_long <= estate.as_of
    yield Verdict(node, STOPPED, not stands, _judged(estate, node, STOPPED, too_long if stands else changed))


def _of_managed(estate: Estate, node: Node, recorded_at: int | None) -> Iterator[Verdict]:
    """What Systems Manager's own label was when it was last recorded; recorded_at: None = at once."""
    seen = _seen(estate, node, recorded_at)
    if seen is not None:
        is_open = any(row.state in NOT_COMPLIANT for row in seen.rows)
        at = seen.operation.ended_at if recorded_at is None else recorded_at
        yield Verdict(node, PATCH, not is_open, _judged(estate, node, PATCH, at))
    last = estate.association_results.get(node.node_id, {}).values()
    done = [target for target in last if target.done_at is not None and target.done_at <= (recorded_at or estate.as_of)]
    if done:
        at = max(target.done_at or 0 for target in done) if recorded_at is None else recorded_at
        is_good = all(target.status == "Success" for target in done)
        yield Verdict(node, ASSOCIATION, is_good, _judged(estate, node, ASSOCIATION, at))


def _seen(estate: Estate, node: Node, recorded_at: int | None) -> Observation | None:
    if recorded_at is None:
        return estate.observations.get(node.node_id)
    if node.node_id not in estate.place:
        return None
    cohort, row = estate.place[node.node_id]
    return observe(cohort, row, recorded_at)


def _judged(estate: Estate, node: Node, identifier: str, at: int) -> int:
    return min(estate.as_of, at + estate.draws.between(30, _JUDGED_WITHIN, "judged", node.node_id, identifier))

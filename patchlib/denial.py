"""Who denies a call, and what to do about it: from the ledger's state and AWS's own words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from patchlib.errors import CallFailed

__all__ = ["Opinion", "is_shut_out", "opinion"]


@dataclass(frozen=True)
class Opinion:
    """Why a call failed: who denies it, in words, and what to do next."""

    denied_by: str
    next_step: str


# How AWS words a denial. IAM user guide, "Troubleshoot access denied error messages", read 2026-11-25:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
_EXPLICIT = re.compile(r"with an explicit deny in an? (?P<kind>[\w -]*?(?:policy|boundary))")
_IMPLICIT = re.compile(r"because no (?P<kind>[\w -]*?(?:policy|boundary)) allows")
_POLICY_ARN = re.compile(r"policy ARN: *(arn:\S+[^\s.,])")

_ASSUME = "sts:AssumeRole"
_ROLE_MISSING = "role_missing"

_STATES = {
    _ROLE_MISSING: Opinion(
        "the role: it is missing, or it does not trust the caller",
        "Create it with `patchlib policy --cloudformation member`, or mend its trust policy and external_id.",
    ),
    "disabled": Opinion(
        "nobody: the Region or the service is not enabled", "Enable it, or leave it out with `regions` in the settings."
    ),
    "not_subscribed": Opinion(
        "nobody: the account has no subscription to the service", "Subscribe to it, or live without what it tells."
    ),
    "throttled": Opinion("AWS: too many calls, ours or another tool's", "Try again later, or lower `[rates]`."),
}


def is_shut_out(failed: CallFailed) -> bool:
    """Whether it was the role that could not be assumed, so that nothing else in the account can be asked."""
    return failed.state == _ROLE_MISSING or _ASSUME in failed.message


def opinion(failed: CallFailed, action: str) -> Opinion:
    """Who denies an action and what to do, from the ledger's state and AWS's own words."""
    explicit, implicit = _EXPLICIT.search(failed.message), _IMPLICIT.search(failed.message)
    found = explicit or implicit
    if found is None or found["kind"] == "role trust policy":
        return _unexplained(failed, action)
    kind = found["kind"]
    arn = _POLICY_ARN.search(failed.message)
    which = f"{kind} {arn[1]}" if arn else kind
    # An account that cannot be entered is refused for AssumeRole, whatever was asked of it.
    refused = _ASSUME if _ASSUME in failed.message else action
    if explicit:
        return Opinion(f"{which}, by an explicit deny", f"Ask {_owner(kind)} to except the reader from it.")
    if kind == "identity-based policy":
        attached = "`patchlib policy --role NAME` to the caller" if refused == _ASSUME else "`patchlib policy`"
        return Opinion(f"{which}: none allows {refused}", f"Attach {attached}.")
    return Opinion(f"{which}: none allows {refused}", f"Ask {_owner(kind)} to allow {refused}.")


def _unexplained(failed: CallFailed, action: str) -> Opinion:
    if failed.state == "denied" and _ASSUME in failed.message:
        return _STATES[_ROLE_MISSING]
    if failed.state in _STATES:
        return _STATES[failed.state]
    if failed.state not in {"denied", "denied_by_organization"}:
        return Opinion(f"unknown: {failed.code}", failed.message or "Try again with --debug.")
    step = f"Attach `patchlib policy`; if it is attached, look in CloudTrail for the denied {action}."
    return Opinion("a policy; AWS does not say which", step)


def _owner(kind: str) -> str:
    if kind in {"service control policy", "resource control policy"}:
        return "the owner of the organisation's policies"
    return f"the owner of the {kind}"

"""The IAM policy that extraction needs, from the catalogue: nothing more, nothing that changes anything.

Most Describe, Get and List actions know no resource-level permission, so their resource is `*`. What returns
text that a customer wrote is allowed on named resources only.
"""

from __future__ import annotations

import csv
import fnmatch
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from patchlib import paths
from patchlib.errors import ParameterInvalid
from patchlib.sources import SOURCES, Scope, Source
from patchlib.terms import Part

__all__ = [
    "MANAGED_POLICY_LIMIT",
    "lacking",
    "managed_policies",
    "policy_document",
    "policy_size",
    "split_document",
]

# "IAM and AWS STS character quotas": 6,144 characters in a managed policy, white space not counted. Read 2026-11-25.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MANAGED_POLICY_LIMIT = 6144

_VERSION = "2012-10-17"

# What narrows an action further than its resource can. A document's content is read for Change Calendars only, and
# `ssm:DocumentType` is a condition key of GetDocument, read 2026-11-25:
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
_CONDITIONS: Mapping[str, Mapping[str, Any]] = {
    "ssm:GetDocument": {"StringEquals": {"ssm:DocumentType": "ChangeCalendar"}}
}

# What a Resource Data Sync is read with. Wildcards may stand in every part of an ARN but the service, read 2026-11-25:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
_BUCKET_READS = {"s3:GetObject": "arn:*:s3:::{}/*", "s3:ListBucket": "arn:*:s3:::{}"}

# "General purpose bucket naming rules"; a wildcard would open buckets that nobody named.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ROLE = re.compile(r"[\w+=,.@/-]{1,512}")


# Asked once, from the caller's account; everything else is asked in each account.
_CALLERS = {Scope.ORGANIZATION, Scope.ESTATE}

# The resources and the condition of a statement, and its actions.
_Grants = dict[tuple[tuple[str, ...], str], set[str]]


def policy_document(
    part: Part = Part.ALL, *, buckets: Sequence[str] = (), role: str | None = None, sources: Iterable[Source] = SOURCES
) -> dict[str, Any]:
    """An identity-based policy, as IAM's JSON: one statement for each set of resources.

    buckets: names of S3 buckets whose objects may be read (a Resource Data Sync). role: the role that the caller
    assumes in other accounts. Both belong to the caller.
    Raises ParameterInvalid for what is not the name of a bucket or role, and for either in a member's part.
    """
    if part is Part.MEMBER and (buckets or role is not None):
        step = "Leave them out, or print the caller's part."
        raise ParameterInvalid("buckets and the role to assume are the caller's, not a member's", next_step=step)
    grants: _Grants = {}
    for source in sources:
        if source.action in _BUCKET_READS and "*" in source.iam_resources:
            continue  # from buckets that nobody but `buckets` names
        if part is Part.ALL or (source.scope in _CALLERS) == (part is Part.CALLER):
            condition = orjson.dumps(_CONDITIONS.get(source.action, {})).decode()
            grants.setdefault((tuple(sorted(source.iam_resources)), condition), set()).add(source.action)
    for resources, action in _callers_own(buckets, role):
        grants.setdefault((resources, "{}"), set()).add(action)
    return _document(grants)


def _callers_own(buckets: Sequence[str], role: str | None) -> Iterator[tuple[tuple[str, ...], str]]:
    for bucket in buckets:
        if not _BUCKET.fullmatch(bucket):
            step = "Name the bucket alone, without s3:// and prefix."
            raise ParameterInvalid("not the name of an S3 bucket", where=bucket, next_step=step)
    for action, pattern in _BUCKET_READS.items():
        if buckets:
            yield tuple(sorted({pattern.format(bucket) for bucket in buckets})), action
    if role is not None:
        if not _ROLE.fullmatch(role):
            step = "Write the role as the settings do, such as PatchlibReader."
            raise ParameterInvalid("not the name of an IAM role", where=role, next_step=step)
        yield (f"arn:*:iam::*:role/{role.strip('/')}",), "sts:AssumeRole"


def _document(grants: _Grants) -> dict[str, Any]:
    statements, taken = [], set[str]()
    # The widest statement first: it is the longest, and a reader looks for it.
    for (resources, condition), actions in sorted(grants.items(), key=lambda grant: (grant[0][0] != ("*",), grant[0])):
        statement: dict[str, Any] = {
            "Sid": _sid(resources, actions, taken),
            "Effect": "Allow",
            "Action": sorted(actions),
            "Resource": list(resources),
        }
        narrowed = orjson.loads(condition)
        statements.append(statement | ({"Condition": narrowed} if narrowed else {}))
    return {"Version": _VERSION, "Statement": statements}


def _sid(resources: tuple[str, ...], actions: set[str], taken: set[str]) -> str:
    """A name for a statement, unique in its document: letters and digits, as IAM wants."""
    if resources == ("*",):
        words = "Reads"
    elif len(actions) == 1:
        words = min(actions).partition(":")[2]
    else:
        words = "".join(sorted({_word(action) for action in actions}))
    name, number = f"Patchlib{words}", 2
    while name in taken:
        name, number = f"Patchlib{words}{number}", number + 1
    taken.add(name)
    return name


def _word(action: str) -> str:
    return "".join(part.capitalize() for part in action.partition(":")[0].split("-"))


def policy_size(document: Mapping[str, Any]) -> int:
    """Characters of a policy document as IAM counts them: without white space."""
    return len("".join(orjson.dumps(document).decode().split()))


def split_document(document: Mapping[str, Any], limit: int = MANAGED_POLICY_LIMIT) -> tuple[dict[str, Any], ...]:
    """Documents of at most `limit` characters that together allow what the document allows.

    One document when it fits. Raises ParameterInvalid when one action's resources alone are too long.
    """
    documents: list[list[dict[str, Any]]] = [[]]
    for statement in document["Statement"]:
        for action in statement["Action"]:
            tried = _with_action(documents[-1], statement, action)
            if policy_size({"Version": _VERSION, "Statement": tried}) > limit and documents[-1]:
                documents.append([])
                tried = _with_action([], statement, action)
            if policy_size({"Version": _VERSION, "Statement": tried}) > limit:
                step = "Name fewer buckets, and give the rest to a policy of their own."
                raise ParameterInvalid(f"more resources than a policy of {limit} characters holds", next_step=step)
            documents[-1] = tried
    return tuple({"Version": _VERSION, "Statement": statements} for statements in documents)


def _with_action(
    statements: Sequence[dict[str, Any]], statement: Mapping[str, Any], action: str
) -> list[dict[str, Any]]:
    *earlier, last = statements or [{}]
    if last and last["Sid"] == statement["Sid"]:
        return [*earlier, last | {"Action": [*last["Action"], action]}]
    return [*statements, dict(statement) | {"Action": [action]}]


def managed_policies() -> dict[str, tuple[str, frozenset[str]]]:
    """AWS's managed policies for readers: by name the version tabulated, and what it allows on all resources.

    From data/reference/managed_policy_action.csv, for the services of the catalogue.
    """
    with (paths.reference_folder() / "managed_policy_action.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    versions = {row["policy"]: f"{row['version']} of {row['created_date']}" for row in rows}
    return {
        name: (version, frozenset(row["action_pattern"] for row in rows if row["policy"] == name) - {""})
        for name, version in versions.items()
    }


def lacking(document: Mapping[str, Any], managed: str) -> dict[str, Any]:
    """What of a document one of AWS's managed policies does not allow: the policy to attach beside it.

    Raises ParameterInvalid for a managed policy that is not tabulated.
    """
    known = managed_policies()
    if managed not in known:
        step = f"Tabulated are {', '.join(sorted(known))}."
        raise ParameterInvalid("no such managed policy is tabulated", where=managed, next_step=step)
    # IAM compares actions without regard to case.
    patterns = [pattern.lower() for pattern in known[managed][1]]
    statements = []
    for statement in document["Statement"]:
        left = [action for action in statement["Action"] if not _matched(action, patterns)]
        if left:
            statements.append(statement | {"Action": left})
    return {"Version": _VERSION, "Statement": statements}


def _matched(action: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(action.lower(), pattern) for pattern in patterns)

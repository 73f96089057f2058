"""The IAM policy that extraction needs, from the catalogue: nothing more, nothing that changes anything."""

from __future__ import annotations

from typing import Any

from patchlib.sources import SOURCES

__all__ = ["policy_document"]


def policy_document() -> dict[str, Any]:
    """The identity-based policy of the reader role, as IAM's JSON.

    Every action is a Describe, Get or List. Most of them know no resource-level permission, so the resource is `*`:
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
    """
    actions = sorted({source.action for source in SOURCES})
    statement = {"Sid": "PatchlibReads", "Effect": "Allow", "Action": actions, "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}

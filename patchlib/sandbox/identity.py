"""The two operations of AWS STS that the endpoint answers itself: AssumeRole and GetCallerIdentity.

Assuming a role switches the account without any state: the new access key id names the account, and the
session token carries the role. Only a serial number is kept, so that each session has its own credentials.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
from datetime import UTC, datetime
from typing import Any

from patchlib.sandbox.refusals import refusal
from patchlib.sandbox.routing import Signature

__all__ = ["Sessions", "role_account"]

_ROLE = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):role/(?:[^/]+/)*([^/]+)")
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

# Credentials expire on the wall clock, which a sandbox of any as_of must not depend on; expiry is tried out by
# the fault `expired_token`.
_EXPIRATION = datetime(2099, 12, 31, tzinfo=UTC)


def role_account(params: dict[str, Any]) -> str:
    """The account of the role asked for. Raises ServiceError for what is not the ARN of a role."""
    return _role(params)[0]


def _role(params: dict[str, Any]) -> tuple[str, str]:
    found = _ROLE.fullmatch(params["RoleArn"])
    if found is None:
        raise refusal("invalid", "query", f"{params['RoleArn']} is invalid")
    return found[1], found[2]


class Sessions:
    """Issues sessions and tells whose they are."""

    def __init__(self) -> None:
        self._serial = itertools.count(1)

    def assume(self, params: dict[str, Any]) -> dict[str, Any]:
        """The answer of sts AssumeRole: credentials of a new session in the role's account."""
        account_id, role = _role(params)
        name, serial = params["RoleSessionName"], next(self._serial)
        digest = hashlib.blake2b(f"{account_id}/{role}/{name}/{serial}".encode(), digest_size=30).digest()
        key = f"ASIA{account_id}" + "".join(_ALPHABET[byte % 32] for byte in digest[:4])
        token = {"account_id": account_id, "role": role, "session": name, "serial": serial}
        return {
            "Credentials": {
                "AccessKeyId": key,
                "SecretAccessKey": base64.b64encode(digest).decode(),
                "SessionToken": base64.b64encode(json.dumps(token).encode()).decode(),
                "Expiration": _EXPIRATION,
            },
            "AssumedRoleUser": _role_user(account_id, role, name),
        }

    def caller(self, signed: Signature) -> dict[str, Any]:
        """The answer of sts GetCallerIdentity: the assumed role, or a user for long-term keys."""
        account_id = signed.account_id
        token = _read_token(signed.session_token)
        if token.get("account_id") == account_id:
            user = _role_user(account_id, token["role"], token["session"])
            return {"UserId": user["AssumedRoleId"], "Account": account_id, "Arn": user["Arn"]}
        arn = f"arn:aws:iam::{account_id}:user/sandbox"
        return {"UserId": _unique_id("AIDA", arn), "Account": account_id, "Arn": arn}


def _role_user(account_id: str, role: str, session: str) -> dict[str, str]:
    unique = _unique_id("AROA", f"{account_id}/{role}")
    arn = f"arn:aws:sts::{account_id}:assumed-role/{role}/{session}"
    return {"AssumedRoleId": f"{unique}:{session}", "Arn": arn}


def _unique_id(prefix: str, name: str) -> str:
    """An IAM unique identifier: the prefix of its kind and 17 letters and digits, always the same for a name."""
    digest = hashlib.blake2b(name.encode(), digest_size=17).digest()
    return prefix + "".join(_ALPHABET[byte % 32] for byte in digest)


def _read_token(token: str) -> dict[str, Any]:
    """What a session token of the sandbox says; nothing for one that is not the sandbox's."""
    try:
        read = json.loads(base64.b64decode(token, validate=True))
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}

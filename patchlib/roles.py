"""Credentials of the reader roles: one set per account, taken from AWS STS at first use and renewed in time."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import botocore.credentials

from patchlib.settings import Settings

__all__ = ["Roles"]


class Roles:
    """Which accounts are read through a role, and the credentials to do so. Thread-safe.

    sts:       gives the client that assumes roles, with the caller's own credentials.
    partition: gives the partition of the caller, such as `aws-cn`.
    """

    def __init__(self, settings: Settings, sts: Callable[[], Any], partition: Callable[[], str]) -> None:
        self._settings, self._sts, self._partition = settings, sts, partition
        self._known: dict[str, Any] = {}
        self._lock = threading.Lock()
        # Accounts do not wait for each other's answer from STS.
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def known(self, account_id: str) -> Any:
        """The credentials in use for an account, or None before their first use."""
        return self._known.get(account_id)

    def credentials(self, account_id: str) -> Any:
        """Refreshing credentials for an account. What STS answers to the first use is raised here.

        A caller that is a role itself gets sessions of at most an hour (IAM User Guide, "Role chaining", read
        2026-11-25), so credentials are renewed by whoever needs them within their last minutes.
        """
        with self._lock:
            own = self._locks[account_id]
        with own:
            # Held in a local name: another thread may forget it meanwhile.
            known = self._known.get(account_id)
            if known is None:
                known = botocore.credentials.RefreshableCredentials.create_from_metadata(
                    metadata=self._taken(account_id),
                    refresh_using=lambda: self._taken(account_id),
                    method="sts-assume-role",
                )
                self._known[account_id] = known
            return known

    def forget(self, account_id: str, expired: Any) -> None:
        """Drop credentials that stopped working, unless another thread has already renewed them."""
        with self._lock:
            if self._known.get(account_id) is expired:
                del self._known[account_id]

    def _taken(self, account_id: str) -> dict[str, Any]:
        arn = f"arn:{self._partition()}:iam::{account_id}:role/{self._settings.role_of(account_id)}"
        external_id = self._settings.external_id_of(account_id)
        extra = {"ExternalId": external_id} if external_id else {}
        taken = self._sts().assume_role(RoleArn=arn, RoleSessionName="patchlib", **extra)["Credentials"]
        return {
            "access_key": taken["AccessKeyId"],
            "secret_key": taken["SecretAccessKey"],
            "token": taken["SessionToken"],
            "expiry_time": taken["Expiration"],
        }

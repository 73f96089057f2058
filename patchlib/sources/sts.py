"""AWS Security Token Service: who is asking, account by account."""

from __future__ import annotations

from patchlib.sources.declaration import Scope, Source

__all__ = ["SOURCES"]

SOURCES = (
    Source(
        name="sts_caller_identity",
        service="sts",
        operation="GetCallerIdentity",
        scope=Scope.ACCOUNT,
        items="",
        about="the identity that reads each account; proves that a cell's rows are that account's own",
        system="Identity",
    ),
)

"""AWS Organizations: which accounts there are, and who is trusted with what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from patchlib.sources.declaration import Context, Request, Scope, Source

__all__ = ["SOURCES", "is_active"]


def is_active(account: Mapping[str, Any]) -> bool:
    """Whether an account of ListAccounts can be read: its State, or the Status that State replaces.

    Status is retired from 2026-09-09 (Organizations API reference, Account); older endpoints know only it. An
    account that tells neither is tried.
    """
    return (account.get("State") or account.get("Status") or "ACTIVE") == "ACTIVE"


def _per_delegated_administrator(context: Context) -> Iterator[Request]:
    for account in context.rows("organizations_delegated_administrator"):
        yield Request({"AccountId": account["Id"]})


SOURCES = (
    Source(
        name="organizations_organization",
        service="organizations",
        operation="DescribeOrganization",
        scope=Scope.ORGANIZATION,
        items="Organization",
        about="the organisation and its management account",
        system="Organizations",
    ),
    Source(
        name="organizations_account",
        service="organizations",
        operation="ListAccounts",
        scope=Scope.ORGANIZATION,
        items="Accounts[]",
        page_size=20,
        about="every account with its status: what should be read",
        system="Organizations",
        key=("Id",),
        remember=("Id", "State", "Status"),
    ),
    Source(
        name="organizations_delegated_administrator",
        service="organizations",
        operation="ListDelegatedAdministrators",
        scope=Scope.ORGANIZATION,
        items="DelegatedAdministrators[]",
        page_size=20,
        about="accounts that administer a service for the organisation",
        system="Organizations",
        key=("Id",),
        remember=("Id",),
    ),
    Source(
        name="organizations_delegated_service",
        service="organizations",
        operation="ListDelegatedServicesForAccount",
        scope=Scope.ORGANIZATION,
        items="DelegatedServices[]",
        page_size=20,
        about="which services a delegated administrator answers for",
        system="Organizations",
        key=("delegated_account_id", "ServicePrincipal"),
        request_columns={"delegated_account_id": "AccountId"},
        needs=("organizations_delegated_administrator",),
        requests=_per_delegated_administrator,
    ),
)

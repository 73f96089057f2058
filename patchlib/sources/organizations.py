"""AWS Organizations: which accounts there are, where each stands in the tree, and who is trusted with what."""

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


def _walk(context: Context) -> Iterator[Request]:
    """The root, then every unit found, level by level: `own` grows while this is drawn."""
    asked: set[str] = set()
    for rows in (context.rows("organizations_root"), context.own):
        # By iteration over the growing list itself: what a listing finds is asked next.
        for row in rows:
            if row["Id"] not in asked:
                asked.add(row["Id"])
                yield Request({"ParentId": row["Id"]}, item=row["Id"])


def _per_parent(context: Context) -> Iterator[Request]:
    for row in (*context.rows("organizations_root"), *context.rows("organizations_unit")):
        yield Request({"ParentId": row["Id"]}, item=row["Id"])


def _per_delegated_administrator(context: Context) -> Iterator[Request]:
    for account in context.rows("organizations_delegated_administrator"):
        yield Request({"AccountId": account["Id"]}, item=account["Id"])


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
        name="organizations_root",
        service="organizations",
        operation="ListRoots",
        scope=Scope.ORGANIZATION,
        items="Roots[]",
        page_size=20,
        about="the root of the organisation and which types of policy are enabled in it",
        system="Organizations",
        key=("Id",),
        remember=("Id", "PolicyTypes"),
    ),
    Source(
        name="organizations_unit",
        service="organizations",
        operation="ListOrganizationalUnitsForParent",
        scope=Scope.ORGANIZATION,
        items="OrganizationalUnits[]",
        page_size=20,
        about="organisational units, each below the root or another unit",
        system="Organizations",
        # Whole or not at all: settings choose accounts by the tree, and half of it would leave some out unseen.
        key=("Id",),
        request_columns={"parent_id": "ParentId"},
        needs=("organizations_root",),
        requests=_walk,
        remember=("Id", "parent_id"),
        least="one for the root and one for each organisational unit: no operation lists the whole tree",
    ),
    Source(
        name="organizations_unit_account",
        service="organizations",
        operation="ListAccountsForParent",
        scope=Scope.ORGANIZATION,
        items="Accounts[]",
        page_size=20,
        about="which account stands in which organisational unit",
        system="Organizations",
        key=("Id",),
        request_columns={"parent_id": "ParentId"},
        needs=("organizations_root", "organizations_unit"),
        requests=_per_parent,
        remember=("Id", "State", "Status", "parent_id"),
        least="one for the root and one for each organisational unit; ListParents would take one for each account",
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

"""AWS Organizations: which accounts there are, and who is trusted with what."""

from __future__ import annotations

from collections.abc import Iterator

from patchlib.sources.declaration import Cell, Remembered, Request, Scope, Source

__all__ = ["SOURCES"]


def _per_delegated_administrator(_cell: Cell, remembered: Remembered) -> Iterator[Request]:
    for account in remembered["organizations_delegated_administrator"]:
        yield Request({"AccountId": account["Id"]})


SOURCES = (
    Source(
        name="organizations_organization",
        service="organizations",
        operation="DescribeOrganization",
        scope=Scope.ORGANIZATION,
        items="Organization",
        about="the organisation and its management account",
    ),
    Source(
        name="organizations_account",
        service="organizations",
        operation="ListAccounts",
        scope=Scope.ORGANIZATION,
        items="Accounts[]",
        page_size=20,
        about="every account with its status: what should be read",
        remember=("Id", "Status"),
    ),
    Source(
        name="organizations_delegated_administrator",
        service="organizations",
        operation="ListDelegatedAdministrators",
        scope=Scope.ORGANIZATION,
        items="DelegatedAdministrators[]",
        page_size=20,
        about="accounts that administer a service for the organisation",
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
        request_columns={"delegated_account_id": "AccountId"},
        needs=("organizations_delegated_administrator",),
        requests=_per_delegated_administrator,
    ),
)

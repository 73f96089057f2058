"""AWS Organizations: the organisation, its accounts and its delegated administrators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from patchlib.sandbox.endpoint import Call, Handler, ServiceError
from patchlib.sandbox.world.calendars import instant, to_datetime
from patchlib.sandbox.world.directory import DELEGATED_SERVICES, ORGANIZATION_ID, Account
from patchlib.sandbox.world.estate import Estate

__all__ = ["handlers"]

_DELEGATED_AT = "2021-04-12T09:30:00Z"


def handlers(estate: Estate) -> dict[str, Handler]:
    """The operations of Organizations over one estate."""
    return {
        "DescribeOrganization": lambda _call: _organization(estate),
        "ListAccounts": _trusted(estate, _accounts),
        "ListDelegatedAdministrators": _trusted(estate, _delegated),
        "ListDelegatedServicesForAccount": _trusted(estate, _delegated_services),
    }


def _trusted(estate: Estate, answer: Callable[[Estate, Call], dict[str, Any]]) -> Handler:
    """Listings are for the management account and delegated administrators only."""

    def handler(call: Call) -> dict[str, Any]:
        account = estate.directory.account(call.account_id)
        if account is None or not (account.is_management or account.is_delegated):
            raise ServiceError("AccessDeniedException", "You don't have permissions to access this resource.")
        return answer(estate, call)

    return handler


def _organization(estate: Estate) -> dict[str, Any]:
    management = estate.directory.accounts[0]
    return {
        "Organization": {
            "Id": ORGANIZATION_ID,
            "Arn": f"arn:aws:organizations::{management.account_id}:organization/{ORGANIZATION_ID}",
            "FeatureSet": "ALL",
            "MasterAccountArn": management.arn,
            "MasterAccountId": management.account_id,
            "MasterAccountEmail": management.email,
            "AvailablePolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}],
        }
    }


def _account(account: Account) -> dict[str, Any]:
    return {
        "Id": account.account_id,
        "Arn": account.arn,
        "Email": account.email,
        "Name": account.name,
        "Status": account.status,
        "State": account.status,
        "JoinedMethod": "CREATED",
        "JoinedTimestamp": to_datetime(instant(account.joined_at)),
    }


def _accounts(estate: Estate, _call: Call) -> dict[str, Any]:
    return {"Accounts": [_account(account) for account in estate.directory.accounts]}


def _delegated(estate: Estate, call: Call) -> dict[str, Any]:
    principal = call.params.get("ServicePrincipal")
    if principal is not None and principal not in DELEGATED_SERVICES:
        return {"DelegatedAdministrators": []}
    enabled = {"DelegationEnabledDate": to_datetime(instant(_DELEGATED_AT))}
    found = [_account(account) | enabled for account in estate.directory.accounts if account.is_delegated]
    return {"DelegatedAdministrators": found}


def _delegated_services(estate: Estate, call: Call) -> dict[str, Any]:
    account = estate.directory.account(call.params["AccountId"])
    if account is None:
        raise ServiceError("AccountNotFoundException", "You specified an account that doesn't exist.")
    if not account.is_delegated:
        raise ServiceError("AccountNotRegisteredException", "The specified account is not a delegated administrator.")
    enabled = to_datetime(instant(_DELEGATED_AT))
    services = [{"ServicePrincipal": name, "DelegationEnabledDate": enabled} for name in DELEGATED_SERVICES]
    return {"DelegatedServices": services}

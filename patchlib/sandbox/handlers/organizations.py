"""AWS Organizations: the organisation, its tree and accounts, its policies and its delegated administrators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from patchlib.sandbox.endpoint import Call, Handler, ServiceError
from patchlib.sandbox.handlers import organizations_policy
from patchlib.sandbox.world.calendars import instant, to_datetime
from patchlib.sandbox.world.directory import DELEGATED_SERVICES, MANAGEMENT_ID, ORGANIZATION_ID, Account
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.organization_policies import ENABLED_TYPES
from patchlib.sandbox.world.units import ROOT_ID, UNITS, parent_of, path_of

__all__ = ["handlers"]

_DELEGATED_AT = "2021-04-12T09:30:00Z"


def handlers(estate: Estate) -> dict[str, Handler]:
    """The operations of Organizations over one estate."""
    policies = organizations_policy.handlers(estate)
    return {
        "DescribeOrganization": lambda _call: _organization(estate),
        "ListRoots": _trusted(estate, _roots),
        "ListOrganizationalUnitsForParent": _trusted(estate, _units),
        "ListAccountsForParent": _trusted(estate, _accounts_of),
        "ListAccounts": _trusted(estate, _accounts),
        "ListDelegatedAdministrators": _trusted(estate, _delegated),
        "ListDelegatedServicesForAccount": _trusted(estate, _delegated_services),
        **{operation: _trusted(estate, _with_estate(answer)) for operation, answer in policies.items()},
    }


def _with_estate(handler: Handler) -> Callable[[Estate, Call], dict[str, Any]]:
    return lambda _estate, call: handler(call)


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
            # This member "doesn't provide complete information about the policies" (botocore model): ListRoots does.
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


def _placed(account: Account) -> dict[str, Any]:
    return _account(account) | {"Paths": [path_of(parent_of(account), account.account_id)]}


def _accounts(estate: Estate, _call: Call) -> dict[str, Any]:
    return {"Accounts": [_placed(account) for account in estate.directory.accounts]}


def _roots(_estate: Estate, _call: Call) -> dict[str, Any]:
    root = {
        "Id": ROOT_ID,
        "Arn": f"arn:aws:organizations::{MANAGEMENT_ID}:root/{ORGANIZATION_ID}/{ROOT_ID}",
        "Name": "Root",
        "PolicyTypes": [{"Type": name, "Status": "ENABLED"} for name in ENABLED_TYPES],
    }
    return {"Roots": [root]}


def _parent(call: Call) -> str:
    parent = str(call.params["ParentId"])
    if parent not in {ROOT_ID, *(unit.unit_id for unit in UNITS)}:
        raise ServiceError("ParentNotFoundException", "You specified parent that doesn't exist.")
    return parent


def _units(_estate: Estate, call: Call) -> dict[str, Any]:
    below = [unit for unit in UNITS if unit.parent_id == _parent(call)]
    rows = [{"Id": u.unit_id, "Arn": u.arn, "Name": u.name, "Path": path_of(u.unit_id)} for u in below]
    return {"OrganizationalUnits": rows}


def _accounts_of(estate: Estate, call: Call) -> dict[str, Any]:
    parent = _parent(call)
    return {"Accounts": [_placed(account) for account in estate.directory.accounts if parent_of(account) == parent]}


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

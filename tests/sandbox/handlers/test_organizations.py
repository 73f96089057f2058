"""Promises of the Organizations handlers."""

import pytest

from patchlib.sandbox.endpoint import ServiceError
from patchlib.sandbox.organisation import Organisation
from tests.sandbox.handlers.conftest import PRODUCTION, Ask

SECURITY = "210400173928"


def test_accounts_are_listed_with_status(ask: Ask) -> None:
    """Nine accounts, one of them suspended."""
    accounts = ask("organizations", "ListAccounts", account_id=SECURITY)["Accounts"]
    assert len(accounts) == 9
    assert [a["Name"] for a in accounts if a["Status"] == "SUSPENDED"] == ["legacy-warehouse"]


def test_members_may_not_list(ask: Ask) -> None:
    """A member account that administers nothing is denied the listing but sees the organisation."""
    with pytest.raises(ServiceError, match="AccessDeniedException"):
        ask("organizations", "ListAccounts", account_id=PRODUCTION)
    assert ask("organizations", "DescribeOrganization", account_id=PRODUCTION)["Organization"]["Id"].startswith("o-")


def test_delegated_administrator_by_service(ask: Ask, organisation: Organisation) -> None:
    """The security account administers Systems Manager, Inspector and Config, nothing else."""
    caller = organisation.management_account_id
    for principal, expected in (("ssm.amazonaws.com", [SECURITY]), ("guardduty.amazonaws.com", [])):
        answer = ask("organizations", "ListDelegatedAdministrators", account_id=caller, ServicePrincipal=principal)
        assert [a["Id"] for a in answer["DelegatedAdministrators"]] == expected
    services = ask("organizations", "ListDelegatedServicesForAccount", account_id=caller, AccountId=SECURITY)
    assert "ssm.amazonaws.com" in {s["ServicePrincipal"] for s in services["DelegatedServices"]}


@pytest.mark.parametrize(
    ("account", "code"), [("999999999999", "AccountNotFoundException"), (PRODUCTION, "AccountNotRegisteredException")]
)
def test_services_of_an_account_that_administers_none(ask: Ask, account: str, code: str) -> None:
    """Asking for another account's services is the service's own error."""
    with pytest.raises(ServiceError, match=code):
        ask("organizations", "ListDelegatedServicesForAccount", account_id=SECURITY, AccountId=account)


def test_the_tree_holds_every_account_once(ask: Ask) -> None:
    """Walked from the root, every account stands in one place, and its path says which."""
    root = ask("organizations", "ListRoots", account_id=SECURITY)["Roots"][0]["Id"]
    found, left = {}, [root]
    while left:
        parent = left.pop()
        units = ask("organizations", "ListOrganizationalUnitsForParent", account_id=SECURITY, ParentId=parent)
        left += [unit["Id"] for unit in units["OrganizationalUnits"]]
        for account in ask("organizations", "ListAccountsForParent", account_id=SECURITY, ParentId=parent)["Accounts"]:
            assert account["Id"] not in found
            assert account["Paths"][0].split("/")[-3:-1] == [parent, account["Id"]]
            found[account["Id"]] = parent
    assert found.keys() == {a["Id"] for a in ask("organizations", "ListAccounts", account_id=SECURITY)["Accounts"]}
    assert len(set(found.values())) > 4

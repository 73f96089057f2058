"""The organisation: its accounts, its Regions, and what its reader may not see.

Three blind spots are part of the world, because real organisations have them: an account that is
suspended, an account whose role nobody may assume, and one account x Region where a service control
policy denies Systems Manager.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = [
    "DELEGATED_SERVICES",
    "HOME_REGION",
    "MANAGEMENT_ID",
    "ORGANIZATION_ID",
    "OTHER_REGIONS",
    "REGIONS",
    "REGION_TIMEZONES",
    "Account",
    "Directory",
    "directory",
]

ORGANIZATION_ID = "o-alder7brk2"
HOME_REGION = "eu-central-1"
REGIONS = (HOME_REGION, "us-east-1")
REGION_TIMEZONES = {"eu-central-1": "Europe/Berlin", "us-east-1": "America/New_York"}
# Opt-in Regions that this organisation has not opted into.
OTHER_REGIONS = ("af-south-1", "ap-east-1", "ap-south-2", "eu-central-2", "eu-south-1", "il-central-1", "me-south-1")
DELEGATED_SERVICES = ("config.amazonaws.com", "inspector2.amazonaws.com", "ssm.amazonaws.com")

Environment = Literal["production", "staging", "development", "shared"]


@dataclass(frozen=True)
class Account:
    """One account of the organisation.

    weight:      its share of the fleet, relative to the other accounts.
    is_readable: whether the reader's role can be assumed there.
    """

    account_id: str
    name: str
    environment: Environment
    weight: float
    joined_at: str
    status: Literal["ACTIVE", "SUSPENDED"] = "ACTIVE"
    is_readable: bool = True
    is_management: bool = False
    is_delegated: bool = False

    @property
    def arn(self) -> str:
        """The account's ARN in its organisation."""
        return f"arn:aws:organizations::{MANAGEMENT_ID}:account/{ORGANIZATION_ID}/{self.account_id}"

    @property
    def email(self) -> str:
        """The account's root address; example.com belongs to nobody (RFC 2606)."""
        return f"aws+{self.name}@alderbrook.example.com"


MANAGEMENT_ID = "210400173901"
_BLIND = ("210400173955", "us-east-1")

# In this order, so that a small organisation has the interesting ones first.
_ACCOUNTS = (
    Account(MANAGEMENT_ID, "management", "shared", 0.02, "2021-02-08T09:12:40Z", is_management=True),
    Account("210400173928", "security", "shared", 0.02, "2021-02-08T10:03:11Z", is_delegated=True),
    Account("210400173933", "production-a", "production", 0.30, "2021-03-15T08:40:02Z"),
    Account("210400173947", "development", "development", 0.16, "2021-03-15T08:44:57Z"),
    Account("210400173955", "staging", "staging", 0.15, "2021-03-16T13:20:30Z"),
    Account("210400173962", "shared-services", "shared", 0.09, "2021-03-18T07:55:19Z"),
    Account("210400173974", "production-b", "production", 0.24, "2022-09-05T11:31:08Z"),
    Account("210400173981", "partner-integration", "production", 0.02, "2023-05-22T15:02:44Z", is_readable=False),
    Account(
        "210400173996", "legacy-warehouse", "production", 0.0, "2020-11-30T16:47:21Z", "SUSPENDED", is_readable=False
    ),
)


@dataclass(frozen=True)
class Directory:
    """The accounts of an organisation and its cells."""

    accounts: tuple[Account, ...]

    def account(self, account_id: str) -> Account | None:
        """The account of that id, None when it is not in the organisation."""
        return next((account for account in self.accounts if account.account_id == account_id), None)

    @property
    def cells(self) -> tuple[tuple[str, str], ...]:
        """(account id, Region) of every active account, readable or not."""
        return tuple(
            (account.account_id, region)
            for account in self.accounts
            if account.status == "ACTIVE"
            for region in REGIONS
        )

    def is_denied(self, account_id: str, region: str, service: str) -> bool:
        """Whether a service control policy denies the service in the cell."""
        return service == "ssm" and (account_id, region) == _BLIND

    def can_read(self, account_id: str, region: str, service: str) -> bool:
        """Whether the organisation's reader gets answers from the service in the cell."""
        account = self.account(account_id)
        return account is not None and account.is_readable and not self.is_denied(account_id, region, service)


def directory(accounts: int) -> Directory:
    """The organisation with that many accounts, from 1: the first nine are drawn up, further ones are production."""
    further = (
        Account(f"21040018{number:04d}", f"production-{number}", "production", 0.2, "2024-04-02T09:00:00Z")
        for number in range(1, accounts - len(_ACCOUNTS) + 1)
    )
    return Directory((*_ACCOUNTS[:accounts], *further))

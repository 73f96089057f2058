"""The organisation's tree: its root, its units, and where each account stands.

Accounts that were drawn up stand where their work is; the management account stands at the root, as AWS advises
against moving it. One unit is empty, and a suspended account waits in a unit of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from patchlib.sandbox.world.directory import MANAGEMENT_ID, ORGANIZATION_ID, Account

__all__ = ["ROOT_ID", "UNITS", "Unit", "chain", "parent_of", "path_of"]

ROOT_ID = "r-ald7"


@dataclass(frozen=True)
class Unit:
    """An organisational unit; `parent_id` is another unit or the root."""

    unit_id: str
    name: str
    parent_id: str

    @property
    def arn(self) -> str:
        """The unit's ARN in its organisation."""
        return f"arn:aws:organizations::{MANAGEMENT_ID}:ou/{ORGANIZATION_ID}/{self.unit_id}"


SECURITY = Unit("ou-ald7-3c1q8s2k", "Security", ROOT_ID)
INFRASTRUCTURE = Unit("ou-ald7-5d9v0m4w", "Infrastructure", ROOT_ID)
WORKLOADS = Unit("ou-ald7-8b2x7t1p", "Workloads", ROOT_ID)
PRODUCTION = Unit("ou-ald7-a4k6n9r3", "Production", WORKLOADS.unit_id)
STAGING = Unit("ou-ald7-e7h3j5c8", "Staging", WORKLOADS.unit_id)
DEVELOPMENT = Unit("ou-ald7-g1f8z6y2", "Development", WORKLOADS.unit_id)
SUSPENDED = Unit("ou-ald7-m0l5w3b7", "Suspended", ROOT_ID)
EXCEPTIONS = Unit("ou-ald7-q9u4d2x6", "Exceptions", ROOT_ID)
UNITS = (SECURITY, INFRASTRUCTURE, WORKLOADS, PRODUCTION, STAGING, DEVELOPMENT, SUSPENDED, EXCEPTIONS)
_BY_ID = {unit.unit_id: unit for unit in UNITS}
_BY_ENVIRONMENT = {"production": PRODUCTION, "staging": STAGING, "development": DEVELOPMENT, "shared": INFRASTRUCTURE}


def parent_of(account: Account) -> str:
    """Id of the unit, or the root, that an account stands in."""
    if account.is_management:
        return ROOT_ID
    if account.status == "SUSPENDED":
        return SUSPENDED.unit_id
    return (SECURITY if account.is_delegated else _BY_ENVIRONMENT[account.environment]).unit_id


def chain(parent_id: str) -> tuple[str, ...]:
    """A root's or unit's id with all above it, the root first."""
    if parent_id == ROOT_ID:
        return (ROOT_ID,)
    return (*chain(_BY_ID[parent_id].parent_id), parent_id)


def path_of(parent_id: str, account_id: str = "") -> str:
    """Path of a unit, or of an account in it, as Organizations writes it."""
    return "/".join([ORGANIZATION_ID, *chain(parent_id), *([account_id] if account_id else []), ""])

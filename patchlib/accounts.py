"""Which accounts a run reads, and what each of them lets it read."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from patchlib.cells import Kept, Run
from patchlib.denial import opinion
from patchlib.errors import CallFailed, PatchlibError, RunCutShort, SettingInvalid, SettingUnconfirmed
from patchlib.settings import Settings
from patchlib.snapshot import ANSWERED, CellRecord
from patchlib.sources import Cell, Scope
from patchlib.sources.organizations import is_active
from patchlib.wire import failure_state

__all__ = [
    "ENABLED",
    "Account",
    "choose_accounts",
    "no_such_unit",
    "open_account",
    "refuse_without_role",
    "set_alone",
    "unlistable",
]

# OptInStatus of a Region that the account may use (EC2 API reference, DescribeRegions).
ENABLED = {"opted-in", "opt-in-not-required"}
# States of the first call into an account that say who keeps the reader out.
_KEPT_OUT = {"denied", "denied_by_organization", "role_missing", "not_subscribed", "disabled", "throttled"}
# What the tree of units is read by, in this order.
_TREE = ("organizations_root", "organizations_unit", "organizations_unit_account")


@dataclass(frozen=True)
class Account:
    """One account: the Regions to read in it, or why it cannot be read."""

    account_id: str
    regions: tuple[str, ...]
    records: tuple[CellRecord, ...]
    failed: CallFailed | None = None
    knows_regions: bool = True


def choose_accounts(
    settings: Settings, own: str, kept: Kept, records: Sequence[CellRecord] = ()
) -> tuple[list[str], list[str]]:
    """Account ids to read, and those that Organizations lists as not active.

    kept: rows of the organisation's sources, as far as they could be read. records: how each of these ended. Raises
    SettingInvalid when the settings need a listing that the caller may not see, or name a unit that does not exist or
    an account that is nearly one of those listed, and RunCutShort when such a listing failed otherwise. Warns with
    SettingUnconfirmed of other accounts that no listing at hand knows.
    """
    _confirm(settings, own, [str(row["Id"]) for row in kept.get("organizations_account", ())])
    if settings.accounts == "caller":
        return [own], []
    listed = {str(row["Id"]): is_active(row) for row in kept.get("organizations_account", ())}
    if settings.accounts != "organization":
        wanted = [str(account) for account in settings.accounts]
    elif listed:
        wanted = list(listed)
    else:
        raise unlistable(own, _failure(records, "organizations_account"))
    if settings.organizational_units:
        below = _accounts_below(settings.organizational_units, own, kept, records)
        wanted = [account for account in wanted if account in below]
    wanted = [account for account in wanted if account not in settings.except_accounts]
    active = [account for account in wanted if listed.get(account, True)]
    return active, [account for account in wanted if account not in active]


def set_alone(settings: Settings, own: str) -> tuple[tuple[str, str], ...]:
    """(setting, account id) of all that is set for a single account that the settings do not say to read."""
    named = {own} if isinstance(settings.accounts, str) else {own, *map(str, settings.accounts)}
    single = ("except_accounts", "roles", "external_ids")
    return tuple((name, str(each)) for name in single for each in getattr(settings, name) if str(each) not in named)


def _confirm(settings: Settings, own: str, listed: list[str]) -> None:
    """Say what is set for an account that is not there; refuse what looks mistyped, as it would be without effect.

    An account that was set apart may have left since, which must not end the run of every week.
    """
    for setting, account_id in set_alone(settings, own):
        if account_id in listed:
            continue
        near = difflib.get_close_matches(account_id, listed, n=1, cutoff=0.9)
        if near:
            raise SettingInvalid(
                f"the organisation has no account {account_id}",
                where=setting,
                next_step=f"Did you mean {near[0]}? Mend the id, or take it out.",
            )
        why = (
            "which the organisation does not have" if listed else "and its organisation cannot be listed to confirm it"
        )
        warnings.warn(f"{setting} names account {account_id}, {why}", SettingUnconfirmed, stacklevel=3)


def unlistable(own: str, failed: CallFailed | None, setting: str = 'accounts = "organization"') -> PatchlibError:
    """What to raise where a setting needs a listing of the organisation that did not come, by why it did not.

    A denial, or nothing known, asks for another caller or other settings; whatever else failed is no matter of rights.
    """
    if failed is None or failed.state in {"denied", "denied_by_organization"}:
        said = f": {failed.code}: {failed.message}" if failed else ""
        return SettingInvalid(
            f"{setting}, but the caller cannot list what it takes in{said}",
            where=own,
            next_step="Run as the management account or a delegated administrator, or list the account ids.",
        )
    what = f"{setting}, and what it takes in could not be listed: {failed.state}: {failed.code}: {failed.message}"
    if failed.state == "disabled":
        step = 'Set accounts = "caller", or list the account ids.'
        return SettingInvalid(what, where=failed.where, next_step=step)
    step = "Try again." if failed.state in {"error", "gone"} else opinion(failed, "").next_step
    return RunCutShort(what, where=failed.where, next_step=step)


def _failure(records: Iterable[CellRecord], *names: str) -> CallFailed | None:
    """How the first of some listings failed; None where none of them says so."""
    by_name = {record.source: record for record in records}
    for record in (by_name[name] for name in names if name in by_name):
        if record.state in ANSWERED or record.state == "skipped":
            continue
        code, message = record.error_code or record.state, record.error_message or ""
        # What came in part does not tell by its state how it ended.
        state = failure_state(code, message) if record.state == "partial" else record.state
        return CallFailed(state, code, message, where=f"{record.account_id} {record.service}:{record.operation}")
    return None


def _accounts_below(units: Iterable[str], own: str, kept: Kept, records: Sequence[CellRecord]) -> set[str]:
    """Accounts in these organizational units and in every unit below them."""
    if "organizations_unit" not in kept or "organizations_unit_account" not in kept:
        raise unlistable(own, _failure(records, *_TREE), "organizational_units is set")
    parents = {str(row["Id"]): str(row["parent_id"]) for row in kept["organizations_unit"]}
    known = {*parents, *parents.values(), *(str(row["Id"]) for row in kept.get("organizations_root", ()))}
    for unit in units:
        if unit not in known:
            raise no_such_unit(unit)
    chosen = set(units)
    while more := {unit for unit, parent in parents.items() if parent in chosen} - chosen:
        chosen |= more
    return {str(row["Id"]) for row in kept["organizations_unit_account"] if row["parent_id"] in chosen}


def no_such_unit(unit: str) -> SettingInvalid:
    """What to raise for a unit that the organisation does not have: mistyped, it must never become an empty fleet."""
    return SettingInvalid(
        f"the organisation has no unit {unit}",
        where="organizational_units",
        next_step="Ids begin with ou-, or r- for a root; Organizations shows them beside each unit's name.",
    )


def refuse_without_role(settings: Settings, own: str, accounts: list[str]) -> None:
    """Raise SettingInvalid where the caller's own credentials would read another account."""
    foreign = [account for account in accounts if account != own and settings.role_of(account) is None]
    if foreign:
        # The caller's own credentials would show the caller's own nodes under another account's id.
        raise SettingInvalid(
            "accounts names others than the caller's own, and no role to read them",
            where=f"account {foreign[0]}",
            next_step="Set role to the name of the reader role.",
        )


def open_account(run: Run, account_id: str, home: str) -> Account:
    """Who we are in an account and which Regions it has enabled."""
    opened = run.scope(Scope.ACCOUNT, Cell(account_id, home))
    records = tuple(opened.records)
    identity = records[0]
    if identity.state not in {"ok", "empty"}:
        state = identity.state if identity.state in _KEPT_OUT else "error"
        failed = CallFailed(state, identity.error_code or state, identity.error_message or "", where=account_id)
        return Account(account_id, (), records, failed)
    if run.settings.regions != "enabled":
        return Account(account_id, tuple(str(region) for region in run.settings.regions), records)
    listed = opened.kept.get("ec2_region", ())
    enabled = [str(row["RegionName"]) for row in listed if row.get("OptInStatus") in ENABLED]
    # Without DescribeRegions only the home Region is certain; the ledger says of the others that they were not read.
    return Account(account_id, tuple(sorted(enabled)) or (home,), records, knows_regions=bool(enabled))

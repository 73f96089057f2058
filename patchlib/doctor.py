"""What can be read, what cannot, who denies it and what to do about it: one cheap call per system.

Everything here is asked through the reader, so nothing leaves that the catalogue does not name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from patchlib import shapes
from patchlib.accounts import refuse_without_role
from patchlib.aws import Reader
from patchlib.callplan import call_plan
from patchlib.census import take_census
from patchlib.denial import is_shut_out, opinion
from patchlib.errors import CallFailed, ParameterInvalid
from patchlib.lastrun import LastRun
from patchlib.settings import Settings
from patchlib.sources import SOURCES, Cell, Context, Scope, Source
from patchlib.sources.organizations import is_active

__all__ = ["READABLE", "Check", "Diagnosis", "examine", "heading", "summary"]

_ACCOUNT_ID = re.compile(r"\d{12}")

READABLE = "readable"
_NOT_ASKED = "not asked"

# Asked once and from the caller's account, so a member account is not asked for it.
_CALLERS = {Scope.ORGANIZATION, Scope.ESTATE}


@dataclass(frozen=True)
class Check:
    """One system of AWS, tried by one call.

    state: "readable", "not asked", or the coverage ledger's word for the failure.
    denied_by, next_step: empty where there is nothing to open.
    """

    system: str
    call: str
    state: str
    denied_by: str
    next_step: str


@dataclass(frozen=True)
class Diagnosis:
    """Who asks, of what, with what success, and what a full run would take.

    clock_ahead_seconds: this machine's clock less the endpoint's [s].
    organization: the id, or why there is none to tell. accounts: active ones; None where they cannot be listed.
    region: where the checks were made. planned_calls, planned_minutes: of a full run, at least; None where unknown.
    """

    caller_arn: str
    account_id: str
    partition: str
    endpoint: str
    is_aws: bool
    clock_ahead_seconds: float
    organization: str
    accounts: int | None
    checked_account_id: str
    region: str
    checks: tuple[Check, ...]
    planned_calls: int | None
    planned_minutes: float | None

    @property
    def readable_share(self) -> str:
        """How many of the systems asked are readable, as `5 of 7`."""
        asked = [check for check in self.checks if check.state != _NOT_ASKED]
        return f"{sum(check.state == READABLE for check in asked)} of {len(asked)}"


def examine(
    settings: Settings,
    reader: Reader,
    *,
    now: datetime,
    account_id: str | None = None,
    last: LastRun | None = None,
) -> Diagnosis:
    """Try every system once in the home Region, in the caller's account or through the role in another.

    now: this machine's clock, aware. last: what the last run says of the next; None when there was none.
    Raises what Reader.caller raises when there is nobody to ask as, ParameterInvalid for what is no account id,
    and SettingInvalid for another account without a role to read it, or for settings that a run would refuse.
    """
    caller = reader.caller()
    checked = account_id or caller.account_id
    if not _ACCOUNT_ID.fullmatch(checked):
        raise ParameterInvalid("not an account id", where=checked, next_step="Write its twelve digits.")
    refuse_without_role(settings, caller.account_id, [checked])
    visit = _Visit(reader, Cell(checked, reader.home_region), caller.answered_at)
    own = Cell(caller.account_id, reader.home_region)
    at_home = visit if visit.cell == own else _Visit(reader, own, caller.answered_at)
    planned = _planned(settings, reader, last or LastRun())
    return Diagnosis(
        caller_arn=caller.arn,
        account_id=caller.account_id,
        partition=caller.partition,
        endpoint=caller.endpoint,
        is_aws=caller.is_aws,
        clock_ahead_seconds=round((now - caller.answered_at).total_seconds(), 1),
        organization=_organization(at_home),
        accounts=_accounts(at_home),
        checked_account_id=checked,
        region=visit.cell.region,
        checks=tuple(_checks(visit, everything=checked == caller.account_id)),
        planned_calls=planned[0],
        planned_minutes=planned[1],
    )


# AWS refuses a request whose signature is older than five minutes. IAM user guide, "Troubleshoot Signature Version 4",
# read 2026-11-25: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
_SKEW_LIMIT_SECONDS = 300


def heading(diagnosis: Diagnosis) -> tuple[tuple[str, str], ...]:
    """What is known before any system is tried, as (name, words)."""
    accounts = "unknown: they cannot be listed" if diagnosis.accounts is None else f"{diagnosis.accounts} active"
    through = "" if diagnosis.checked_account_id == diagnosis.account_id else ", through the role"
    return (
        ("identity", diagnosis.caller_arn),
        ("account", diagnosis.account_id),
        ("partition", diagnosis.partition),
        ("endpoint", f"{diagnosis.endpoint} ({'AWS' if diagnosis.is_aws else 'not AWS'})"),
        ("clock", _clock(diagnosis)),
        ("organisation", diagnosis.organization),
        ("accounts", accounts),
        ("checked", f"account {diagnosis.checked_account_id} in {diagnosis.region}{through}"),
    )


def summary(diagnosis: Diagnosis) -> tuple[str, ...]:
    """What to take from the checks, and what a full run costs at least."""
    lines = [f"{diagnosis.readable_share} systems readable"]
    if diagnosis.planned_calls is None:
        lines.append("a full run: unknown, the accounts that the settings take in cannot be listed")
    else:
        minutes = f"{max(1.0, diagnosis.planned_minutes or 0.0):.0f} min in its busiest cell"
        lines.append(
            f"a full run: at least {diagnosis.planned_calls} calls, {minutes}; see `patchlib extract --dry-run`"
        )
    return tuple(lines)


def _clock(diagnosis: Diagnosis) -> str:
    ahead = diagnosis.clock_ahead_seconds
    words = f"{abs(ahead):.0f} s {'ahead of' if ahead >= 0 else 'behind'} the endpoint's"
    if not diagnosis.is_aws:
        return f"{words}, which need not be the present"
    if abs(ahead) >= _SKEW_LIMIT_SECONDS:
        return f"{words}: set it, AWS refuses what is signed more than {_SKEW_LIMIT_SECONDS} s off"
    return words


class _Visit:
    """Calls in one cell; what was asked once is not asked again."""

    def __init__(self, reader: Reader, cell: Cell, taken_at: datetime) -> None:
        self.cell = cell
        self._reader, self._taken_at = reader, taken_at
        self._answers: dict[str, dict[str, Any] | CallFailed] = {}
        self._shut: CallFailed | None = None

    def ask(self, source: Source, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The first page of a source's first request, or of `params`. Raises CallFailed."""
        if self._shut is not None:
            raise self._shut
        asked = dict(params) if params is not None else self._smallest(source)
        key = f"{source.name} {sorted(asked.items())}"
        if key not in self._answers:
            region = source.endpoint_region or self.cell.region
            try:
                answer = self._reader.call(self.cell.account_id, region, source.service, source.operation, asked)
                self._answers[key] = answer.response
            except CallFailed as failed:
                self._answers[key] = failed
                # Who cannot enter the account is told so once, not once per system.
                if is_shut_out(failed):
                    self._shut = failed
        found = self._answers[key]
        if isinstance(found, CallFailed):
            raise found
        return found

    def reason_not_to_ask(self, source: Source) -> str:
        """Why a source cannot be tried by one cheap call; empty where it can."""
        if source.is_paid:
            return "AWS charges for the call"
        if source.needs:
            return f"it needs {', '.join(source.needs)}"
        shape = shapes.operation_model(source.service, source.operation).input_shape
        required = set(shape.required_members) if shape else set()
        missing = required - set(self._smallest(source))
        return f"nothing here names its {', '.join(sorted(missing))}" if missing else ""

    def _smallest(self, source: Source) -> dict[str, Any]:
        context = Context(self.cell, {}, self._taken_at, self._taken_at - timedelta(days=source.lookback_days))
        request = next(iter(source.requests(context)), None)
        return dict(request.params if request else {}) | _smallest_page(source)


def _smallest_page(source: Source) -> dict[str, int]:
    """The fewest rows that the operation's model lets one ask for; the source's page where it does not tell."""
    pages = shapes.paginator(source.service, source.operation) or {}
    if source.page_size is None or "limit_key" not in pages:
        return {}
    inputs = shapes.operation_model(source.service, source.operation).input_shape.members
    fewest = inputs[pages["limit_key"]].metadata.get("min", 0)
    return {pages["limit_key"]: fewest or source.page_size}


def _checks(visit: _Visit, *, everything: bool) -> Iterator[Check]:
    systems: dict[str, list[Source]] = {}
    for source in SOURCES:
        if everything or source.scope not in _CALLERS:
            systems.setdefault(source.system, []).append(source)
    for system, sources in systems.items():
        reasons = [(source, visit.reason_not_to_ask(source)) for source in sources]
        askable = [source for source, reason in reasons if not reason]
        if askable:
            yield _check(visit, system, askable[0])
        else:
            first, reason = reasons[0]
            yield Check(system, first.action, _NOT_ASKED, "", f"A full run asks: {reason}.")


def _check(visit: _Visit, system: str, source: Source) -> Check:
    try:
        visit.ask(source)
    except CallFailed as failed:
        found = opinion(failed, source.action)
        return Check(system, source.action, failed.state, found.denied_by, found.next_step)
    return Check(system, source.action, READABLE, "", "")


def _organization(visit: _Visit) -> str:
    source = _source("organizations", "DescribeOrganization")
    try:
        return str(visit.ask(source)["Organization"]["Id"])
    except CallFailed as failed:
        if failed.code == "AWSOrganizationsNotInUseException":
            return "none: the account belongs to no organisation"
        return f"unknown: denied by {opinion(failed, source.action).denied_by}"


def _accounts(visit: _Visit) -> int | None:
    source = _source("organizations", "ListAccounts")
    count, token = 0, None
    while True:
        asked: dict[str, Any] = {"MaxResults": source.page_size} | ({"NextToken": token} if token else {})
        try:
            page = visit.ask(source, asked)
        except CallFailed:
            return None
        count += sum(is_active(account) for account in page["Accounts"])
        token = page.get("NextToken")
        if not token:
            return count


def _source(service: str, operation: str) -> Source:
    return next(each for each in SOURCES if (each.service, each.operation) == (service, operation))


def _planned(settings: Settings, reader: Reader, last: LastRun) -> tuple[int | None, float | None]:
    """Calls of a full run, and minutes of its busiest cell: its sources are read one after the other [min]."""
    try:
        census = take_census(settings, reader, last)
    except CallFailed:
        return None, None
    plan = call_plan(settings, census, last, now=reader.caller().answered_at, is_full=True)
    return plan.calls, round(max((cell.minutes for cell in plan.by_cell()), default=0.0), 1)

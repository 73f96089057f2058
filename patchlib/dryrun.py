"""What `patchlib extract --dry-run` tells: the plan in sentences, by source, by fact and by cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from patchlib.accounts import refuse_without_role, unlistable
from patchlib.aws import Reader
from patchlib.callplan import CallPlan, PlannedCell, call_plan
from patchlib.census import take_census
from patchlib.charges import Charge, charges_for
from patchlib.errors import CallFailed
from patchlib.factsource import Fleet, Way, ways
from patchlib.lastrun import LastRun, open_last_run
from patchlib.manifest import CallerRecord, CellRecord, Manifest
from patchlib.settings import Settings
from patchlib.sources import Cell
from patchlib.sources import source as source_of
from patchlib.store import connect

__all__ = ["DryRun", "charges_of", "dollars", "dry_run", "facts", "last_run", "sentences"]

_LEDGER = """
select account_id, region, source, service, operation, state, pages, items, calls, retries, seconds, observed_at, rate
from core.coverage_now order by account_id, region, source
"""


@dataclass(frozen=True)
class DryRun:
    """What is printed.

    lines: the summary. sources: by system and source. facts: which way each fact is read, empty while no node is
    counted. cells: by account and Region, the one that takes longest first.
    """

    lines: tuple[str, ...]
    sources: Sequence[Mapping[str, Any]]
    facts: Sequence[Mapping[str, Any]]
    cells: Sequence[Mapping[str, Any]]


def last_run(store: Path, folder: Path, base: str | None) -> LastRun:
    """What is known of the last run: the snapshots that the next one builds on, else the store's ledger.

    base: the snapshot that the next run builds on; None when there is none to build on.
    """
    if base is not None or not store.exists():
        return open_last_run(folder, base)
    with connect(store, read_only=True) as connection:
        # A data sync reads a bucket and not the accounts: its rows say nothing of their calls.
        taken = connection.execute(
            "select taken_at, base_snapshot_id, is_aws, caller_account_id, caller_arn from core.snapshot "
            "where inputs is null order by taken_at desc, snapshot_id desc limit 1"
        ).fetchone()
        found = connection.execute(_LEDGER)
        names = [column[0] for column in found.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    if taken is None:
        return LastRun()
    at, before, is_aws, account_id, arn = taken
    records = tuple(
        CellRecord(**row | {"observed_at": row["observed_at"].isoformat() if row["observed_at"] else None})
        for row in rows
    )
    ledger = Manifest(
        snapshot_id="", taken_at=at, endpoint=None, is_aws=is_aws, base_snapshot=before, cells=records,
        caller=CallerRecord(account_id=account_id, arn=arn),
    )  # fmt: skip
    return open_last_run(folder, None, ledger)


def dry_run(settings: Settings, reader: Reader, last: LastRun, *, is_full: bool = False, probe: bool = False) -> DryRun:
    """The plan of a run, after asking who and where; with `probe`, how many nodes each new cell holds.

    Raises SettingInvalid as the run would: for accounts or units that cannot be listed, a unit that does not exist,
    other accounts without a role. And what Reader.caller raises.
    """
    caller = reader.caller()
    now = caller.answered_at
    try:
        census = take_census(settings, reader, last, probe=probe)
    except CallFailed as failed:
        raise unlistable(caller.account_id, failed) from failed
    refuse_without_role(settings, census.own, list(census.accounts))
    plan = call_plan(settings, census, last, now=now, is_full=is_full)
    return DryRun(
        lines=tuple(sentences(plan, last, settings, is_full=is_full)),
        sources=[asdict(each) for each in plan.by_source()],
        facts=[_shown(way) for way in facts(plan, last, settings)],
        cells=[asdict(each) for each in plan.by_cell()],
    )


def sentences(plan: CallPlan, last: LastRun, settings: Settings, *, is_full: bool = False) -> Iterator[str]:
    """The summary, a line each: where, calls, minutes, the longest cell, what is saved, charges, what was assumed."""
    census, cells = plan.census, plan.census.cells
    read = sum(cell.region in last.regions.get(cell.account_id, ()) for cell in cells)
    regions = len({cell.region for cell in cells})
    yield (
        f"estate: {len(census.accounts)} accounts, {regions} Regions, {len(cells)} cells, {read} of them as the last "
        f"run found them, {len(census.counts)} counted now; this plan took {census.calls} calls"
    )
    least = "at least " if plan.unknown_sources else ""
    before = "no run yet" if plan.last_calls is None else f"{plan.last_calls} in the last run"
    yield f"calls: {least}{plan.calls} ({before})"
    if plan.unknown_sources:
        yield f"unknown: {plan.unknown_sources} sources, wholly or in part: {_who_tells(plan, last)}"
    yield from _times(plan, settings, least)
    yield from _saved(plan, last, is_full=is_full)
    for charge in charges_of(plan):
        yield f"{charge.what}: {charge.count}, {dollars(charge)}, {charge.when}"
    for note in census.notes:
        yield f"assumed: {note}"


def _who_tells(plan: CallPlan, last: LastRun) -> str:
    if last.chain and not last.can_build:
        return "the store's ledger does not say what the last run left out; a run tells"
    counted = "" if plan.census.counts else "--probe counts nodes; "
    return f"they depend on what other listings show; {counted}a run tells"


def _times(plan: CallPlan, settings: Settings, least: str) -> Iterator[str]:
    start = f"{settings.rates.default:g}/s"
    yield (
        f"minutes: {least}{plan.minutes():.1f} from first call to last, {plan.threads} cells side by side; "
        f"{plan.minutes(at_best=True):.1f} if every rate reaches the budget's ceiling at once"
    )
    yield (
        f"rates: {plan.learned_calls} calls at rates that the last run learned, {plan.calls - plan.learned_calls} at "
        f"the settings' own, {start} unless they name another: what learning may add is not counted on"
    )
    longest = next(iter(plan.by_cell()), None)
    if longest:
        yield _longest(longest)


def _longest(cell: PlannedCell) -> str:
    return (
        f"longest cell: account {cell.account_id} in {cell.region}, {cell.minutes:.1f} min and {cell.planned_calls} "
        f"calls, of which {cell.longest_source} takes {cell.longest_source_minutes:.1f} min"
    )


def _saved(plan: CallPlan, last: LastRun, *, is_full: bool) -> Iterator[str]:
    absent, unchanged, young = (plan.saved(why) for why in ("absent", "unchanged", "young"))
    yield f"saved by discovery: {absent} calls in cells that hold no node"
    share = last.changed_shares.get("ssm_patch")
    if is_full or not last.can_build:
        assumed = "everything is asked: there is no snapshot to build on" if not is_full else "everything is asked"
    elif share is None:
        assumed = "assumed that all have changed, as nodes scanned daily have: no run has shown another share"
    else:
        assumed = f"assumed that as many nodes have a new scan as in the last run, {share:.0%}"
    yield f"saved because unchanged: {unchanged} calls for details; {assumed}"
    yield f"saved because young: {young} calls for what changes slowly and was asked within its refresh time"


def charges_of(plan: CallPlan) -> tuple[Charge, ...]:
    """What AWS charges for the plan; a role is assumed once per account."""
    calls: dict[str, int] = {}
    for each in plan.listings:
        calls[each.source.name] = calls.get(each.source.name, 0) + (each.planned or 0)
    return charges_for(calls, plan.roles)


def dollars(charge: Charge) -> str:
    """What a charge comes to, in words."""
    return "price unknown" if charge.usd is None else f"USD {charge.usd:.2f}"


def facts(plan: CallPlan, last: LastRun, settings: Settings) -> tuple[Way, ...]:
    """Which way each fact is read, with the calls for this estate; empty while no node is counted."""
    nodes = {cell: _held(plan, last, "ssm_managed_node", cell) for cell in plan.census.cells}
    holding = {cell: count for cell, count in nodes.items() if count}
    if not holding:
        return ()
    patch = source_of("ssm_patch")
    asked = [last.asked(patch, cell) for cell in holding]
    rows = sum(each.items for each in asked if each)
    items = sum(len(each.read_items or ()) for each in asked if each)
    fleet = Fleet(
        nodes=tuple(holding.values()),
        regions=len({cell.region for cell in holding}),
        changed_share=last.changed_shares.get("ssm_patch", 1.0),
        instances=tuple(_held(plan, last, "ec2_instance", cell) for cell in holding),
        **({"patch_rows": round(rows / items)} if items else {}),
    )
    return ways(fleet, settings.rates)


def _held(plan: CallPlan, last: LastRun, name: str, cell: Cell) -> int:
    counted = plan.census.counts.get(cell, {}).get(name)
    if counted is not None:
        return counted.rows or 0
    record = last.asked(source_of(name), cell)
    return record.items if record else 0


def _shown(way: Way) -> dict[str, Any]:
    return {
        "fact": way.fact,
        "way": way.way,
        "chosen": "yes" if way.chosen else "no",
        "calls": way.calls,
        "busiest_minutes": round(way.minutes, 2),
        "rate": way.rate,
        "fresh": way.fresh,
        "why": way.why,
    }

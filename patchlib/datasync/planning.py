"""Which objects must be read, which stand as the base snapshot holds them, and what reading costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from patchlib.charges import price
from patchlib.datasync.keys import EXPECTED, Place, is_noise, looks_synced, place_of
from patchlib.datasync.objects import Objects, StoredObject
from patchlib.errors import CallFailed, LayoutUnknown, RunCutShort, SettingInvalid
from patchlib.manifest import CellRecord, InputRecord, open_snapshot
from patchlib.snapshot import read_pages
from patchlib.sources import Cell
from patchlib.sources.data_sync import LAYOUTS, LISTING, Layout, layout_of

__all__ = ["Held", "Plan", "PlannedKind", "Task", "cells_of", "held_by", "make_plan", "planned_kinds"]

# Keys after which a place is taken for the wrong one, if not one of them is understood: what one call of S3 lists.
_FIRST_LOOK = 1000

Reading = Literal["read", "kept", "superseded", "unread"]
# (account, Region, source, item) -> ETag
Held = Mapping[tuple[str, str, str, str], str]


@dataclass(frozen=True, slots=True)
class Task:
    """One object, what its key says, how it is read (None: patchlib does not read its kind), and what becomes of it."""

    found: StoredObject
    place: Place
    layout: Layout | None
    reading: Reading


@dataclass(frozen=True)
class Plan:
    """Every object of one place. cells: those of Resource Data Sync by cell; reports: the others, newest first.

    gone: cells that the base holds and of which no object is left.
    """

    cells: Mapping[Cell, list[Task]]
    reports: tuple[Task, ...]
    gone: frozenset[Cell]
    list_calls: int

    @property
    def tasks(self) -> Iterable[Task]:
        """All of them."""
        return (*(task for tasks in self.cells.values() for task in tasks), *self.reports)


def make_plan(objects: Objects, held: Held, known: frozenset[Cell] = frozenset()) -> Plan:
    """List a place and decide, object by object.

    held: what the base snapshot holds, by item. known: places of which the latest snapshot held something. Raises
    SettingInvalid for a place that holds nothing or nothing of a known layout, LayoutUnknown for the first key that is
    not understood beside others that are, and RunCutShort when the place cannot be listed.
    """
    newest: dict[tuple[Place, ...] | tuple[str, ...], StoredObject] = {}
    listed: list[tuple[StoredObject, Place]] = []
    for found, place in _understood(objects):
        listed.append((found, place))
        name = _name(place)
        if name not in newest or (found.modified_at, found.key) > (newest[name].modified_at, newest[name].key):
            newest[name] = found
    if not listed:
        step = "Check the prefix or the folder's name."
        raise SettingInvalid("there is no object here", where=objects.record.address, next_step=step)
    tasks = [_task(found, place, held, is_newest=newest[_name(place)] is found) for found, place in listed]
    cells: dict[Cell, list[Task]] = {}
    for task in tasks:
        if not task.place.is_report:
            cells.setdefault(_cell(task.place), []).append(task)
    reports = tuple(task for task in tasks if task.place.is_report)
    gone = known.union(Cell(account_id, region) for account_id, region, _, _ in held) - set(cells)
    return Plan(cells, reports, gone, objects.list_calls)


def _understood(objects: Objects) -> Iterable[tuple[StoredObject, Place]]:
    """Every object with what its key says."""
    strange, is_any_known = None, False
    for number, found in enumerate(_listed(objects)):
        if is_noise(found.key):
            continue
        try:
            place = place_of(found.key)
        except LayoutUnknown as unknown:
            strange = strange or unknown
            is_any_known = is_any_known or looks_synced(found.key)
        else:
            is_any_known = True
            yield found, place
        if strange and is_any_known:
            raise strange
        if strange and number >= _FIRST_LOOK:
            break
    if strange:
        raise SettingInvalid(
            f"nothing here is laid out as expected: {EXPECTED}",
            where=objects.record.address,
            next_step=f"Name the prefix or folder that holds such objects; the first one here is {strange.where}.",
        ) from strange


def _listed(objects: Objects) -> Iterable[StoredObject]:
    try:
        yield from objects.listed()
    except CallFailed as failed:
        owner = objects.record.owner
        step = f"Allow s3:ListBucket on it; if account {owner} does not own it, name the one that does: --bucket-owner."
        raise RunCutShort(
            f"the bucket cannot be listed: {failed.code}: {failed.message}",
            where=objects.record.address,
            next_step=step,
        ) from failed


def _cell(place: Place) -> Cell:
    return Cell(place.account_id or "", place.region or "")


def _name(place: Place) -> tuple[str, ...]:
    """What an object is about: a newer one of the same name takes its place."""
    return (place.kind, place.account_id or "", place.region or "", place.item)


def _task(found: StoredObject, place: Place, held: Held, *, is_newest: bool) -> Task:
    layout = None if place.is_report else layout_of(place.kind)
    if not is_newest:
        return Task(found, place, layout, "superseded")
    if place.is_report:
        return Task(found, place, None, "read")
    if layout is None:
        return Task(found, place, None, "unread")
    name = (place.account_id or "", place.region or "", layout.source.name, place.item)
    return Task(found, place, layout, "kept" if held.get(name) == found.etag else "read")


def cells_of(folder: Path) -> frozenset[Cell]:
    """The accounts and Regions of which a snapshot holds an object of Resource Data Sync, or had kept one."""
    named = {layout.source.name for layout in LAYOUTS}
    records = [record for record in open_snapshot(folder).cells if record.source in named and any(_items(record))]
    return frozenset(Cell(record.account_id, record.region) for record in records)


def held_by(folder: Path) -> Held:
    """What a snapshot, with those it builds on, holds of each item, by the ETag it had."""
    manifest = open_snapshot(folder)
    by_cell: dict[Cell, dict[str, CellRecord]] = {}
    for record in manifest.cells:
        by_cell.setdefault(Cell(record.account_id, record.region), {})[record.source] = record
    held: dict[tuple[str, str, str, str], str] = {}
    for cell, by_source in by_cell.items():
        etags = _etags(folder, by_source.get(LISTING.name))
        for layout in LAYOUTS:
            for item in _items(by_source.get(layout.source.name)):
                if (layout.type_name, item) in etags:
                    held[cell.account_id, cell.region, layout.source.name, item] = etags[layout.type_name, item]
    return held


def _items(record: CellRecord | None) -> Iterable[str]:
    return (*(record.read_items or ()), *(record.kept_items or ())) if record else ()


def _etags(folder: Path, listing: CellRecord | None) -> dict[tuple[str, str], str]:
    if listing is None or listing.file is None:
        return {}
    pages = read_pages(folder / listing.file)
    rows = [row for page, _ in pages for row in page.response["Contents"]]
    return {(row["Type"], row["Item"]): row["ETag"] for row in rows if row["Reading"] in {"read", "kept"}}


@dataclass(frozen=True)
class PlannedKind:
    """What reading one kind of object will cost.

    objects: that are there; changed: of these to be read, with their size [bytes]. requests: to Amazon S3, the
    listing on a line of its own. usd: by the price of S3 Standard in us-east-1; null for a folder, which costs nothing.
    """

    kind: str
    objects: int
    changed: int
    bytes: int
    requests: int
    usd: float | None


def planned_kinds(plan: Plan, place: InputRecord) -> tuple[PlannedKind, ...]:
    """The plan by kind of object, by name, after what listing has cost."""
    # A folder costs nothing and asks nothing.
    listing, reading = (price("s3_list_request"), price("s3_get_request")) if place.bucket else (None, None)
    by_kind: dict[str, list[Task]] = {}
    for task in plan.tasks:
        by_kind.setdefault(task.place.kind, []).append(task)
    return (
        _planned("(listing)", [], plan.list_calls, listing),
        *(_planned(kind, tasks, None, reading) for kind, tasks in sorted(by_kind.items())),
    )


def _planned(kind: str, tasks: list[Task], list_calls: int | None, each: float | None) -> PlannedKind:
    changed = [task for task in tasks if task.reading == "read"]
    requests = len(changed) if list_calls is None else list_calls
    size = sum(task.found.size for task in changed)
    usd = None if each is None else requests * each
    return PlannedKind(kind, len(tasks), len(changed), size, 0 if each is None else requests, usd)

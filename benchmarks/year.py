"""A year of daily history of a large fleet, laid as change-only intervals straight into a store's tables.

What changes, and how often, decides the size of such a history, so it is stated here, and printed beside the size:

- every node is there all year, but one in ten stands in a group that a refresh replaces every 30 days;
- every node lists `patches` patches, half of them released within the year, spread evenly;
- a patch comes with the image of a node launched 14 days after its release or later, else it is installed after a
  Weibull lag (shape 0.65, scale 90 days: the median is 51) and seen as missing by the scans before;
- every node is scanned once a day, by the snapshot's morning, within one run of its account that gives all its scans
  one patch baseline snapshot; and its patches are read anew.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from patchlib.entities import create_tables
from patchlib.store import connect

__all__ = ["CHURN", "REFRESH_DAYS", "build_year"]

CHURN = "a tenth of the nodes replaced every 30 days, half of the patches new in the year, a scan of each node daily"
REFRESH_DAYS = 30
IMAGE_DAYS = 14
SHAPE, SCALE = 0.65, 90.0
BEGIN = datetime(2026, 1, 1, 6)  # noqa: DTZ001 - the store is naive UTC
SYSTEMS = ("WINDOWS", "AMAZON_LINUX_2", "AMAZON_LINUX_2023", "UBUNTU")
ENVIRONMENTS = ("production", "staging", "development")
SEVERITIES = ("Critical", "Important", "Moderate", "Low")
BLOCK_DAYS = 5

# A number in (0, 1) that depends on nothing but what it is of.
_DRAW = "((hash({}) % 1000000007) + 0.5) / 1000000008.0"
_MOMENT = "(timestamp '{begin}' + interval 1 second * cast(({days}) * 86400 as bigint))"

_LIFE = """
create temp table life as
select row_number() over (order by slot, generation) as node_key, slot, launched, gone
from (
    select slot, 0 as generation, -30.0 - slot % 300 as launched, 1e6 as gone
    from range($nodes) as s(slot) where slot % 10 > 0
    union all
    select slot, generation, $refresh_days * generation - slot // 10 % $refresh_days - 0.6,
        $refresh_days * (generation + 1) - slot // 10 % $refresh_days - 0.6
    from range($nodes) as s(slot), range($generations) as g(generation) where slot % 10 = 0
)
where launched < $days
"""
_RELEASE = """
create temp table release as
select patch_key, patch_key // $patches as system, -$days + 2.0 * $days * (patch_key % $patches) / $patches as released
from range($systems * $patches) as p(patch_key)
"""
# What each node shows of each of its patches, in days; a snapshot tells it on the next morning.
_SPELL = """
create temp table spell as
with due as (
    select l.node_key, r.patch_key, l.launched, l.gone, greatest(l.launched, r.released) as began,
        r.released + $image_days <= l.launched as in_image,
        greatest(l.launched, r.released) + $scale * pow(-ln({draw}), 1 / $shape) as installed
    from life as l inner join release as r on r.system = l.slot % $systems
    where r.released < least(l.gone, $days)
)
select node_key, patch_key, greatest(ceil(began), 0) as first_day, ceil(gone) as last_day,
    case when in_image then launched - 1 else installed end as installed,
    case when in_image then 0 else ceil(installed) end as turn_day
from due
where greatest(ceil(began), 0) < least(ceil(gone), $days)
"""


def build_year(path: Path, *, nodes: int, patches: int, days: int = 365) -> datetime:
    """Make a store at `path` that holds `days` of daily history; returns the last snapshot's instant [naive UTC].

    nodes: there at any instant; patches: that each of them lists by the last day.
    """
    with connect(path, read_only=False) as store:
        create_tables(store)
        store.execute(_LIFE, {"nodes": nodes, "days": days, "refresh_days": REFRESH_DAYS,
                              "generations": days // REFRESH_DAYS + 2})  # fmt: skip
        store.execute(_RELEASE, {"days": days, "patches": patches, "systems": len(SYSTEMS)})
        _dimensions(store, days)
        _patches(store, days)
        for first in range(0, days, BLOCK_DAYS):
            _daily(store, first, min(first + BLOCK_DAYS, days), days)
        store.execute("drop table life; drop table release; checkpoint store")
    return BEGIN + timedelta(days=days - 1)


def _at(days: str) -> str:
    return _MOMENT.format(begin=BEGIN, days=days)


def _held(first: str, last: str, days: int, observation: str = "1") -> str:
    """From which snapshot to which a row holds; still open where it ends behind the year."""
    end = f"case when {last} >= {days} then timestamp '9999-12-31' else {_at(last)} end"
    return f"{_at(first)} as valid_from, {end} as valid_to, {observation} as observation_id"


def _one_of(words: tuple[str, ...], number: str) -> str:
    return f"{list(words)}[1 + cast({number} as bigint) % {len(words)}]"


_PLACE = "lpad(cast(210000000000 + slot % 200 as varchar), 12, '0') as account_id, 'eu-central-1' as region"
# The detail of a node is an observation of its own each day.
_OBSERVED = "cast({} * 1000000 + node_key as integer)"
_NODE_ID = "'i-' || md5(cast(node_key as varchar))[:17]"
_NODE = f"{_PLACE}, {_NODE_ID} as node_id"
# Sixteen bytes as text of 36 characters, one for all scans of an account's day.
_RUN = "cast(cast(md5((slot % 200) || '-' || d) as uuid) as varchar)"


def _fill(store: duckdb.DuckDBPyConnection, table: str, select: str, given: dict[str, Any] | None = None) -> None:
    store.execute(f"insert into core.{table} by name {select}", given or {})


def _dimensions(store: duckdb.DuckDBPyConnection, days: int) -> None:
    """Nodes with their services, patches with their releases, a snapshot a day."""
    given = {"days": days}
    seen = "from life where greatest(ceil(launched), 0) < least(ceil(gone), $days) order by node_key"
    held = _held("greatest(ceil(launched), 0)", "ceil(gone)", days)
    system, environment = _one_of(SYSTEMS, "slot"), _one_of(ENVIRONMENTS, "slot // 7")
    told = f"{environment} as environment, {system} as operating_system, {system} as platform"
    service = "'tags' as service_kind, 's-' || slot // 40 || '-' || slot % 4 as service_id, service_id as service_name"
    _fill(store, "node_key", f"select node_key, {_NODE} {seen}", given)
    unit = f"select node_key as unit_key, {_PLACE}, 'ssm_patch' as source, {_NODE_ID} as item {seen}"
    _fill(store, "unit_key", unit, given)
    _fill(store, "node_service", f"select {_NODE}, {service}, {held} {seen}", given)
    launched = f"true as is_managed, {_at('launched')} as launched_at"
    _fill(store, "node", f"select {_NODE}, 'ec2' as node_kind, {told}, {launched}, {held} {seen}", given)
    agent = "'EC2Instance' as resource_type, '3.3.987.0' as agent_version, 'Online' as ping_status"
    heard = f"least(ceil(gone), $days) - 1 - 0.003 * {_DRAW.format('node_key * 1013')}"
    contact = f"{_at(heard)} as last_ping_at, 'ip-' || node_key as computer_name"
    _fill(store, "managed_node", f"select {_NODE}, {agent}, {contact}, {held} {seen}", given)
    named = "case system when 0 then 'KB' || 5000000 + patch_key else 'package-' || patch_key || '.x86_64' end"
    severity = f"{_one_of(SEVERITIES, 'patch_key // 3')} as severity"
    listed = "from release order by patch_key"
    _fill(store, "patch_key", f"select patch_key, {named} as patch_ref, {named} as title, {severity} {listed}")
    released = f"{_at('released')} as released_at, {_held('greatest(ceil(released), 0)', '1e6', days)}"
    vendor = f"{_one_of(SYSTEMS, 'system')} as operating_system, {named} as patch_ref"
    _fill(store, "patch", f"select {vendor}, {severity}, {released} {listed}")
    taken = f"select cast(d as varchar) as snapshot_id, {_at('d')} as taken_at from range($days) as r(d)"  # noqa: S608 - ours
    _fill(store, "snapshot", taken, given)


def _patches(store: duckdb.DuckDBPyConnection, days: int) -> None:
    """The intervals of `core.node_patch`, in the order in which daily loads append them."""
    given = {"days": days, "systems": len(SYSTEMS), "image_days": IMAGE_DAYS, "shape": SHAPE, "scale": SCALE}
    store.execute(_SPELL.format(draw=_DRAW.format("l.node_key * 100003 + r.patch_key")), given)
    until, since = "least(turn_day, last_day)", "greatest(first_day, turn_day)"
    missing = _held("first_day", until, days, _OBSERVED.format("first_day"))
    installed = _held(since, "last_day", days, _OBSERVED.format(since))
    select = (
        f"select node_key, patch_key, 'Missing' as patch_state, null as installed_at, {missing} "  # noqa: S608 - ours
        "from spell where first_day < turn_day union all by name "
        f"select node_key, patch_key, 'Installed' as patch_state, {_at('installed')} as installed_at, {installed} "
        f"from spell where {since} < least(last_day, $days) order by valid_from, node_key, patch_key"
    )
    _fill(store, "node_patch", select, {"days": days})
    store.execute("drop table spell")


def _daily(store: duckdb.DuckDBPyConnection, first: int, last: int, days: int) -> None:
    """What every day adds of every node: its scan, and the reading of its patches."""
    given = {"first": first, "last": last}
    held = _held("d", "d + 1", days)
    begun = f"d - 0.1 * {_DRAW.format('node_key * 1009 + d')} - 0.05"
    there = "from life, range($first, $last) as r(d) where launched <= d and gone > d order by d, node_key"
    counts = (
        "node_key * 13 % 150 as installed_count, node_key * 3 % 40 as installed_other_count, "
        "node_key * 7 % 9 as missing_count, 0 as failed_count, node_key * 17 % 900 as not_applicable_count"
    )
    times = f"{_at(begun)} as operation_started_at, {_at(f'{begun} + 0.001')} as operation_ended_at"
    scan = "'pb-' || slot % 40 as baseline_id, 'patch state' as baseline_source, 'Scan' as operation"
    scan = f"{scan}, {_RUN} as aws_snapshot_id"
    _fill(store, "node_scan_row", f"select node_key, {scan}, {times}, {counts}, {held} {there}", given)
    read = f"{_OBSERVED.format('d')} as observation_id, cast(d as varchar) as snapshot_id, node_key as unit_key"
    _fill(store, "observation_row", f"select {read}, {_at('d + 0.01')} as observed_at {there}", given)

"""The observations of a snapshot in the store: one row per unit that was read, which is where a value comes from.

    unit_read (this snapshot's, with names) -> core.unit_key (each unit's names once) + core.observation_row

A node is read every day and its name stays what it was: a row of a day has the unit's number, and `core.observation`
shows both. What one snapshot read lies in the temporary table `unit_read` while it is loaded, so that nobody
searches years of observations for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from patchlib.sources import STORED

__all__ = ["load_observations"]

_READ_UNITS = """
create or replace temp table unit_read as
select
    cast((select coalesce(max(observation_id), 0) from core.observation_row)
    + row_number() over (order by account_id, region, source, item) as integer) as observation_id,
    account_id, region, source, item, coalesce(observed_at, $taken_at) as observed_at
from (
    select account_id, region, source, null as item, observed_at
    from manifest_cell
    where (read_items is null and state in ('ok', 'empty') and source in (select unnest(list_concat($cell, $item))))
        or (source in (select unnest($watermark) union all select unnest($key)) and state in ('ok', 'partial'))
    union all
    select account_id, region, source, unnest(read_items) as item, observed_at
    from manifest_cell
    where source in (select unnest($item)) and state in ('ok', 'empty', 'kept', 'partial')
) as units
"""
_NUMBER_UNITS = """
insert into core.unit_key
select
    (select coalesce(max(unit_key), 0) from core.unit_key)
    + row_number() over (order by account_id, region, source, item),
    account_id, region, source, item
from (select distinct account_id, region, source, item from unit_read) as u
where not exists (
    select 1 from core.unit_key as k
    where k.account_id = u.account_id and k.region = u.region and k.source = u.source
        and k.item is not distinct from u.item
)
"""
_OBSERVE = """
insert into core.observation_row
select u.observation_id, $snapshot_id, k.unit_key, u.observed_at
from unit_read as u
inner join core.unit_key as k
    on k.account_id = u.account_id and k.region = u.region and k.source = u.source
    and k.item is not distinct from u.item
order by u.observation_id
"""


def load_observations(connection: duckdb.DuckDBPyConnection, snapshot: Mapping[str, Any]) -> None:
    """Number the units of the manifest that lies in the temporary table `manifest_cell`, and leave them in `unit_read`.

    snapshot: its `snapshot_id` and `taken_at` [naive UTC].
    """
    named: dict[str, list[str]] = {unit: [] for unit in ("item", "cell", "key", "watermark")}
    for source in STORED:
        named[source.unit].append(source.name)
    connection.execute(_READ_UNITS, {"taken_at": snapshot["taken_at"]} | named)
    connection.execute(_NUMBER_UNITS)
    connection.execute(_OBSERVE, {"snapshot_id": snapshot["snapshot_id"]})

"""The coverage ledger in the store: one row per source and cell of a snapshot, with the age of what is then held.

An attempt that keeps what an earlier snapshot holds is itself young; what it keeps is as old as its own answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

__all__ = ["load_ledger"]

# Items that were not asked again rest on their latest observations, all of which are of earlier snapshots. A listing
# that is whole without a request (nothing it could have asked about) is as old as the run.
_COVER = """
insert into core.coverage by name
with kept as (
    select account_id, region, source, unnest(kept_items) as item
    from manifest_cell
),
answer as (
    select k.account_id, k.region, k.source, max(o.observed_at) as answered_at
    from kept as k
    inner join core.observation as o
        on o.account_id = k.account_id and o.region = k.region and o.source = k.source and o.item = k.item
    group by k.account_id, k.region, k.source, k.item
),
older as (
    select account_id, region, source, min(answered_at) as oldest_at, max(answered_at) as newest_at
    from answer
    group by account_id, region, source
),
own as (
    select
        *,
        case
            when state in ('ok', 'empty') then coalesce(observed_at, $taken_at)
            when state in ('kept', 'partial') then observed_at
        end as answered_at
    from manifest_cell
)
select
    $snapshot_id as snapshot_id, $taken_at as taken_at,
    m.* exclude (read_items, kept_items, complete_to, answered_at),
    greatest(m.answered_at, o.newest_at) as newest_answer_at,
    least(m.answered_at, o.oldest_at) as oldest_answer_at
from own as m
left join older as o on o.account_id = m.account_id and o.region = m.region and o.source = m.source
"""


def load_ledger(connection: duckdb.DuckDBPyConnection, snapshot: Mapping[str, Any]) -> None:
    """Add the ledger rows of the manifest that lies in the temporary table `manifest_cell`.

    snapshot: its `snapshot_id` and `taken_at` [naive UTC]. Its own observations must not be in the store yet.
    """
    connection.execute(_COVER, dict(snapshot))

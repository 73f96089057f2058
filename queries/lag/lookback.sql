-- purpose: since when do we look, and what of the ends before that do installation times still tell?
-- inputs:  core.snapshot, lag/patch_row
-- grain:   one row
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   snapshot_count         bigint     snapshots up to as_of
--   first_taken_at         timestamp  the first of them [UTC], null when none
--   last_taken_at          timestamp  the last of them [UTC], null when none
--   open_count             bigint     timed episodes open when last seen [patches]
--   seen_end_count         bigint     timed episodes whose opening and effective end our snapshots both saw [patches]
--   told_end_count         bigint     ended before the first of them, told by installation times alone [patches]
--   missed_end_count       bigint     came and ended between two of them, told by installation times alone [patches]
--   provisional_count      bigint     effective, but not yet for good: a scan may list them open again [patches]
--   flapped_count          bigint     timed episodes that were effective and soon open again, one each [patches]
--   reopened_count         bigint     timed episodes of what had been installed before [patches]
with watch as (
    select count(1) as snapshot_count, min(taken_at) as first_taken_at, max(taken_at) as last_taken_at
    from core.snapshot
    where taken_at <= $as_of
),
counted as (
    select
        count(1) filter (where cause = 'open') as open_count,
        count(1) filter (where is_event and first_observed_at is not null) as seen_end_count,
        count(1) filter (where is_event and first_observed_at is null and ended_at < w.first_taken_at)
            as told_end_count,
        count(1) filter (where is_event and first_observed_at is null and ended_at >= w.first_taken_at)
            as missed_end_count,
        count(1) filter (where is_provisional) as provisional_count,
        count(1) filter (where flap_count > 0) as flapped_count,
        count(1) filter (where episode_number > 1) as reopened_count
    from lag_patch_row
    cross join watch as w
    where timing = 'episode'
)
select
    w.snapshot_count, w.first_taken_at, w.last_taken_at, c.open_count, c.seen_end_count, c.told_end_count,
    c.missed_end_count, c.provisional_count, c.flapped_count, c.reopened_count
from watch as w
cross join counted as c
order by w.first_taken_at

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
--   told_end_count         bigint     timed episodes told by their installation time alone, never seen open [patches]
--   provisional_count      bigint     effective less than 7 days ago: the next scan may yet list them open [patches]
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
        count(1) filter (where is_event and first_observed_at is null) as told_end_count,
        count(1) filter (where is_event and ended_at > $as_of - interval '7 days') as provisional_count,
        count(1) filter (where episode_number > 1) as reopened_count
    from lag_patch_row
    where timing = 'episode'
)
select
    w.snapshot_count, w.first_taken_at, w.last_taken_at, c.open_count, c.seen_end_count, c.told_end_count,
    c.provisional_count, c.reopened_count
from watch as w
cross join counted as c
order by w.first_taken_at

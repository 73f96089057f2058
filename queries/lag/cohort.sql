-- purpose: of the patches released in each week, how many enter and leave on each day after the release?
-- inputs:  lag/episode
-- grain:   one row per week_date, day; cohorts of several stores merge by adding their counts
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   week_date    date     Monday of the week of the release [UTC]
--   day          double   days since the release [d]
--   entry_count  bigint   episodes that came under our eyes at this day's end [patches]
--   exit_count   bigint   episodes that ended on this day, of every cause or last seen open [patches]
--   event_count  bigint   of these effective [patches]
--   gone_count   bigint   of these ended with their node [patches]
--   open_count   bigint   of these open when last seen [patches]
with member as (
    select
        cast(date_trunc('week', started_at) as date) as week_date, cast(entry_days as double) as entry_day, exit_days,
        is_event, cause
    from lag_episode
    where clock = 'released'
),
mark as (
    select week_date, entry_day as day, 1 as entered, 0 as ended, 0 as effective, 0 as gone, 0 as still_open
    from member
    union all
    select
        week_date, cast(exit_days as double), 0, 1, case when is_event then 1 else 0 end,
        case when cause = 'node gone' then 1 else 0 end, case when cause = 'open' then 1 else 0 end
    from member
)
select
    week_date, day, cast(sum(entered) as bigint) as entry_count, cast(sum(ended) as bigint) as exit_count,
    cast(sum(effective) as bigint) as event_count, cast(sum(gone) as bigint) as gone_count,
    cast(sum(still_open) as bigint) as open_count
from mark
group by week_date, day
order by week_date, day

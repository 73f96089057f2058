-- purpose: how many episodes enter and leave on each day of each clock? All that a survival curve needs
-- inputs:  lag/episode
-- grain:   one row per clock, severity, environment, owner, day; cubes of several stores merge by adding their counts
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   clock            varchar  from when days count: released, approved or first observed
--   severity         varchar  vendor severity
--   environment      varchar  tag Environment, unknown when untagged
--   owner            varchar  tag Owner, unknown when untagged
--   day              double   days since the start of the clock; a half where something was closed at once [d]
--   entry_count      bigint   episodes that came under our eyes at this day's end [patches]
--   exit_count       bigint   episodes that ended on this day, of every cause or last seen open [patches]
--   event_count      bigint   of these effective [patches]
--   gone_count       bigint   of these ended with their node [patches]
--   withdrawn_count  bigint   of these listed no more by a later scan [patches]
with entered as (
    -- entries and ends are counted apart: days of both at once are ten times as many kinds as either has
    select clock, severity, environment, owner, entry_days, count(1) as entered
    from lag_episode
    group by clock, severity, environment, owner, entry_days
),
ended as (
    select
        clock, severity, environment, owner, exit_days, count(1) as ended,
        sum(case when is_event then 1 else 0 end) as effective,
        sum(case when cause = 'node gone' then 1 else 0 end) as gone,
        sum(case when cause = 'withdrawn' then 1 else 0 end) as withdrawn
    from lag_episode
    group by clock, severity, environment, owner, exit_days
),
mark as (
    select
        clock, severity, environment, owner, cast(entry_days as double) as day, entered, 0 as ended, 0 as effective,
        0 as gone, 0 as withdrawn
    from entered
    union all
    select clock, severity, environment, owner, exit_days, 0, ended, effective, gone, withdrawn
    from ended
)
select
    clock, severity, environment, owner, day, cast(sum(entered) as bigint) as entry_count,
    cast(sum(ended) as bigint) as exit_count, cast(sum(effective) as bigint) as event_count,
    cast(sum(gone) as bigint) as gone_count, cast(sum(withdrawn) as bigint) as withdrawn_count
from mark
group by clock, severity, environment, owner, day
order by clock, severity, environment, owner, day

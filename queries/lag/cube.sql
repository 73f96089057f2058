-- purpose: how many episodes enter and leave on each day after the release? All that a survival curve needs
-- inputs:  lag/episode
-- grain:   one row per severity, environment, day; cubes of several stores merge by adding their counts
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   severity     varchar  vendor severity
--   environment  varchar  tag Environment, unknown when untagged
--   day          bigint   days since release [d]
--   entry_count  bigint   episodes that came into our care at this day's end [patches]
--   exit_count   bigint   episodes that ended on this day, effective or last seen open [patches]
--   event_count  bigint   of these effective [patches]
with mark as (
    select severity, environment, entry_days as day, 1 as entered, 0 as ended, 0 as effective
    from lag_episode
    union all
    select severity, environment, exit_days, 0, 1, case when is_event then 1 else 0 end
    from lag_episode
)
select
    severity, environment, day, cast(sum(entered) as bigint) as entry_count,
    cast(sum(ended) as bigint) as exit_count, cast(sum(effective) as bigint) as event_count
from mark
group by severity, environment, day
order by severity, environment, day

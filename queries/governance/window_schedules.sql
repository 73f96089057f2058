-- purpose: when is each maintenance window to run, and what did AWS say of its next run?
-- inputs:  core.maintenance_window, core.observation
-- grain:   one row per account_id, region, window_id
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id            varchar    AWS account
--   region                varchar    Region
--   window_id             varchar    maintenance window
--   window_name           varchar    name
--   schedule              varchar    cron, rate or at expression
--   schedule_timezone     varchar    time zone of the schedule (IANA), null for UTC
--   schedule_offset_days  bigint     days after the cron date [d], null when none
--   duration_hours        bigint     length [h]
--   cutoff_hours          bigint     no new task starts this long before the end [h]
--   is_enabled            boolean    the window runs
--   starts_at             varchar    first instant it may run, ISO text as the API gives it; null when at once
--   ends_at               varchar    last instant it may run, ISO text as the API gives it; null when without end
--   next_execution_at     varchar    next run after observed_at, ISO text as the API gives it; null when none
--   observed_at           timestamp  when AWS said so [UTC]: the first listing that told this row's values
select
    w.account_id, w.region, w.window_id, w.window_name, w.schedule, w.schedule_timezone, w.schedule_offset_days,
    w.duration_hours, w.cutoff_hours, w.is_enabled, w.starts_at, w.ends_at, w.next_execution_at, o.observed_at
from core.maintenance_window as w
inner join core.observation as o on o.observation_id = w.observation_id
where w.valid_from <= $as_of and w.valid_to > $as_of
order by w.account_id, w.region, w.window_id

-- purpose: maintenance windows with their schedule
-- inputs:  raw.ssm_maintenance_window
-- grain:   one row per account_id, region, window_id
-- key:     account_id, region, window_id
-- columns:
--   account_id            varchar  AWS account
--   region                varchar  Region
--   window_id             varchar  maintenance window
--   window_name           varchar  name
--   schedule              varchar  schedule: cron, rate or at expression
--   schedule_timezone     varchar  time zone of the schedule (IANA), null for UTC
--   schedule_offset_days  bigint   days after the cron date [d], null when none
--   duration_hours        bigint   length [h]
--   cutoff_hours          bigint   no new task starts this long before the end [h]
--   is_enabled            boolean  the window runs
--   starts_at             varchar  first instant it may run, ISO text as the API gives it; null when at once
--   ends_at               varchar  last instant it may run, ISO text as the API gives it; null when without end
--   next_execution_at     varchar  next run, ISO text as the API gives it; null when none
--   observation_id        integer  observation of the listing
select
    account_id, region, window_id, name as window_name, schedule, schedule_timezone,
    schedule_offset as schedule_offset_days, duration as duration_hours, cutoff as cutoff_hours, enabled as is_enabled,
    start_date as starts_at, end_date as ends_at, next_execution_time as next_execution_at, observation_id
from raw.ssm_maintenance_window

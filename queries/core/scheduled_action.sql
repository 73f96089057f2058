-- purpose: when Auto Scaling groups grow and shrink by schedule
-- inputs:  raw.autoscaling_scheduled_action
-- grain:   one row per account_id, region, auto_scaling_group, scheduled_action
-- key:     account_id, region, auto_scaling_group, scheduled_action
-- columns:
--   account_id          varchar    AWS account
--   region              varchar    Region
--   auto_scaling_group  varchar    group
--   scheduled_action    varchar    name of the action
--   recurrence          varchar    Unix cron expression, null when it runs once
--   time_zone           varchar    zone that the expression is read in, UTC when not told
--   starts_at           timestamp  next run, for one that recurs; else its only one [UTC], null when not told
--   ends_at             timestamp  end of the recurrence [UTC], null when it has none
--   min_count           bigint     least members from then on, null when left as it is
--   max_count           bigint     most members, null when left as it is
--   desired_count       bigint     members wanted, null when left as it is
--   observation_id      integer    observation of the listing
select
    account_id, region, auto_scaling_group_name as auto_scaling_group, scheduled_action_name as scheduled_action,
    recurrence, coalesce(time_zone, 'UTC') as time_zone, start_time as starts_at, end_time as ends_at,
    min_size as min_count, max_size as max_count, desired_capacity as desired_count, observation_id
from raw.autoscaling_scheduled_action

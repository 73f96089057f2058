-- purpose: scaling activities: launches and terminations, and those that failed
-- inputs:  raw.autoscaling_activity
-- grain:   one row per account_id, region, activity_id
-- key:     account_id, region, activity_id
-- columns:
--   account_id          varchar    AWS account
--   region              varchar    Region
--   activity_id         varchar    activity
--   auto_scaling_group  varchar    group
--   activity_kind       varchar    launch, termination or other
--   instance_id         varchar    EC2 instance it is about, null when none came of it
--   is_refresh          boolean    an instance refresh caused it
--   activity_status     varchar    Successful, Failed, Cancelled, InProgress, ...
--   status_message      varchar    why it failed, null when it did not
--   cause               varchar    cause in the service's words
--   started_at          timestamp  begin [UTC]
--   ended_at            timestamp  end [UTC], null while it runs
--   duration_seconds    bigint     begin to end [s], null while it runs
--   observation_id      integer    observation of the listing
select
    account_id, region, activity_id, auto_scaling_group_name as auto_scaling_group, case
        when description like 'Launching%' then 'launch' when description like 'Terminating%' then 'termination'
        else 'other' end as activity_kind,
    nullif(regexp_extract(description, '(i-[0-9a-f]{8,17})', 1), '') as instance_id,
    coalesce(lower(cause) like '%instance refresh%', false) as is_refresh, status_code as activity_status,
    status_message, cause, start_time as started_at, end_time as ended_at,
    date_diff('second', start_time, end_time) as duration_seconds, observation_id
from raw.autoscaling_activity

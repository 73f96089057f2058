-- purpose: when maintenance windows ran, how long, and how that ended
-- inputs:  raw.ssm_window_execution
-- grain:   one row per account_id, region, window_id, window_execution_id
-- key:     account_id, region, window_id, window_execution_id
-- columns:
--   account_id           varchar    AWS account
--   region               varchar    Region
--   window_id            varchar    maintenance window
--   window_execution_id  varchar    execution; also aws_snapshot_id of what its patching tasks installed
--   status               varchar    PENDING, IN_PROGRESS, SUCCESS, FAILED, TIMED_OUT, CANCELLING, CANCELLED or SKIPPED_OVERLAPPING
--   status_details       varchar    AWS's words for the status, null when none
--   started_at           timestamp  start [UTC], null before it starts
--   ended_at             timestamp  end [UTC], null until it ends
--   duration_seconds     double     from start to end [s], null until it ends
--   observation_id       integer    observation of the executions
select
    account_id, region, window_id, window_execution_id, status, nullif(status_details, '') as status_details,
    start_time as started_at, end_time as ended_at,
    date_diff('millisecond', start_time, end_time) / 1000.0 as duration_seconds, observation_id
from raw.ssm_window_execution

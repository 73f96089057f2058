-- purpose: what tasks of window executions started: the command or automation, how long it took and how it ended
-- inputs:  raw.ssm_window_invocation
-- grain:   one row per account_id, region, window_execution_id, task_execution_id, invocation_id
-- key:     account_id, region, window_execution_id, task_execution_id, invocation_id
-- columns:
--   account_id           varchar    AWS account
--   region               varchar    Region
--   window_execution_id  varchar    execution of a window
--   task_execution_id    varchar    execution of the task
--   invocation_id        varchar    invocation
--   task_type            varchar    RUN_COMMAND, AUTOMATION, STEP_FUNCTIONS or LAMBDA, null when not told
--   action_id            varchar    command_id of Run Command or automation_execution_id, null when not told
--   window_target_id     varchar    target registration, null when not told
--   status               varchar    status, as of the execution
--   status_details       varchar    AWS's words for the status, null when none
--   started_at           timestamp  start [UTC], null before it starts
--   ended_at             timestamp  end [UTC], null until it ends
--   duration_seconds     double     from start to end [s], null until it ends
--   observation_id       integer    observation of the invocations
select
    account_id, region, window_execution_id, task_execution_id, invocation_id, task_type,
    nullif(execution_id, '') as action_id, nullif(window_target_id, '') as window_target_id, status,
    nullif(status_details, '') as status_details, start_time as started_at, end_time as ended_at,
    date_diff('millisecond', start_time, end_time) / 1000.0 as duration_seconds, observation_id
from raw.ssm_window_invocation

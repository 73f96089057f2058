-- purpose: the tasks that executions of maintenance windows ran
-- inputs:  raw.ssm_window_execution_task, raw.ssm_window_execution
-- grain:   one row per account_id, region, window_execution_id, task_execution_id
-- key:     account_id, region, window_execution_id, task_execution_id
-- columns:
--   account_id           varchar    AWS account
--   region               varchar    Region
--   window_execution_id  varchar    execution of a window
--   task_execution_id    varchar    execution of the task
--   window_id            varchar    maintenance window, null when its execution is not listed
--   task_arn             varchar    document or function it ran
--   task_type            varchar    RUN_COMMAND, AUTOMATION, STEP_FUNCTIONS or LAMBDA
--   status               varchar    status, as of the execution
--   status_details       varchar    AWS's words for the status, null when none
--   started_at           timestamp  start [UTC], null before it starts
--   ended_at             timestamp  end [UTC], null until it ends
--   duration_seconds     double     from start to end [s], null until it ends
--   observation_id       integer    observation of the tasks
select
    t.account_id, t.region, t.window_execution_id, t.task_execution_id, e.window_id, t.task_arn, t.task_type, t.status,
    nullif(t.status_details, '') as status_details, t.start_time as started_at, t.end_time as ended_at,
    date_diff('millisecond', t.start_time, t.end_time) / 1000.0 as duration_seconds, t.observation_id
from raw.ssm_window_execution_task as t
left join raw.ssm_window_execution as e
    on e.account_id = t.account_id and e.region = t.region and e.window_execution_id = t.window_execution_id

-- purpose: what a maintenance window runs, and how it patches
-- inputs:  raw.ssm_window_task, raw.ssm_window_task_detail
-- grain:   one row per account_id, region, window_id, window_task_id
-- key:     account_id, region, window_id, window_task_id
-- columns:
--   account_id       varchar  AWS account
--   region           varchar  Region
--   window_id        varchar  maintenance window
--   window_task_id   varchar  task registration
--   task_arn         varchar  document or function it runs
--   task_type        varchar  RUN_COMMAND, AUTOMATION, STEP_FUNCTIONS or LAMBDA
--   priority         bigint   order among the window's tasks, 0 first
--   max_concurrency  varchar  nodes at once, a number or percentage
--   max_errors       varchar  errors allowed, a number or percentage
--   cutoff_behavior  varchar  CONTINUE_TASK or CANCEL_TASK at the cutoff, null when not told
--   operation        varchar  Scan or Install, null when it does not patch or was not read
--   reboot_option    varchar  RebootIfNeeded or NoReboot, null when it does not patch or was not read
--   targets          varchar  what it selects, as JSON
--   observation_id   integer  observation of the tasks
with task as (
    select
        t.account_id, t.region, t.window_id, t.window_task_id, t.task_arn, t.type as task_type, t.priority,
        t.max_concurrency, t.max_errors, t.cutoff_behavior, t.targets, t.task_parameters, t.observation_id,
        json_extract(d.task_invocation_parameters, '$.RunCommand.Parameters') as run_parameters
    from raw.ssm_window_task as t
    left join raw.ssm_window_task_detail as d
        on d.account_id = t.account_id and d.region = t.region
        and d.window_id = t.window_id and d.window_task_id = t.window_task_id
)
select
    account_id, region, window_id, window_task_id, task_arn, task_type, priority, max_concurrency, max_errors,
    cutoff_behavior,
    -- the older TaskParameters says the same in another form, with Values
    coalesce(json_extract_string(run_parameters, '$.Operation[0]'),
        json_extract_string(task_parameters, '$.Operation.Values[0]')) as operation,
    coalesce(json_extract_string(run_parameters, '$.RebootOption[0]'),
        json_extract_string(task_parameters, '$.RebootOption.Values[0]')) as reboot_option,
    cast(targets as varchar) as targets, observation_id
from task

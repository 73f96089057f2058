-- purpose: what each patching task of a maintenance window selects, one key and value a row
-- inputs:  raw.ssm_window_task, raw.ssm_window_target
-- grain:   one row per account_id, region, window_id, window_task_id, selector, selector_key, selector_value
-- key:     account_id, region, window_id, window_task_id, selector, selector_key, selector_value
-- columns:
--   account_id      varchar  AWS account
--   region          varchar  Region
--   window_id       varchar  maintenance window
--   window_task_id  varchar  task registration
--   selector        varchar  target registration, or task where the task itself names its nodes
--   selector_key    varchar  InstanceIds, tag:NAME, tag-key, or a resource group; all keys of a selector must match
--   selector_value  varchar  one of the values of the key, of which any may match
--   observation_id  integer  observation of the tasks
with task_pair as (
    select
        account_id, region, window_id, window_task_id, observation_id,
        unnest(from_json(targets, '[{"Key":"VARCHAR","Values":["VARCHAR"]}]')) as pair
    from raw.ssm_window_task
),
task_value as (
    select
        account_id, region, window_id, window_task_id, observation_id, pair."Key" as selector_key,
        unnest(pair."Values") as selector_value
    from task_pair
),
target_pair as (
    select
        account_id, region, window_id, window_target_id,
        unnest(from_json(targets, '[{"Key":"VARCHAR","Values":["VARCHAR"]}]')) as pair
    from raw.ssm_window_target
),
target_value as (
    select
        account_id, region, window_id, window_target_id, pair."Key" as selector_key,
        unnest(pair."Values") as selector_value
    from target_pair
)
select distinct
    t.account_id, t.region, t.window_id, t.window_task_id, v.window_target_id as selector, v.selector_key,
    v.selector_value, t.observation_id
from task_value as t
inner join target_value as v
    on v.account_id = t.account_id and v.region = t.region and v.window_id = t.window_id
    and v.window_target_id = t.selector_value
where t.selector_key = 'WindowTargetIds'
union
select
    account_id, region, window_id, window_task_id, 'task' as selector, selector_key, selector_value, observation_id
from task_value
where selector_key <> 'WindowTargetIds'

-- purpose: managed actions of Elastic Beanstalk environments: what is due, what was done, what failed and why
-- inputs:  raw.elasticbeanstalk_managed_action, raw.elasticbeanstalk_managed_action_history
-- grain:   one row per account_id, region, environment_id, action_id
-- key:     account_id, region, environment_id, action_id
-- columns:
--   account_id           varchar    AWS account
--   region               varchar    Region
--   environment_id       varchar    environment
--   action_id            varchar    managed action
--   action_type          varchar    PlatformUpdate or InstanceRefresh
--   action_status        varchar    Scheduled, Pending, Running, Completed or Failed
--   description          varchar    what it is, in the service's words
--   window_starts_at     timestamp  begin of its window [UTC], null once it is over
--   executed_at          timestamp  begin [UTC], null while it is due
--   finished_at          timestamp  end [UTC], null while it is due
--   failure_type         varchar    RollbackSuccessful, PermissionsError, ...; null when it did not fail
--   failure_description  varchar    why it failed, in the service's words
--   observation_id       integer    observation of the environment's actions
select
    account_id, region, environment_id, action_id, action_type, status as action_status,
    action_description as description, cast(null as timestamp) as window_starts_at, executed_time as executed_at,
    finished_time as finished_at, failure_type, failure_description, observation_id
from raw.elasticbeanstalk_managed_action_history
union all
select
    d.account_id, d.region, d.environment_id, d.action_id, d.action_type, d.status, d.action_description,
    d.window_start_time, null, null, null, null, d.observation_id
from raw.elasticbeanstalk_managed_action as d
where not exists (
    select 1 from raw.elasticbeanstalk_managed_action_history as h
    where h.account_id = d.account_id and h.region = d.region and h.environment_id = d.environment_id
        and h.action_id = d.action_id
)

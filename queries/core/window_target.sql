-- purpose: which nodes a maintenance window reaches
-- inputs:  raw.ssm_window_target
-- grain:   one row per account_id, region, window_id, window_target_id
-- key:     account_id, region, window_id, window_target_id
-- columns:
--   account_id        varchar  AWS account
--   region            varchar  Region
--   window_id         varchar  maintenance window
--   window_target_id  varchar  target registration
--   resource_type     varchar  INSTANCE or RESOURCE_GROUP
--   targets           varchar  what it selects, as JSON
--   observation_id    integer  observation of the targets
select
    account_id, region, window_id, window_target_id, resource_type, cast(targets as varchar) as targets, observation_id
from raw.ssm_window_target

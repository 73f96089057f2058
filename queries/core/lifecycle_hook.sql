-- purpose: what holds a member of an Auto Scaling group back while it is launched or ended, and how long
-- inputs:  raw.autoscaling_lifecycle_hook
-- grain:   one row per account_id, region, auto_scaling_group, lifecycle_hook
-- key:     account_id, region, auto_scaling_group, lifecycle_hook
-- columns:
--   account_id           varchar  AWS account
--   region               varchar  Region
--   auto_scaling_group   varchar  group
--   lifecycle_hook       varchar  name of the hook
--   is_on_launch         boolean  it holds a new member before it is in service; false: an old one before it ends
--   heartbeat_seconds    bigint   how long it holds without a sign [s]
--   longest_seconds      bigint   how long it may hold with signs, at most [s], null when not told
--   ends_when_abandoned  boolean  without an answer a new member is ended, an old one ends without further hooks
--   observation_id       integer  observation of the group's hooks
select
    account_id, region, auto_scaling_group_name as auto_scaling_group, lifecycle_hook_name as lifecycle_hook,
    lifecycle_transition = 'autoscaling:EC2_INSTANCE_LAUNCHING' as is_on_launch,
    heartbeat_timeout as heartbeat_seconds, global_timeout as longest_seconds,
    default_result = 'ABANDON' as ends_when_abandoned, observation_id
from raw.autoscaling_lifecycle_hook

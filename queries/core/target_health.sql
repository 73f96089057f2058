-- purpose: health of every target, as its load balancer sees it
-- inputs:  raw.elbv2_target_health
-- grain:   one row per account_id, region, target_group_arn, target_id, port
-- key:     account_id, region, target_group_arn, target_id, port
-- columns:
--   account_id        varchar  AWS account
--   region            varchar  Region
--   target_group_arn  varchar  target group
--   target_id         varchar  EC2 instance id, IP address, or ARN of a function or load balancer
--   port              bigint   port, 0 for a function
--   health            varchar  healthy, unhealthy, initial, draining, unused, unavailable
--   is_healthy        boolean  it is healthy; false for every other state, null where health is not checked
--   reason            varchar  code of the reason, null when healthy
--   description       varchar  the reason in words, null when healthy
--   observation_id    integer  observation of the target group's health
select
    account_id, region, target_group_arn, json_extract_string("target", '$.Id') as target_id,
    coalesce(cast(json_extract_string("target", '$.Port') as bigint), 0) as port,
    json_extract_string(target_health, '$.State') as health,
    case when json_extract_string(target_health, '$.State') <> 'unavailable'
        then json_extract_string(target_health, '$.State') = 'healthy' end as is_healthy,
    json_extract_string(target_health, '$.Reason') as reason,
    json_extract_string(target_health, '$.Description') as description, observation_id
from raw.elbv2_target_health

-- purpose: what load balancers answer on, and where each sends it by default
-- inputs:  raw.elbv2_listener
-- grain:   one row per account_id, region, listener_arn
-- key:     account_id, region, listener_arn
-- columns:
--   account_id         varchar  AWS account
--   region             varchar  Region
--   listener_arn       varchar  listener
--   load_balancer_arn  varchar  its load balancer
--   port               bigint   port, null where it has none (gateway)
--   protocol           varchar  HTTP, HTTPS, TCP, TLS, ...
--   ssl_policy         varchar  security policy of TLS, null without TLS
--   default_action     varchar  what the last default action does: forward, redirect, ...
--   target_group_arn   varchar  target group it forwards to, null when none or several
--   observation_id     integer  observation of the load balancer's listeners
select
    account_id, region, listener_arn, load_balancer_arn, port, protocol, ssl_policy,
    json_extract_string(default_actions, '$[#-1].Type') as default_action,
    json_extract_string(default_actions, '$[#-1].TargetGroupArn') as target_group_arn, observation_id
from raw.elbv2_listener

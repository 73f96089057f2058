-- purpose: what load balancers send to, and how health is checked
-- inputs:  raw.elbv2_target_group
-- grain:   one row per account_id, region, target_group_arn
-- key:     account_id, region, target_group_arn
-- columns:
--   account_id               varchar  AWS account
--   region                   varchar  Region
--   target_group_arn         varchar  target group
--   target_group_name        varchar  name
--   target_type              varchar  instance, ip, lambda or alb
--   protocol                 varchar  protocol, null for functions
--   port                     bigint   port, null for functions
--   vpc_id                   varchar  VPC, null for functions
--   load_balancer_arn        varchar  its load balancer, null when none or several
--   load_balancer_count      bigint   load balancers that send to it
--   is_checked               boolean  health is checked
--   check_interval_seconds   bigint   between two checks [s]
--   healthy_checks_count     bigint   good checks until a target is healthy
--   unhealthy_checks_count   bigint   bad checks until it is not
--   observation_id           integer  observation of the listing
select
    account_id, region, target_group_arn, target_group_name, target_type, protocol, port, vpc_id,
    case when json_array_length(load_balancer_arns) = 1 then json_extract_string(load_balancer_arns, '$[0]') end
        as load_balancer_arn,
    cast(coalesce(json_array_length(load_balancer_arns), 0) as bigint) as load_balancer_count,
    health_check_enabled as is_checked,
    health_check_interval_seconds as check_interval_seconds, healthy_threshold_count as healthy_checks_count,
    unhealthy_threshold_count as unhealthy_checks_count, observation_id
from raw.elbv2_target_group

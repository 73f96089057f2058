-- purpose: load balancers, public or internal
-- inputs:  raw.elbv2_load_balancer
-- grain:   one row per account_id, region, load_balancer_arn
-- key:     account_id, region, load_balancer_arn
-- columns:
--   account_id           varchar    AWS account
--   region               varchar    Region
--   load_balancer_arn    varchar    load balancer
--   load_balancer_name   varchar    name
--   load_balancer_type   varchar    application, network or gateway
--   is_public            boolean    the internet reaches it, null where there is no scheme (gateway)
--   load_balancer_state  varchar    active, provisioning, active_impaired or failed
--   dns_name             varchar    DNS name
--   vpc_id               varchar    VPC
--   zone_count           bigint     Availability Zones it stands in
--   security_groups      varchar    security groups it carries, as JSON
--   created_at           timestamp  creation [UTC]
--   observation_id       integer    observation of the listing
select
    account_id, region, load_balancer_arn, load_balancer_name, "type" as load_balancer_type,
    scheme = 'internet-facing' as is_public, json_extract_string(state, '$.Code') as load_balancer_state, dns_name,
    vpc_id, cast(coalesce(json_array_length(availability_zones), 0) as bigint) as zone_count,
    cast(security_groups as varchar) as security_groups, created_time as created_at, observation_id
from raw.elbv2_load_balancer

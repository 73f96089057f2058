-- purpose: which security groups an instance carries
-- inputs:  raw.ec2_instance
-- grain:   one row per account_id, region, instance_id, security_group_id
-- key:     account_id, region, instance_id, security_group_id
-- columns:
--   account_id         varchar  AWS account
--   region             varchar  Region
--   instance_id        varchar  EC2 instance id
--   security_group_id  varchar  security group on one of its network interfaces
--   observation_id     integer  observation of the instances
with carried as (
    -- the instance's own list is that of its first interface only
    select account_id, region, instance_id, observation_id,
        unnest(from_json(json_extract(security_groups, '$[*].GroupId'), '["VARCHAR"]')) as security_group_id
    from raw.ec2_instance
    union all
    select account_id, region, instance_id, observation_id,
        unnest(from_json(json_extract(network_interfaces, '$[*].Groups[*].GroupId'), '["VARCHAR"]'))
    from raw.ec2_instance
)
select distinct account_id, region, instance_id, security_group_id, observation_id from carried

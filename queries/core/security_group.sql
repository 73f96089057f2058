-- purpose: security groups
-- inputs:  raw.ec2_security_group
-- grain:   one row per account_id, region, security_group_id
-- key:     account_id, region, security_group_id
-- columns:
--   account_id           varchar  AWS account
--   region               varchar  Region
--   security_group_id    varchar  security group
--   security_group_name  varchar  name
--   description          varchar  description
--   vpc_id               varchar  VPC
--   observation_id       integer  observation of the listing
select
    account_id, region, group_id as security_group_id, group_name as security_group_name, description, vpc_id,
    observation_id
from raw.ec2_security_group

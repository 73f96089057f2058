-- purpose: launch configurations, the older form of launch templates
-- inputs:  raw.autoscaling_launch_configuration
-- grain:   one row per account_id, region, launch_configuration
-- key:     account_id, region, launch_configuration
-- columns:
--   account_id            varchar    AWS account
--   region                varchar    Region
--   launch_configuration  varchar    name
--   image_id              varchar    image
--   instance_type         varchar    instance type
--   http_tokens           varchar    instance metadata tokens: required or optional, null when not set
--   key_name              varchar    key pair, null when none
--   is_spot               boolean    it asks for Spot Instances
--   created_at            timestamp  creation [UTC]
--   observation_id        integer    observation of the listing
select
    account_id, region, launch_configuration_name as launch_configuration, image_id, instance_type,
    json_extract_string(metadata_options, '$.HttpTokens') as http_tokens, nullif(key_name, '') as key_name,
    coalesce(spot_price, '') <> '' as is_spot, created_time as created_at, observation_id
from raw.autoscaling_launch_configuration

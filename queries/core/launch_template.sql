-- purpose: launch templates
-- inputs:  raw.ec2_launch_template
-- grain:   one row per account_id, region, launch_template_id
-- key:     account_id, region, launch_template_id
-- columns:
--   account_id            varchar    AWS account
--   region                varchar    Region
--   launch_template_id    varchar    launch template
--   launch_template_name  varchar    name
--   created_at            timestamp  creation [UTC]
--   created_by            varchar    who created it
--   latest_version        bigint     number of the newest version: $Latest
--   default_version       bigint     number of the default version: $Default
--   observation_id        integer    observation of the listing
select
    account_id, region, launch_template_id, launch_template_name, create_time as created_at, created_by,
    latest_version_number as latest_version, default_version_number as default_version, observation_id
from raw.ec2_launch_template

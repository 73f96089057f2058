-- purpose: launch template versions that count: the latest, the default, and those that a group names
-- inputs:  raw.ec2_launch_template_version, raw.ec2_launch_template_pinned_version
-- grain:   one row per account_id, region, launch_template_id, version_number
-- key:     account_id, region, launch_template_id, version_number
-- columns:
--   account_id          varchar    AWS account
--   region              varchar    Region
--   launch_template_id  varchar    launch template
--   version_number      bigint     version
--   created_at          timestamp  creation [UTC]
--   created_by          varchar    who created it
--   is_default          boolean    it is the default
--   image_id            varchar    image, null when none or when a parameter names it
--   image_parameter     varchar    what the image is resolved from at a launch (ssm:...), null when one is named
--   is_resolved         boolean    the image is resolved at every launch, so the version need not change with it
--   instance_type       varchar    instance type, null when attributes or the group choose it
--   http_tokens         varchar    instance metadata tokens: required or optional, null when not set
--   is_spot             boolean    it asks for Spot Instances
--   observation_id      integer    observation of the version
with version as (
    select account_id, region, launch_template_id, version_number, create_time, created_by, default_version,
        launch_template_data, observation_id, 1 as preference
    from raw.ec2_launch_template_version
    union all
    select account_id, region, launch_template_id, version_number, create_time, created_by, default_version,
        launch_template_data, observation_id, 2 as preference
    from raw.ec2_launch_template_pinned_version
),
ranked as (
    -- a version may be pinned in one answer and the latest in another
    select
        account_id, region, launch_template_id, version_number, create_time, created_by, default_version,
        json_extract_string(launch_template_data, '$.ImageId') as image_id, launch_template_data, observation_id,
        row_number() over (
            partition by account_id, region, launch_template_id, version_number order by preference, observation_id desc
        ) as choice
    from version
)
select
    account_id, region, launch_template_id, version_number, create_time as created_at, created_by,
    default_version as is_default, case when image_id not like 'resolve:%' then image_id end as image_id,
    case when image_id like 'resolve:%' then substr(image_id, 9) end as image_parameter,
    coalesce(image_id like 'resolve:%', false) as is_resolved,
    json_extract_string(launch_template_data, '$.InstanceType') as instance_type,
    json_extract_string(launch_template_data, '$.MetadataOptions.HttpTokens') as http_tokens,
    coalesce(json_extract_string(launch_template_data, '$.InstanceMarketOptions.MarketType') = 'spot', false)
        as is_spot, observation_id
from ranked where choice = 1

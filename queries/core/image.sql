-- purpose: machine images: the account's own, and those its instances run from
-- inputs:  raw.ec2_image, raw.ec2_instance, core.observation
-- grain:   one row per account_id, region, image_id
-- key:     account_id, region, image_id
-- columns:
--   account_id        varchar    AWS account that owns or uses it
--   region            varchar    Region
--   image_id          varchar    image
--   image_name        varchar    name
--   created_at        timestamp  creation [UTC]
--   deprecated_at     timestamp  deprecation, past or due [UTC], null when none is set
--   last_launched_at  timestamp  last launch from it, told about a day late [UTC], null when never or not the owner
--   owner_id          varchar    AWS account that owns it
--   owner_alias       varchar    amazon, aws-marketplace or self, null for other accounts
--   is_own            boolean    the account owns it, null when the owner is unknown
--   is_in_use         boolean    an instance not terminated runs from it, null when instances were never read
--   is_public         boolean    anybody may launch from it
--   source_image_id   varchar    image it was copied from, null when it was not or nobody says
--   platform_details  varchar    platform as EC2 bills it
--   architecture      varchar    processor architecture
--   image_state       varchar    available, disabled, ...
--   observation_id    integer    observation of the images
with used as (
    select distinct account_id, region, image_id
    from raw.ec2_instance
    where coalesce(json_extract_string(state, '$.Name'), '') <> 'terminated'
),
listed as (
    select distinct account_id, region from core.observation where source = 'ec2_instance'
)
select
    i.account_id, i.region, i.image_id, i.name as image_name,
    cast(nullif(i.creation_date, '') as timestamp) as created_at,
    cast(nullif(i.deprecation_time, '') as timestamp) as deprecated_at,
    cast(nullif(i.last_launched_time, '') as timestamp) as last_launched_at, i.owner_id,
    i.image_owner_alias as owner_alias, i.owner_id = i.account_id as is_own,
    case when l.account_id is not null then u.image_id is not null end as is_in_use, i."public" as is_public,
    i.source_image_id, i.platform_details, i.architecture, i.state as image_state, i.observation_id
from raw.ec2_image as i
left join used as u on u.account_id = i.account_id and u.region = i.region and u.image_id = i.image_id
left join listed as l on l.account_id = i.account_id and l.region = i.region

-- purpose: machine images in use
-- inputs:  raw.ec2_image
-- grain:   one row per account_id, region, image_id
-- key:     account_id, region, image_id
-- columns:
--   account_id        varchar    AWS account that uses it
--   region            varchar    Region
--   image_id          varchar    image
--   image_name        varchar    name
--   created_at        timestamp  creation [UTC]
--   deprecated_at     timestamp  deprecation, past or due [UTC], null when none is set
--   owner_id          varchar    AWS account that owns it
--   owner_alias       varchar    amazon, aws-marketplace or self, null for other accounts
--   platform_details  varchar    platform as EC2 bills it
--   architecture      varchar    processor architecture
--   image_state       varchar    available, deregistered, ...
--   observation_id    integer    observation of the images
select
    account_id, region, image_id, name as image_name, cast(nullif(creation_date, '') as timestamp) as created_at,
    cast(nullif(deprecation_time, '') as timestamp) as deprecated_at, owner_id, image_owner_alias as owner_alias,
    platform_details, architecture, state as image_state, observation_id
from raw.ec2_image

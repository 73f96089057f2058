-- purpose: the image that each instance was launched from, also where it is gone
-- inputs:  raw.ec2_instance_image
-- grain:   one row per account_id, region, instance_id
-- key:     account_id, region, instance_id
-- columns:
--   account_id        varchar    AWS account
--   region            varchar    Region
--   instance_id       varchar    EC2 instance id
--   image_id          varchar    image
--   image_name        varchar    name, null when no longer told
--   image_state       varchar    available, deregistered, disabled, ...
--   is_deregistered   boolean    its owner took it away: nothing launches from it, null when the state is unknown
--   image_owner_id    varchar    AWS account that owns it, null when no longer told
--   owner_alias       varchar    amazon, aws-marketplace or self, null for other accounts
--   image_created_at  timestamp  creation of the image [UTC]
--   deprecated_at     timestamp  deprecation, past or due [UTC], null when none is set
--   is_public         boolean    anybody may launch from it, null when not told
--   is_allowed        boolean    it meets the account's Allowed AMIs criteria, null when not told
--   observation_id    integer    observation of the listing
select
    account_id, region, instance_id, json_extract_string(image_metadata, '$.ImageId') as image_id,
    json_extract_string(image_metadata, '$.Name') as image_name,
    json_extract_string(image_metadata, '$.State') as image_state,
    json_extract_string(image_metadata, '$.State') = 'deregistered' as is_deregistered,
    json_extract_string(image_metadata, '$.OwnerId') as image_owner_id,
    json_extract_string(image_metadata, '$.ImageOwnerAlias') as owner_alias,
    cast(nullif(json_extract_string(image_metadata, '$.CreationDate'), '') as timestamp) as image_created_at,
    cast(nullif(json_extract_string(image_metadata, '$.DeprecationTime'), '') as timestamp) as deprecated_at,
    cast(json_extract_string(image_metadata, '$.IsPublic') as boolean) as is_public,
    cast(json_extract_string(image_metadata, '$.ImageAllowed') as boolean) as is_allowed, observation_id
from raw.ec2_instance_image

-- purpose: which image each tag of a repository names; where tags are mutable, its history is that of the tag
-- inputs:  raw.ecr_image
-- grain:   one row per account_id, region, repository_name, image_tag
-- key:     account_id, region, repository_name, image_tag
-- columns:
--   account_id       varchar  AWS account
--   region           varchar  Region
--   repository_name  varchar  repository
--   image_tag        varchar  tag
--   image_digest     varchar  digest of the image or index that it names
--   observation_id   integer  observation of the listing
with pair as (
    select
        account_id, region, repository_name, image_digest, image_pushed_at, observation_id,
        unnest(json_extract_string(image_tags, '$[*]')) as image_tag
    from raw.ecr_image
),
ranked as (
    -- a tag that moved between two pages of a listing names what was pushed last
    select
        account_id, region, repository_name, image_tag, image_digest, observation_id, row_number() over (
            partition by account_id, region, repository_name, image_tag
            order by image_pushed_at desc nulls last, image_digest
        ) as choice
    from pair
)
select account_id, region, repository_name, image_tag, image_digest, observation_id
from ranked
where choice = 1

-- purpose: recipes of Image Builder, for machine and container images: what each starts from
-- inputs:  raw.imagebuilder_recipe, raw.imagebuilder_container_recipe
-- grain:   one row per account_id, region, recipe_arn
-- key:     account_id, region, recipe_arn
-- columns:
--   account_id        varchar    AWS account
--   region            varchar    Region
--   recipe_arn        varchar    recipe with its version
--   recipe_name       varchar    name
--   recipe_version    varchar    version
--   is_container      boolean    it makes container images
--   platform          varchar    Linux, Windows or macOS
--   parent_image      varchar    what it starts from: ARN of an image, image id, parameter of SSM, or a container image
--   is_parent_pinned  boolean    it names one version or build, whatever is newer; null where not told
--   created_at        timestamp  creation [UTC]
--   observation_id    integer    observation of the recipes
with recipe as (
    select account_id, region, arn, name, false as is_container, platform, parent_image, date_created, observation_id
    from raw.imagebuilder_recipe
    union all
    select account_id, region, arn, name, true as is_container, platform, parent_image, date_created, observation_id
    from raw.imagebuilder_container_recipe
)
select
    account_id, region, arn as recipe_arn, name as recipe_name, regexp_extract(arn, '[^/]+$') as recipe_version,
    is_container, platform, parent_image,
    case
        when parent_image like 'ami-%' or parent_image like '%@sha256:%' then true
        -- of the images of Image Builder an x stands for the newest, and so does a version without a build
        when parent_image like 'arn:%:image/%' then not regexp_matches(parent_image, '/([0-9]+\.)*(x\.)*x(/x)?$')
        when parent_image like 'ssm:%' or parent_image like 'arn:%:parameter/%' then false
        when is_container and parent_image is not null then false
    end as is_parent_pinned,
    try_cast(date_created as timestamp) as created_at, observation_id
from recipe

-- purpose: what Image Builder's pipelines build on
-- inputs:  raw.imagebuilder_infrastructure
-- grain:   one row per account_id, region, infrastructure_arn
-- key:     account_id, region, infrastructure_arn
-- columns:
--   account_id           varchar    AWS account
--   region               varchar    Region
--   infrastructure_arn   varchar    infrastructure configuration
--   infrastructure_name  varchar    name
--   instance_types       varchar    instance types it may use, as a JSON array; null where Image Builder chooses
--   instance_profile     varchar    profile of the instance that builds
--   created_at           timestamp  creation [UTC]
--   updated_at           timestamp  last change [UTC], null when there was none
--   observation_id       integer    observation of the configurations
select
    account_id, region, arn as infrastructure_arn, name as infrastructure_name,
    nullif(cast(instance_types as varchar), '[]') as instance_types, instance_profile_name as instance_profile,
    try_cast(date_created as timestamp) as created_at, try_cast(date_updated as timestamp) as updated_at,
    observation_id
from raw.imagebuilder_infrastructure

-- purpose: versions of the layers of an account, and how far each is behind the newest
-- inputs:  raw.lambda_layer_version
-- grain:   one row per account_id, region, layer_version_arn
-- key:     account_id, region, layer_version_arn
-- columns:
--   account_id           varchar    AWS account
--   region               varchar    Region
--   layer_version_arn    varchar    version of the layer
--   layer_arn            varchar    layer
--   layer_name           varchar    its name
--   layer_version        bigint     number of the version
--   newer_count          bigint     versions of the layer that are newer
--   compatible_runtimes  varchar    runtimes its author says it is for, as a JSON array; null when not told
--   created_at           timestamp  when the version was published [UTC]
--   observation_id       integer    observation of the layer's versions
select
    account_id, region, layer_version_arn, layer_arn, regexp_extract(layer_arn, '[^:]+$') as layer_name,
    version as layer_version,
    count(*) over (partition by account_id, region, layer_arn)
    - row_number() over (partition by account_id, region, layer_arn order by version) as newer_count,
    cast(compatible_runtimes as varchar) as compatible_runtimes, try_cast(created_date as timestamp) as created_at,
    observation_id
from raw.lambda_layer_version

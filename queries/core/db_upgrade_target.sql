-- purpose: what each database engine version in use may be upgraded to
-- inputs:  raw.rds_engine_version
-- grain:   one row per account_id, region, engine, engine_version, target_engine, target_version
-- key:     account_id, region, engine, engine_version, target_engine, target_version
-- columns:
--   account_id        varchar  AWS account that was asked
--   region            varchar  Region
--   engine            varchar  engine
--   engine_version    varchar  version in use
--   target_engine     varchar  engine of the target, another one where an instance becomes Aurora
--   target_version    varchar  version it may become
--   is_automatic      boolean  AWS upgrades to it in a window where minor versions are left to it
--   is_major_upgrade  boolean  another major version
--   observation_id    integer  observation of the listing
with target as (
    select
        account_id, region, engine, engine_version, observation_id,
        unnest(from_json(valid_upgrade_target, '["JSON"]')) as target
    from raw.rds_engine_version
)
select distinct
    account_id, region, engine, engine_version,
    coalesce(json_extract_string(target, '$.Engine'), engine) as target_engine,
    json_extract_string(target, '$.EngineVersion') as target_version,
    cast(json_extract_string(target, '$.AutoUpgrade') as boolean) as is_automatic,
    cast(json_extract_string(target, '$.IsMajorVersionUpgrade') as boolean) as is_major_upgrade, observation_id
from target
where json_extract_string(target, '$.EngineVersion') is not null

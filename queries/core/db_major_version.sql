-- purpose: until when each major version of a database engine has standard support, and paid extended support
-- inputs:  raw.rds_major_version
-- grain:   one row per engine, major_version
-- key:     engine, major_version
-- columns:
--   engine                      varchar    engine
--   major_version               varchar    major version
--   standard_support_starts_at  timestamp  begin of standard support [UTC], null when not told
--   standard_support_ends_at    timestamp  end of standard support [UTC], null when not told
--   extended_support_starts_at  timestamp  from here on extended support is charged [UTC], null when there is none
--   extended_support_ends_at    timestamp  end of extended support: an upgrade is forced [UTC], null when there is none
--   observation_id              integer    observation of the listing
with period as (
    select
        engine, major_engine_version, observation_id,
        unnest(from_json(supported_engine_lifecycles, '["JSON"]')) as period
    from raw.rds_major_version
),
spoken as (
    select
        engine, major_engine_version as major_version, observation_id,
        json_extract_string(period, '$.LifecycleSupportName') as support,
        cast(json_extract_string(period, '$.LifecycleSupportStartDate') as timestamp) as starts_at,
        cast(json_extract_string(period, '$.LifecycleSupportEndDate') as timestamp) as ends_at
    from period
)
select
    engine, major_version,
    min(case when support = 'open-source-rds-standard-support' then starts_at end) as standard_support_starts_at,
    max(case when support = 'open-source-rds-standard-support' then ends_at end) as standard_support_ends_at,
    min(case when support = 'open-source-rds-extended-support' then starts_at end) as extended_support_starts_at,
    max(case when support = 'open-source-rds-extended-support' then ends_at end) as extended_support_ends_at,
    max(observation_id) as observation_id
from spoken
group by engine, major_version

-- purpose: the database engine versions in use, as each account and Region may still use them
-- inputs:  raw.rds_engine_version
-- grain:   one row per account_id, region, engine, engine_version
-- key:     account_id, region, engine, engine_version
-- columns:
--   account_id             varchar  AWS account that was asked
--   region                 varchar  Region
--   engine                 varchar  engine
--   engine_version         varchar  engine version
--   major_version          varchar  its major version, null when not told
--   version_status         varchar  available, or deprecated: what runs on it stays, no new database can be made
--   renews_certificates    boolean  a new server certificate needs no restart: AWS renews it; null when not told
--   upgrade_target_count   bigint   versions it may be upgraded to
--   observation_id         integer  observation of the listing
select
    account_id, region, engine, engine_version, major_engine_version as major_version, status as version_status,
    supports_certificate_rotation_without_restart as renews_certificates,
    cast(coalesce(json_array_length(valid_upgrade_target), 0) as bigint) as upgrade_target_count, observation_id
from raw.rds_engine_version

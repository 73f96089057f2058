-- purpose: snapshots of databases that people or their tools made; automated ones are not listed one by one
-- inputs:  raw.rds_db_snapshot, raw.rds_cluster_snapshot
-- grain:   one row per account_id, region, db_snapshot_arn
-- key:     account_id, region, db_snapshot_arn
-- columns:
--   account_id         varchar    AWS account
--   region             varchar    Region
--   db_snapshot_arn    varchar    snapshot
--   db_id              varchar    name of the instance or cluster it was taken of
--   is_of_cluster      boolean    it was taken of a cluster
--   engine             varchar    engine
--   engine_version     varchar    engine version it would be restored with
--   snapshot_status    varchar    available, creating, failed, ...
--   complete_share     double     share that is done, null when not told
--   started_at         timestamp  instant it was taken [UTC], null while it waits
--   is_newest          boolean    the newest of its database that can be restored
--   observation_id     integer    observation of the listing
with made as (
    select
        account_id, region, db_snapshot_arn, db_instance_identifier as db_id, false as is_of_cluster, engine,
        engine_version, status, percent_progress, snapshot_create_time, observation_id
    from raw.rds_db_snapshot
    union all
    select
        account_id, region, db_cluster_snapshot_arn, db_cluster_identifier, true, engine, engine_version, status,
        percent_progress, snapshot_create_time, observation_id
    from raw.rds_cluster_snapshot
)
select
    account_id, region, db_snapshot_arn, db_id, is_of_cluster, engine, engine_version, status as snapshot_status,
    percent_progress / 100.0 as complete_share, snapshot_create_time as started_at,
    status = 'available' and row_number() over (
        partition by account_id, region, is_of_cluster, db_id
        order by status = 'available' desc, snapshot_create_time desc nulls last, db_snapshot_arn
    ) = 1 as is_newest, observation_id
from made

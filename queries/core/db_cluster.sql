-- purpose: database clusters: Aurora, Multi-AZ clusters of RDS, DocumentDB and Neptune
-- inputs:  raw.rds_db_cluster
-- grain:   one row per account_id, region, db_cluster_id
-- key:     account_id, region, db_cluster_id
-- columns:
--   account_id                varchar    AWS account
--   region                    varchar    Region
--   db_cluster_arn            varchar    cluster
--   db_cluster_id             varchar    its name
--   database_service          varchar    RDS, Aurora, DocumentDB or Neptune, by its engine
--   is_multi_az_cluster       boolean    a Multi-AZ cluster of RDS: a writer and two readable standbys of one size
--   engine                    varchar    engine
--   engine_version            varchar    engine version
--   engine_mode               varchar    provisioned, serverless, global, ...; null when not told
--   instance_class            varchar    class of all members of a Multi-AZ cluster, null elsewhere
--   db_status                 varchar    available, upgrading, stopped, ...
--   member_count              bigint     instances in it
--   writer_instance_id        varchar    instance that writes now, null when there is none
--   upgrades_minor_versions   boolean    AWS upgrades minor versions; null where each member says so
--   upgrade_rollout_order     varchar    first, second or last in an upgrade rollout policy, null without one
--   maintenance_window        varchar    weekly window as AWS writes it, ddd:hh24:mi-ddd:hh24:mi [UTC]
--   backup_retention_days     bigint     automated backups are kept so long [d]
--   is_restorable             boolean    it can be restored to a point in time now
--   engine_lifecycle_support  varchar    as of an instance: what happens when standard support ends
--   global_cluster_id         varchar    global cluster it belongs to, null when to none
--   is_deletion_protected     boolean    it cannot be deleted
--   pending_engine_version    varchar    version that waits for its window, null when none
--   created_at                timestamp  creation [UTC]
--   observation_id            integer    observation of the listing
select
    account_id, region, db_cluster_arn, db_cluster_identifier as db_cluster_id,
    case when engine like 'aurora%' then 'Aurora' when engine = 'docdb' then 'DocumentDB'
        when engine = 'neptune' then 'Neptune' else 'RDS' end as database_service,
    db_cluster_instance_class is not null as is_multi_az_cluster, engine, engine_version, engine_mode,
    db_cluster_instance_class as instance_class, status as db_status,
    cast(coalesce(json_array_length(db_cluster_members), 0) as bigint) as member_count,
    (
        select max(json_extract_string(member, '$.DBInstanceIdentifier'))
        from (select unnest(from_json(db_cluster_members, '["JSON"]')) as member) as each_member
        where json_extract_string(member, '$.IsClusterWriter') = 'true'
    ) as writer_instance_id, auto_minor_version_upgrade as upgrades_minor_versions,
    upgrade_rollout_order, preferred_maintenance_window as maintenance_window,
    backup_retention_period as backup_retention_days, latest_restorable_time is not null as is_restorable,
    engine_lifecycle_support, global_cluster_identifier as global_cluster_id,
    deletion_protection as is_deletion_protected,
    json_extract_string(pending_modified_values, '$.EngineVersion') as pending_engine_version,
    cluster_create_time as created_at, observation_id
from raw.rds_db_cluster

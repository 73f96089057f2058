-- purpose: database instances of RDS, Aurora, DocumentDB and Neptune, and what decides when each is patched
-- inputs:  raw.rds_db_instance
-- grain:   one row per account_id, region, db_instance_id
-- key:     account_id, region, db_instance_id
-- columns:
--   account_id                 varchar    AWS account
--   region                     varchar    Region
--   db_instance_arn            varchar    database instance
--   db_instance_id             varchar    its name
--   db_cluster_id              varchar    cluster it is a member of, null when of none
--   database_service           varchar    RDS, Aurora, DocumentDB or Neptune, by its engine
--   engine                     varchar    engine (postgres, aurora-mysql, docdb, ...)
--   engine_version             varchar    engine version
--   instance_class             varchar    instance class
--   db_status                  varchar    available, upgrading, stopped, ...
--   is_multi_az                boolean    a standby in a second Availability Zone takes over
--   availability_zone          varchar    Availability Zone, null while it is made
--   upgrades_minor_versions    boolean    AWS upgrades minor versions in its window
--   upgrade_rollout_order      varchar    first, second or last in an upgrade rollout policy, null without one
--   maintenance_window         varchar    weekly window as AWS writes it, ddd:hh24:mi-ddd:hh24:mi [UTC]
--   backup_retention_days      bigint     automated backups are kept so long [d], 0 = there are none
--   is_restorable              boolean    it can be restored to a point in time, which moves on by itself
--   engine_lifecycle_support   varchar    extended-support: stays and is charged; -disabled: is upgraded; null: no choice
--   ca_certificate_id          varchar    certificate authority of its server certificate
--   certificate_valid_until    timestamp  end of its server certificate [UTC], null when not told
--   is_deletion_protected      boolean    it cannot be deleted
--   replica_of                 varchar    instance or cluster it is a read replica of, null when of none
--   pending_engine_version     varchar    version that waits for its window, null when none
--   pending_ca_certificate_id  varchar    certificate authority that waits for its window, null when none
--   created_at                 timestamp  creation [UTC]
--   observation_id             integer    observation of the listing
select
    account_id, region, db_instance_arn, db_instance_identifier as db_instance_id,
    db_cluster_identifier as db_cluster_id,
    case when engine like 'aurora%' then 'Aurora' when engine = 'docdb' then 'DocumentDB'
        when engine = 'neptune' then 'Neptune' else 'RDS' end as database_service,
    engine, engine_version, db_instance_class as instance_class, db_instance_status as db_status,
    multi_az as is_multi_az, availability_zone, auto_minor_version_upgrade as upgrades_minor_versions,
    upgrade_rollout_order, preferred_maintenance_window as maintenance_window,
    backup_retention_period as backup_retention_days, latest_restorable_time is not null as is_restorable,
    engine_lifecycle_support, ca_certificate_identifier as ca_certificate_id,
    cast(json_extract_string(certificate_details, '$.ValidTill') as timestamp) as certificate_valid_until,
    deletion_protection as is_deletion_protected,
    coalesce(read_replica_source_db_instance_identifier, read_replica_source_db_cluster_identifier) as replica_of,
    json_extract_string(pending_modified_values, '$.EngineVersion') as pending_engine_version,
    json_extract_string(pending_modified_values, '$.CACertificateIdentifier') as pending_ca_certificate_id,
    instance_create_time as created_at, observation_id
from raw.rds_db_instance

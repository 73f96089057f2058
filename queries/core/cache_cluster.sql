-- purpose: cache clusters of ElastiCache: engine, version, and who upgrades them when
-- inputs:  raw.elasticache_cache_cluster
-- grain:   one row per account_id, region, cache_cluster_id
-- key:     account_id, region, cache_cluster_id
-- columns:
--   account_id               varchar    AWS account
--   region                   varchar    Region
--   cache_cluster_id         varchar    cluster: one node of a replication group, or all nodes of Memcached
--   replication_group_id     varchar    replication group it is a member of, null when of none
--   engine                   varchar    redis, valkey or memcached
--   engine_version           varchar    engine version
--   pending_engine_version   varchar    version that waits for its window, null when none
--   node_type                varchar    type of its nodes
--   node_count               bigint     nodes
--   cache_status             varchar    available, modifying, ...
--   availability_zone        varchar    Availability Zone, Multiple when its nodes are in several
--   upgrades_minor_versions  boolean    AWS upgrades minor versions in its window
--   maintenance_window       varchar    weekly window as AWS writes it, ddd:hh24:mi-ddd:hh24:mi [UTC]
--   created_at               timestamp  creation [UTC], null when not told
--   observation_id           integer    observation of the listing
select
    account_id, region, cache_cluster_id, replication_group_id, engine, engine_version,
    json_extract_string(pending_modified_values, '$.EngineVersion') as pending_engine_version,
    cache_node_type as node_type, num_cache_nodes as node_count, cache_cluster_status as cache_status,
    preferred_availability_zone as availability_zone, auto_minor_version_upgrade as upgrades_minor_versions,
    preferred_maintenance_window as maintenance_window, cache_cluster_create_time as created_at, observation_id
from raw.elasticache_cache_cluster

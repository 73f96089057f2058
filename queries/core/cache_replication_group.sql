-- purpose: replication groups of ElastiCache: whether a replica takes over while a node is patched
-- inputs:  raw.elasticache_replication_group
-- grain:   one row per account_id, region, replication_group_id
-- key:     account_id, region, replication_group_id
-- columns:
--   account_id            varchar  AWS account
--   region                varchar  Region
--   replication_group_id  varchar  replication group
--   group_status          varchar  available, modifying, ...
--   member_count          bigint   clusters in it
--   fails_over            boolean  a replica becomes primary by itself
--   is_multi_az           boolean  its nodes are spread over Availability Zones
--   is_sharded            boolean  cluster mode: several shards
--   observation_id        integer  observation of the listing
select
    account_id, region, replication_group_id, status as group_status,
    cast(coalesce(json_array_length(member_clusters), 0) as bigint) as member_count,
    automatic_failover = 'enabled' as fails_over, multi_az = 'enabled' as is_multi_az,
    cluster_enabled as is_sharded, observation_id
from raw.elasticache_replication_group

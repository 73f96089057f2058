-- purpose: service updates that a cache has not got yet, and the day by which AWS wants them applied
-- inputs:  raw.elasticache_update_action, raw.elasticache_service_update
-- grain:   one row per account_id, region, cache_id, service_update_name
-- key:     account_id, region, cache_id, service_update_name
-- columns:
--   account_id              varchar    AWS account
--   region                  varchar    Region
--   cache_id                varchar    replication group, or cluster without one
--   is_replication_group    boolean    it is a replication group
--   service_update_name     varchar    service update
--   severity                varchar    critical, important, medium or low
--   update_status           varchar    not-applied, scheduled, in-progress, stopped, ...
--   released_at             timestamp  release of the update [UTC]
--   available_at            timestamp  from here on this cache can have it [UTC]
--   recommended_apply_by    timestamp  AWS wants it applied by then [UTC], null when not told
--   is_automatic            boolean    AWS applies it in a window after that day; null where it is not offered any more
--   is_in_time              boolean    AWS's own word, whether the day was kept; null while it is open
--   observation_id          integer    observation of the listing
with ranked as (
    select
        account_id, region, coalesce(replication_group_id, cache_cluster_id) as cache_id,
        replication_group_id is not null as is_replication_group, service_update_name, service_update_severity,
        update_action_status, service_update_release_date, update_action_available_date,
        service_update_recommended_apply_by_date, sla_met, observation_id, row_number() over (
            partition by account_id, region, coalesce(replication_group_id, cache_cluster_id), service_update_name
            order by update_action_status_modified_date desc nulls last, update_action_status
        ) as choice
    from raw.elasticache_update_action
)
select
    r.account_id, r.region, r.cache_id, r.is_replication_group, r.service_update_name,
    r.service_update_severity as severity, r.update_action_status as update_status,
    r.service_update_release_date as released_at, r.update_action_available_date as available_at,
    r.service_update_recommended_apply_by_date as recommended_apply_by,
    u.auto_update_after_recommended_apply_by_date as is_automatic,
    case r.sla_met when 'yes' then true when 'no' then false end as is_in_time, r.observation_id
from ranked as r
left join raw.elasticache_service_update as u
    on u.account_id = r.account_id and u.region = r.region and u.service_update_name = r.service_update_name
where r.choice = 1 and r.cache_id is not null and r.service_update_name is not null

-- purpose: by which way the newest scan of each node reached us: its account's API or a data sync bucket
-- inputs:  raw.ssm_patch_state, raw.datasync_patch_summary, raw.datasync_compliance_item, core.data_sync_node_now
-- grain:   one row per account_id, region, node_id
-- key:     account_id, region, node_id
-- columns:
--   account_id      varchar    AWS account
--   region          varchar    Region
--   node_id         varchar    EC2 instance id or hybrid managed node id
--   source          varchar    ssm_patch_state, datasync_patch_summary or datasync_compliance_item
--   scanned_at      timestamp  end of the operation, its start where no end is told [UTC]
--   observation_id  integer    observation that brought it
with synced as (
    select account_id, region, item as node_id, 'datasync_patch_summary' as source, 2 as preference,
        coalesce(operation_end_time, operation_start_time, capture_time) as scanned_at, observation_id
    from raw.datasync_patch_summary
    union all
    -- what reports the patches tells when it began; a summary of the same operation ends later and so comes first
    select account_id, region, item as node_id, 'datasync_compliance_item' as source, 3 as preference,
        max(execution_time) as scanned_at, max(observation_id) as observation_id
    from raw.datasync_compliance_item
    where compliance_type = 'Patch'
    group by account_id, region, item
),
seen as (
    select account_id, region, instance_id as node_id, 'ssm_patch_state' as source, 1 as preference,
        coalesce(operation_end_time, operation_start_time) as scanned_at, observation_id
    from raw.ssm_patch_state
    union all
    select s.account_id, s.region, s.node_id, s.source, s.preference, s.scanned_at, s.observation_id
    from synced as s
    inner join core.data_sync_node_now as n
        on n.account_id = s.account_id and n.region = s.region and n.node_id = s.node_id
),
ranked as (
    select
        account_id, region, node_id, source, scanned_at, observation_id,
        row_number() over (
            partition by account_id, region, node_id order by scanned_at desc nulls last, preference
        ) as choice
    from seen
)
select account_id, region, node_id, source, scanned_at, observation_id
from ranked
where choice = 1

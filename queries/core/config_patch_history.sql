-- purpose: what AWS Config recorded of each node's patches before patchlib first saw it: apart from our own history
-- inputs:  raw.config_patch_history, core.node_scan
-- grain:   one row per account_id, region, node_id, captured_at, patch_state, severity
-- key:     account_id, region, node_id, captured_at, patch_state, severity
-- columns:
--   account_id      varchar    AWS account
--   region          varchar    Region
--   node_id         varchar    EC2 instance id or hybrid managed node id
--   captured_at     timestamp  when AWS Config recorded it [UTC]; the scan was before
--   patch_state     varchar    patch state as Systems Manager spells it
--   severity        varchar    severity by the vendor, empty when none is given
--   patch_count     bigint     patches in that state and of that severity [patches]
--   recorded_by     varchar    who saw it: AWS Config
--   observation_id  integer    observation of the node's recorded items
with first_own as (
    select account_id, region, node_id, min(valid_from) as first_at
    from core.node_scan
    group by account_id, region, node_id
),
item as (
    select
        account_id, region, item as node_id, configuration_item_capture_time as captured_at,
        unnest(json_extract(configuration, '$[*]')) as counted, observation_id
    from raw.config_patch_history
    where configuration is not null
),
named as (
    select
        account_id, region, node_id, captured_at, json_extract_string(counted, '$.state') as patch_state,
        json_extract_string(counted, '$.severity') as severity,
        cast(json_extract_string(counted, '$.count') as bigint) as patch_count, observation_id
    from item
)
select
    n.account_id, n.region, n.node_id, n.captured_at, n.patch_state, n.severity, n.patch_count,
    'AWS Config' as recorded_by, n.observation_id
from named as n
left join first_own as f on f.account_id = n.account_id and f.region = n.region and f.node_id = n.node_id
where f.first_at is null or n.captured_at < f.first_at

-- purpose: the state of every patch on every node by its last scan
-- inputs:  raw.ssm_patch, raw.datasync_compliance_item, core.scan_source_now, core.node_key, core.patch_key
-- grain:   one row per node_key, patch_key
-- key:     node_key, patch_key
-- columns:
--   node_key        integer    node: core.node_key
--   patch_key       integer    patch: core.patch_key
--   patch_state     varchar    patch state as Systems Manager spells it
--   installed_at    timestamp  installation [UTC], null when not installed or not told
--   observation_id  integer    observation of the node's patches
with listed as (
    select
        account_id, region, instance_id as node_id, title, kb_id, classification, severity, state, installed_time,
        observation_id, true as is_api
    from raw.ssm_patch
    union all
    select
        account_id, region, item, title, id, classification, patch_severity, patch_state, installed_time,
        observation_id, false
    from raw.datasync_compliance_item
    where compliance_type = 'Patch'
),
reported as (
    -- a node that is no longer in the listing of scanned nodes has no patches to speak of; of two ways by which its
    -- patches reached us, those of the newer scan count, and never both
    select
        n.node_key, k.patch_key, p.state as patch_state, p.observation_id,
        -- the epoch stands for "not installed" (DescribeInstancePatches answers 1970-01-01 for missing patches)
        case when p.installed_time > timestamp '1970-01-02' then p.installed_time end as installed_at
    from listed as p
    inner join core.scan_source_now as s
        on s.account_id = p.account_id and s.region = p.region and s.node_id = p.node_id
        and (s.source = 'ssm_patch_state') = p.is_api
    inner join core.node_key as n
        on n.account_id = p.account_id and n.region = p.region and n.node_id = p.node_id
    inner join core.patch_key as k
        on k.title is not distinct from nullif(p.title, '') and k.kb_id is not distinct from nullif(p.kb_id, '')
        and k.classification is not distinct from nullif(p.classification, '')
        and k.severity is not distinct from nullif(p.severity, '')
),
ranked as (
    -- should a node report one patch twice, the open state counts
    select
        node_key, patch_key, patch_state, installed_at, observation_id,
        row_number() over (
            partition by node_key, patch_key
            order by
                case when patch_state in ('Installed', 'InstalledOther', 'NotApplicable') then 1 else 0 end,
                patch_state, installed_at desc
        ) as choice
    from reported
)
select node_key, patch_key, patch_state, installed_at, observation_id
from ranked
where choice = 1

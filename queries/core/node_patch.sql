-- purpose: the state of every patch on every node by its last scan
-- inputs:  raw.ssm_patch, raw.ssm_patch_state, core.node_key, core.patch_key
-- grain:   one row per node_key, patch_key
-- key:     node_key, patch_key
-- columns:
--   node_key        integer    node: core.node_key
--   patch_key       integer    patch: core.patch_key
--   patch_state     varchar    patch state as Systems Manager spells it
--   installed_at    timestamp  installation [UTC], null when not installed or not told
--   observation_id  integer    observation of the node's patches
with reported as (
    -- a node that is no longer in the listing of scanned nodes has no patches to speak of
    select
        n.node_key, k.patch_key, p.state as patch_state, p.observation_id,
        -- the epoch stands for "not installed" (DescribeInstancePatches answers 1970-01-01 for missing patches)
        case when p.installed_time > timestamp '1970-01-02' then p.installed_time end as installed_at
    from raw.ssm_patch as p
    inner join raw.ssm_patch_state as s
        on s.account_id = p.account_id and s.region = p.region and s.instance_id = p.instance_id
    inner join core.node_key as n
        on n.account_id = p.account_id and n.region = p.region and n.node_id = p.instance_id
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

-- purpose: which open patch could an install put on each node now, what needs a reboot only, and what is withheld?
-- inputs:  core.node, core.node_key, core.node_patch, core.node_scan, core.node_service, core.patch_key,
--          core.patch_package, lag/approval
-- grain:   one row per account_id, region, node_id, patch_ref that is open by the last scan of a node that is there
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id      varchar    AWS account
--   region          varchar    Region
--   node_id         varchar    EC2 instance id or hybrid managed node id
--   patch_ref       varchar    KB number, else the title of the package
--   package         varchar    package without architecture and version; of Windows the KB number
--   readiness       varchar    install, install again (it failed), reboot, withheld (not approved) or out of reach
--   withheld_until  timestamp  a rule approves it then [UTC], null when not withheld and when no rule ever does
--   baseline_id     varchar    patch baseline of the node's last scan, null when not told
--   patch_group     varchar    tag Patch Group, null when none
--   environment     varchar    tag Environment, null when untagged
--   service_kind    varchar    as core.node_service says, null when none
--   service_id      varchar    names the service among its kind in the account and Region, null when none
with open_patch as (
    select i.account_id, i.region, i.node_id, k.patch_ref, min(p.patch_state) as patch_state
    from core.node_patch as p
    inner join core.node_key as i on i.node_key = p.node_key
    inner join core.patch_key as k on k.patch_key = p.patch_key
    where p.valid_from <= $as_of and p.valid_to > $as_of
        and p.patch_state in ('Missing', 'Failed', 'InstalledPendingReboot', 'AvailableSecurityUpdate')
    group by i.account_id, i.region, i.node_id, k.patch_ref
),
named as (
    select patch_ref, min(package) as package from core.patch_package group by patch_ref
),
approval as (
    select account_id, region, baseline_id, operating_system, patch_ref, approved_at from lag_approval
)
select
    o.account_id, o.region, o.node_id, o.patch_ref, coalesce(g.package, o.patch_ref) as package,
    case
        -- what is not managed, or not running, takes no command
        when not n.is_managed or coalesce(n.instance_state, 'running') <> 'running' then 'out of reach'
        when o.patch_state = 'AvailableSecurityUpdate' then 'withheld'
        when o.patch_state = 'InstalledPendingReboot' then 'reboot'
        when o.patch_state = 'Failed' then 'install again' else 'install'
    end as readiness,
    case when o.patch_state = 'AvailableSecurityUpdate' and a.approved_at > $as_of then a.approved_at end
        as withheld_until,
    s.baseline_id, n.patch_group, n.environment, v.service_kind, v.service_id
from open_patch as o
inner join core.node as n
    on n.account_id = o.account_id and n.region = o.region and n.node_id = o.node_id
    and n.valid_from <= $as_of and n.valid_to > $as_of
left join core.node_scan as s
    on s.account_id = o.account_id and s.region = o.region and s.node_id = o.node_id
    and s.valid_from <= $as_of and s.valid_to > $as_of
left join core.node_service as v
    on v.account_id = o.account_id and v.region = o.region and v.node_id = o.node_id
    and v.valid_from <= $as_of and v.valid_to > $as_of
left join approval as a
    on a.account_id = o.account_id and a.region = o.region and a.baseline_id = s.baseline_id
    and a.operating_system = n.operating_system and a.patch_ref = o.patch_ref
left join named as g on g.patch_ref = o.patch_ref
order by o.account_id, o.region, o.node_id, o.patch_ref

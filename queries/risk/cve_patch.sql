-- purpose: on which nodes is a patch open that fixes one vulnerability, and what would install it?
-- inputs:  core.node, core.node_key, core.node_patch, core.patch_key, fleet/node_coverage, governance/regime,
--          lag/approval, risk/patch_cve
-- grain:   one row per account_id, region, node_id, patch_ref open by the last scan
-- params:
--   as_of                timestamp  report instant [UTC]
--   cve_id               varchar    vulnerability
--   stale_after_days     integer    a scan older than this no longer counts [d]
--   scan_interval_hours  integer    time between two scans of one node [h]
-- columns:
--   account_id          varchar    AWS account of the node
--   region              varchar    Region of the node
--   node_id             varchar    EC2 instance id or hybrid managed node id
--   patch_ref           varchar    KB number, else the title of the package
--   environment         varchar    tag Environment, unknown when untagged
--   owner               varchar    tag Owner, null when untagged
--   platform            varchar    display name of the operating system
--   auto_scaling_group  varchar    Auto Scaling group, null when it belongs to none
--   coverage_state      varchar    what we know of the node
--   ping_status         varchar    Online, ConnectionLost or Inactive, null when unmanaged
--   patch_state         varchar    patch state as Systems Manager spells it
--   approved_at         timestamp  approval by the baseline in force, past or due [UTC], null when not known
--   approval_source     varchar    as lag/approval says; null where that does not tell
--   regimes             varchar    windows and associations that install on it, a semicolon between; null when none
with fixing as (
    select operating_system, patch_ref
    from risk_patch_cve
    where cve_id = upper($cve_id)
),
opened as (
    select
        n.account_id, n.region, n.node_id, k.patch_ref, n.environment, n.owner, n.platform, n.operating_system,
        n.baseline_id, n.coverage_state, p.patch_state
    from core.patch_key as k
    inner join core.node_patch as p
        on p.patch_key = k.patch_key and p.valid_from <= $as_of and p.valid_to > $as_of
        -- InstalledRejected is not among them: what it fixes is fixed
        and p.patch_state in ('Missing', 'Failed', 'InstalledPendingReboot', 'AvailableSecurityUpdate')
    inner join core.node_key as i on i.node_key = p.node_key
    inner join fleet_node_coverage as n
        on n.account_id = i.account_id and n.region = i.region and n.node_id = i.node_id
    inner join fixing as f on f.operating_system = n.operating_system and f.patch_ref = k.patch_ref
),
installing as (
    select account_id, region, node_id, string_agg(regime_id, ';' order by regime_id) as regimes
    from governance_regime
    where operation = 'Install'
    group by account_id, region, node_id
)
select
    o.account_id, o.region, o.node_id, o.patch_ref, o.environment, o.owner, o.platform, m.auto_scaling_group,
    o.coverage_state, m.ping_status, o.patch_state, a.approved_at, a.approval_source, g.regimes
from opened as o
inner join core.node as m
    on m.account_id = o.account_id and m.region = o.region and m.node_id = o.node_id
    and m.valid_from <= $as_of and m.valid_to > $as_of
left join installing as g on g.account_id = o.account_id and g.region = o.region and g.node_id = o.node_id
left join lag_approval as a
    on a.account_id = o.account_id and a.region = o.region and a.baseline_id = o.baseline_id
    and a.operating_system = o.operating_system and a.patch_ref = o.patch_ref
order by o.account_id, o.region, o.node_id, o.patch_ref

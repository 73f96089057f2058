-- purpose: which nodes carry patches that take effect only with a reboot, and for how long?
-- inputs:  core.node_key, core.node_patch, core.patch_key, core.severity, core.node_scan, fleet/node_coverage
-- grain:   one row per account_id, region, node_id with a patch in state InstalledPendingReboot
-- params:
--   as_of                timestamp  report instant [UTC]
--   stale_after_days     integer    a scan older than this no longer counts [d]
--   scan_interval_hours  integer    time between two scans of one node [h]
-- columns:
--   account_id            varchar    AWS account of the node
--   region                varchar    Region of the node
--   node_id               varchar    EC2 instance id or hybrid managed node id
--   name                  varchar    tag Name, null when untagged
--   environment           varchar    tag Environment, unknown when untagged
--   owner                 varchar    tag Owner, null when untagged
--   coverage_state        varchar    coverage state, null when the node is no longer known
--   pending_reboot_count  bigint     patches that wait for a reboot [patches]
--   worst_severity        varchar    gravest vendor severity among them, null when none is given
--   pending_since_at      timestamp  when the first of them was installed, else first seen so [UTC]
--   pending_days          double     time since then [d]
--   reboot_option         varchar    RebootOption of the last operation, null when the scan does not say
with pending as (
    select
        p.node_key, count(1) as pending_reboot_count,
        min(coalesce(p.installed_at, p.valid_from)) as pending_since_at, min(v.severity_rank) as worst_rank
    from core.node_patch as p
    inner join core.patch_key as k on k.patch_key = p.patch_key
    left join core.severity as v on v.severity = k.severity
    where p.valid_from <= $as_of and p.valid_to > $as_of and p.patch_state = 'InstalledPendingReboot'
    group by p.node_key
),
severity as (
    select severity_rank, min(severity) as severity
    from core.severity
    group by severity_rank
)
select
    k.account_id, k.region, k.node_id, n.name, n.environment, n.owner, n.coverage_state,
    p.pending_reboot_count, v.severity as worst_severity, p.pending_since_at,
    date_diff('second', p.pending_since_at, $as_of) / 86400.0 as pending_days, s.reboot_option
from pending as p
inner join core.node_key as k on k.node_key = p.node_key
left join severity as v on v.severity_rank = p.worst_rank
left join fleet_node_coverage as n
    on n.account_id = k.account_id and n.region = k.region and n.node_id = k.node_id
left join core.node_scan as s
    on s.account_id = k.account_id and s.region = k.region and s.node_id = k.node_id
    and s.valid_from <= $as_of and s.valid_to > $as_of
order by p.pending_since_at, k.account_id, k.region, k.node_id

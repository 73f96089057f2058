-- purpose: which patches are open on nodes with a fresh scan, and on how many?
-- inputs:  core.node_key, core.node_patch, core.patch_key, core.severity, fleet/node_coverage, lag/release
-- grain:   one row per operating_system, patch_ref open on a node whose coverage is fresh
-- params:
--   as_of                timestamp  report instant [UTC]
--   stale_after_days     integer    a scan older than this no longer counts [d]
--   scan_interval_hours  integer    time between two scans of one node [h]
-- columns:
--   operating_system      varchar    operating system as Systems Manager spells it, null when unknown
--   patch_ref             varchar    KB number, else the title of the package
--   severity              varchar    gravest vendor severity that a node reports, null when none is given
--   released_at           timestamp  vendor's release [UTC], null when not known
--   node_count            bigint     fresh nodes on which it is open, ended systems included [nodes]
--   missing_count         bigint     of these Missing [nodes]
--   failed_count          bigint     of these Failed [nodes]
--   pending_reboot_count  bigint     of these InstalledPendingReboot [nodes]
--   rejected_count        bigint     of these InstalledRejected [nodes]
--   environments          varchar    environments of these nodes, a semicolon between
with opened as (
    select
        n.operating_system, k.patch_ref, p.node_key, p.patch_state, n.environment, v.severity_rank
    from core.node_patch as p
    inner join core.patch_key as k on k.patch_key = p.patch_key
    inner join core.node_key as i on i.node_key = p.node_key
    inner join fleet_node_coverage as n
        on n.account_id = i.account_id and n.region = i.region and n.node_id = i.node_id and n.coverage_state = 'fresh'
    left join core.severity as v on v.severity = k.severity
    where p.valid_from <= $as_of and p.valid_to > $as_of
        and p.patch_state in ('Missing', 'Failed', 'InstalledPendingReboot', 'InstalledRejected')
),
counted as (
    select
        operating_system, patch_ref, min(severity_rank) as worst_rank, count(distinct node_key) as node_count,
        count(distinct case when patch_state = 'Missing' then node_key end) as missing_count,
        count(distinct case when patch_state = 'Failed' then node_key end) as failed_count,
        count(distinct case when patch_state = 'InstalledPendingReboot' then node_key end) as pending_reboot_count,
        count(distinct case when patch_state = 'InstalledRejected' then node_key end) as rejected_count,
        string_agg(distinct environment, '; ' order by environment) as environments
    from opened
    group by operating_system, patch_ref
),
severity as (
    select severity_rank, min(severity) as severity
    from core.severity
    group by severity_rank
)
select
    c.operating_system, c.patch_ref, v.severity, r.released_at, c.node_count, c.missing_count, c.failed_count,
    c.pending_reboot_count, c.rejected_count, c.environments
from counted as c
left join severity as v on v.severity_rank = c.worst_rank
left join lag_release as r on r.operating_system = c.operating_system and r.patch_ref = c.patch_ref
order by c.node_count desc, c.worst_rank nulls last, c.operating_system, c.patch_ref

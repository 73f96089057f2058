-- purpose: which advisories does a node of Amazon Linux 2023 lack although its last scan lists no patch for them?
-- inputs:  core.node_key, core.node_patch, core.patch_key, core.patch_package, core.advisory, core.advisory_package,
--          core.release_feed, lag/release_stand
-- grain:   one row per account_id, region, node_id, advisory_id
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id    varchar    AWS account of the node
--   region        varchar    Region of the node
--   node_id       varchar    EC2 instance id or hybrid managed node id
--   advisory_id   varchar    security advisory out by as_of, above what is installed
--   severity      varchar    severity as the vendor spells it, null when not told
--   published_at  timestamp  publication [UTC]
--   packages      varchar    installed packages that it would raise, a semicolon between
with seen as (
    -- what is installed, and what the scan lists as open: either covers the advisories up to its version
    select k.account_id, k.region, k.node_id, v.package, v.arch, max(v.version_key) as covered_key
    from lag_release_stand as s
    inner join core.node_key as k
        on k.account_id = s.account_id and k.region = s.region and k.node_id = s.node_id
    inner join core.node_patch as p
        on p.node_key = k.node_key and p.valid_from <= $as_of and p.valid_to > $as_of
        and p.patch_state <> 'NotApplicable'
    inner join core.patch_key as t on t.patch_key = p.patch_key
    inner join core.patch_package as v
        on v.patch_ref = t.patch_ref and v.version_order = 'rpm' and v.os_release = '2023'
    group by k.account_id, k.region, k.node_id, v.package, v.arch
)
select
    n.account_id, n.region, n.node_id, a.advisory_id, a.severity, a.published_at,
    string_agg(distinct n.package, ';' order by n.package) as packages
from seen as n
inner join core.advisory_package as f
    on f.package = n.package and f.arch = n.arch and f.fixed_version_key > n.covered_key and f.os_release = '2023'
inner join core.release_feed as r on r.feed = f.feed and r.operating_system = 'AMAZON_LINUX_2023'
inner join core.advisory as a on a.feed = f.feed and a.advisory_id = f.advisory_id
where a.kind = 'security' and a.published_at <= $as_of
group by n.account_id, n.region, n.node_id, a.advisory_id, a.severity, a.published_at
order by n.account_id, n.region, n.node_id, a.advisory_id

-- purpose: how does each known node stand towards one vulnerability: affected, fixed, without a finding, or not seen?
-- inputs:  core.advisory, core.node_key, core.node_patch, core.patch_key, core.release_feed, core.windows_kb_cve,
--          fleet/node_coverage, risk/asset, risk/patch_cve, risk/sighting, risk/vulnerability
-- grain:   one row per account_id, region, node_id
-- params:
--   as_of                timestamp  report instant [UTC]
--   cve_id               varchar    vulnerability
--   stale_after_days     integer    a scan older than this no longer counts [d]
--   scan_interval_hours  integer    time between two scans of one node [h]
-- columns:
--   account_id      varchar  AWS account of the node
--   region          varchar  Region of the node
--   node_id         varchar  EC2 instance id or hybrid managed node id
--   name            varchar  tag Name, null when untagged
--   environment     varchar  tag Environment, unknown when untagged
--   owner           varchar  tag Owner, null when untagged
--   platform        varchar  display name of the operating system
--   standing        varchar  first that fits: affected, fixed, not seen, not told or no finding
--   coverage_state  varchar  what we know of the node
--   is_suppressed   boolean  affected, and hidden by every scanner that finds it; null when not affected
--   is_exposed      boolean  the internet reaches it; null when that is not known
--   exposure        varchar  how that is known: risk/exposure
with found as (
    select account_id, region, asset_id, is_suppressed
    from risk_sighting
    where cve_id = upper($cve_id) and asset_kind = 'node'
),
fixing as (
    select operating_system, patch_ref
    from risk_patch_cve
    where cve_id = upper($cve_id)
),
spoken as (
    -- of a number that nothing speaks of, silence says nothing
    select
        (select count(1) from risk_sighting where cve_id = upper($cve_id)) + (select count(1) from fixing)
            + (select count(1) from risk_vulnerability where cve_id = upper($cve_id)) as word_count
),
fixed as (
    select distinct n.account_id, n.region, n.node_id
    from core.patch_key as k
    inner join core.node_patch as p
        on p.patch_key = k.patch_key and p.patch_state in ('Installed', 'InstalledOther', 'InstalledRejected')
        and p.valid_from <= $as_of and p.valid_to > $as_of
    inner join core.node_key as i on i.node_key = p.node_key
    inner join fleet_node_coverage as n
        on n.account_id = i.account_id and n.region = i.region and n.node_id = i.node_id
    inner join fixing as f on f.operating_system = n.operating_system and f.patch_ref = k.patch_ref
),
fed as (
    -- systems whose advisories are held; what a scanner names of one patch says nothing of the others
    select distinct f.operating_system
    from core.release_feed as f
    inner join core.advisory as a on a.feed = f.feed
    union
    select distinct 'WINDOWS' from core.windows_kb_cve
)
select
    n.account_id, n.region, n.node_id, n.name, n.environment, n.owner, n.platform,
    case
        when o.asset_id is not null then 'affected'
        when x.node_id is not null then 'fixed'
        when n.coverage_state <> 'fresh' then 'not seen'
        when w.word_count = 0 or s.operating_system is null and (a.node_id is null or a.inspector_silence is not null) then 'not told'
        else 'no finding'
    end as standing,
    n.coverage_state, o.is_suppressed, a.is_exposed, a.exposure
from fleet_node_coverage as n
cross join spoken as w
left join found as o on o.account_id = n.account_id and o.region = n.region and o.asset_id = n.node_id
left join fixed as x on x.account_id = n.account_id and x.region = n.region and x.node_id = n.node_id
left join fed as s on s.operating_system = n.operating_system
left join risk_asset as a on a.account_id = n.account_id and a.region = n.region and a.node_id = n.node_id
order by n.account_id, n.region, n.node_id

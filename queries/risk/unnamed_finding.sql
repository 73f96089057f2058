-- purpose: how many findings name no vulnerability, and why? They are in no item, and are not lost
-- inputs:  core.release_feed, core.advisory, core.windows_kb_cve, risk/finding,
--          risk/inspector_finding, risk/open_patch
-- grain:   one row per scanner, reason
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   scanner        varchar  Systems Manager or Inspector
--   reason         varchar  why no vulnerability is known: no security update, no feed of its system, ...
--   finding_count  bigint   findings without a vulnerability [findings]
--   asset_count    bigint   assets that have one [assets]
--   scanner_count  bigint   all findings of the scanner, the denominator [findings]
with named as (
    select distinct account_id, region, asset_id, scanner, finding_ref from risk_finding
),
fed as (
    select distinct f.operating_system
    from core.release_feed as f
    inner join core.advisory as a on a.feed = f.feed
    union
    select distinct 'WINDOWS' from core.windows_kb_cve
),
every as (
    select
        o.account_id, o.region, o.node_id as asset_id, 'Systems Manager' as scanner, o.patch_ref as finding_ref,
        case
            when o.operating_system is null then 'the operating system of the node is not known'
            when o.classification is null then 'its classification is not told'
            when o.classification not in ('Security', 'SecurityUpdates', 'CriticalUpdates') then 'no security update'
            when d.operating_system is null then 'no feed of advisories for its system is held'
            else 'no advisory names it, or it names no vulnerability'
        end as reason
    from risk_open_patch as o
    left join fed as d on d.operating_system = o.operating_system
    union all
    select
        account_id, region, asset_id, 'Inspector', finding_arn, case
            when vulnerability_id like 'KB%' then 'an update whose vulnerabilities are not known'
            when vulnerability_id is null then 'a fault in own code'
            else 'a vulnerability without a CVE number'
        end
    from risk_inspector_finding
)
select
    e.scanner, e.reason, count(1) as finding_count,
    count(distinct e.account_id || e.region || e.asset_id) as asset_count,
    max(t.scanner_count) as scanner_count
from every as e
inner join (select scanner, count(1) as scanner_count from every group by scanner) as t on t.scanner = e.scanner
left join named as n
    on n.account_id = e.account_id and n.region = e.region and n.asset_id = e.asset_id and n.scanner = e.scanner
    and n.finding_ref = e.finding_ref
where n.finding_ref is null
group by e.scanner, e.reason
order by e.scanner, finding_count desc, e.reason

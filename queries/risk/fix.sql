-- purpose: what has to be done on each asset before a vulnerability is gone from it, part by part?
-- inputs:  risk/finding, risk/patch_readiness
-- grain:   one row per account_id, region, asset_kind, asset_id, cve_id, part
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id      varchar    AWS account
--   region          varchar    Region
--   asset_kind      varchar    node, image or function
--   asset_id        varchar    as risk/finding names it
--   cve_id          varchar    vulnerability
--   part            varchar    the scanner's own name of the finding
--   package         varchar    package, or KB number, that has to be brought up to date; null when no fix is named
--   readiness       varchar    as risk/patch_readiness; by hand (no patch is listed), none (no fix for all) or not told
--   withheld_until  timestamp  a rule approves it then [UTC], null when not withheld and when no rule ever does
--   baseline_id     varchar    baseline that withholds or approves it, null when no patch is listed for it
--   is_os_package   boolean    every package that has it is of the operating system, null when not told
with finding as (
    select
        account_id, region, asset_kind, asset_id, cve_id, scanner, finding_ref, fix_available, is_os_package,
        fix_ref, regexp_extract(fix_ref, 'KB[0-9]{6,8}') as kb_id
    from risk_finding
),
listed as (
    select
        f.account_id, f.region, f.asset_kind, f.asset_id, f.cve_id, f.finding_ref, r.package,
        coalesce(r.readiness, 'out of reach') as readiness, r.withheld_until, r.baseline_id
    from finding as f
    left join risk_patch_readiness as r
        on r.account_id = f.account_id and r.region = f.region and r.node_id = f.asset_id
        and r.patch_ref = f.finding_ref
    where f.scanner = 'Systems Manager'
),
managed as (
    select account_id, region, asset_kind, asset_id, cve_id
    from listed
    group by account_id, region, asset_kind, asset_id, cve_id
)
select
    account_id, region, asset_kind, asset_id, cve_id, finding_ref as part, package, readiness, withheld_until,
    baseline_id, true as is_os_package
from listed
union all
-- where Systems Manager lists the patch, what another scanner finds in the operating system is the same matter
select
    f.account_id, f.region, f.asset_kind, f.asset_id, f.cve_id, f.finding_ref,
    -- packages come with the version that mends them; a Windows update is its number
    case when f.kb_id <> '' then f.kb_id else rtrim(regexp_replace(f.fix_ref, ' [^ ;]*(;|$)', ';', 'g'), ';') end,
    case when f.fix_available <> 'yes' then 'none' when f.fix_ref is null then 'not told' else 'by hand' end,
    null, null, f.is_os_package
from finding as f
left join managed as m
    on m.account_id = f.account_id and m.region = f.region and m.asset_kind = f.asset_kind
    and m.asset_id = f.asset_id and m.cve_id = f.cve_id
where f.scanner <> 'Systems Manager' and (m.cve_id is null or not coalesce(f.is_os_package, true))
order by account_id, region, asset_kind, asset_id, cve_id, part

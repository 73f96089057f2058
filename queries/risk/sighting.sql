-- purpose: which vulnerability is open on which asset, whatever number of scanners find it?
-- inputs:  core.severity, risk/finding
-- grain:   one row per account_id, region, asset_kind, asset_id, cve_id
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id            varchar    AWS account that owns the asset
--   region                varchar    Region
--   asset_kind            varchar    node, image or function
--   asset_id              varchar    node id; repository@digest of an image; ARN of a function
--   cve_id                varchar    vulnerability
--   by_manager            boolean    Systems Manager lists a patch that mends it and is not effective
--   by_inspector          boolean    Inspector finds it
--   by_ecr                boolean    basic scanning of ECR finds it
--   scanners              varchar    those that find it, a semicolon between
--   scanner_count         bigint     their number [scanners]
--   is_suppressed         boolean    every scanner that finds it hides it
--   severity              varchar    gravest of the scanners, as core.severity spells it; null when none is told
--   severity_rank         integer    its rank, 1 the gravest; null when none is told
--   patch_severity        varchar    gravest word of the open patches that mend it, as risk/open_patch; null when none
--   patch_refs            varchar    patches that mend it, a semicolon between; null when none is named
--   fix_available         varchar    yes, no or partial by the scanner that knows of most; null when none tells
--   is_exploit_available  boolean    an exploit is known to a scanner, null when none tells
--   is_os_package         boolean    a package of the operating system has it, null when none tells
--   first_observed_at     timestamp  when a scanner first found it [UTC]
--   manager_from_at       timestamp  when our snapshots first listed such a patch as open [UTC], null when none does
--   inspector_from_at     timestamp  when Inspector first found it [UTC], null when it does not
--   released_at           timestamp  earliest vendor release of a patch that mends it [UTC], null when not known
with ranked as (
    select
        f.account_id, f.region, f.asset_kind, f.asset_id, f.cve_id, f.scanner, f.is_suppressed, f.patch_ref,
        case f.fix_available when 'yes' then 1 when 'partial' then 2 when 'no' then 3 end as fix_rank,
        f.is_exploit_available, f.is_os_package, f.first_observed_at, f.released_at, s.severity_rank,
        -- the word after its rank, so that the least is the gravest and, of one rank, always the same
        lpad(cast(s.severity_rank as varchar), 2, '0') || s.severity as severity,
        -- curves of lag/survival are kept by the patch's own word, also by one that core.severity does not know
        case when f.scanner = 'Systems Manager' then
            lpad(cast(coalesce(s.severity_rank, 99) as varchar), 2, '0') || f.severity end as patch_severity
    from risk_finding as f
    left join core.severity as s on lower(s.severity) = lower(f.severity)
),
joined as (
    select
        account_id, region, asset_kind, asset_id, cve_id, bool_or(scanner = 'Systems Manager') as by_manager,
        bool_or(scanner = 'Inspector') as by_inspector, bool_or(scanner = 'ECR') as by_ecr,
        bool_and(is_suppressed) as is_suppressed, substr(min(severity), 3) as severity,
        min(severity_rank) as severity_rank, substr(min(patch_severity), 3) as patch_severity,
        string_agg(distinct patch_ref, '; ' order by patch_ref) as patch_refs, min(fix_rank) as fix_rank,
        bool_or(is_exploit_available) as is_exploit_available, bool_or(is_os_package) as is_os_package,
        min(first_observed_at) as first_observed_at,
        min(case when scanner = 'Systems Manager' then first_observed_at end) as manager_from_at,
        min(case when scanner = 'Inspector' then first_observed_at end) as inspector_from_at,
        min(released_at) as released_at
    from ranked
    group by account_id, region, asset_kind, asset_id, cve_id
)
select
    account_id, region, asset_kind, asset_id, cve_id, by_manager, by_inspector, by_ecr,
    substr(
        case when by_ecr then '; ECR' else '' end || case when by_inspector then '; Inspector' else '' end
        || case when by_manager then '; Systems Manager' else '' end, 3
    ) as scanners,
    cast(by_manager as bigint) + cast(by_inspector as bigint) + cast(by_ecr as bigint) as scanner_count,
    is_suppressed, severity, severity_rank, patch_severity,
    patch_refs, case fix_rank when 1 then 'yes' when 2 then 'partial' when 3 then 'no' end as fix_available,
    is_exploit_available, is_os_package, first_observed_at, manager_from_at, inspector_from_at, released_at
from joined
order by account_id, region, asset_kind, asset_id, cve_id

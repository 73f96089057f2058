-- purpose: which vulnerability does which scanner find open on which asset, since when, and what would mend it?
-- inputs:  core.ecr_image, core.ecr_image_finding, lag/release, risk/inspector_finding, risk/open_patch, risk/patch_cve
-- grain:   one row per account_id, region, asset_kind, asset_id, cve_id, scanner, finding_ref
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id            varchar    AWS account that owns the asset
--   region                varchar    Region
--   asset_kind            varchar    node, image or function
--   asset_id              varchar    node id; repository@digest of an image; ARN of a function
--   cve_id                varchar    vulnerability
--   scanner               varchar    Systems Manager (a patch that is not effective), Inspector or ECR (basic scanning)
--   finding_ref           varchar    the scanner's own name of it: patch, ARN of the finding, or CVE and package
--   severity              varchar    in the scanner's own words
--   patch_ref             varchar    patch that mends it: KB number or title of the package; null when none is named
--   fix_ref               varchar    patch, or packages with the version that mends them; null when none is named
--   fix_available         varchar    yes, no or partial, null when not told
--   is_suppressed         boolean    a rule of the account hides it from the scanner's reader
--   is_exploit_available  boolean    an exploit is known to the scanner, null when it does not tell
--   is_os_package         boolean    every package that has it is of the operating system, null when not told
--   released_at           timestamp  vendor release of the patch [UTC], null when not known
--   first_observed_at     timestamp  by Inspector its own word, else our first snapshot that has it [UTC]
--   last_observed_at      timestamp  last look that showed it [UTC], null when not told
with inspected as (
    select account_id, region, finding_arn, unnest(string_split(cve_ids, ';')) as cve_id
    from risk_inspector_finding
    where cve_ids is not null
    union all
    -- a KB number without its list stands for what is known of it
    select f.account_id, f.region, f.finding_arn, p.cve_id
    from risk_inspector_finding as f
    inner join risk_patch_cve as p on p.operating_system = 'WINDOWS' and p.patch_ref = f.vulnerability_id
    where f.cve_ids is null
),
-- what Inspector finds and ECR passes on is Inspector's
scanned as (
    select
        account_id, region, repository_name, image_digest, cve_id, package_name, severity, fixed_in_version,
        fix_available, is_exploit_available, last_observed_at, valid_to,
        min(valid_from) over (
            partition by account_id, region, repository_name, image_digest, cve_id, package_name
        ) as first_observed_at
    from core.ecr_image_finding
    where valid_from <= $as_of and scan_type = 'BASIC' and cve_id like 'CVE-%'
)
select
    o.account_id, o.region, 'node' as asset_kind, o.node_id as asset_id, p.cve_id, 'Systems Manager' as scanner,
    o.patch_ref as finding_ref, o.severity, o.patch_ref, o.patch_ref as fix_ref, 'yes' as fix_available,
    false as is_suppressed, cast(null as boolean) as is_exploit_available, true as is_os_package, o.released_at,
    o.first_observed_at, o.last_scan_at as last_observed_at
from risk_open_patch as o
inner join risk_patch_cve as p on p.operating_system = o.operating_system and p.patch_ref = o.patch_ref
union all
select
    f.account_id, f.region, f.asset_kind, f.asset_id, i.cve_id, 'Inspector', f.finding_arn, f.severity,
    case when f.vulnerability_id like 'KB%' then f.vulnerability_id end, coalesce(f.fix_ref, r.patch_ref),
    f.fix_available, f.is_suppressed, f.is_exploit_available, f.is_os_package, r.released_at, f.first_observed_at,
    f.last_observed_at
from risk_inspector_finding as f
inner join inspected as i on i.account_id = f.account_id and i.region = f.region and i.finding_arn = f.finding_arn
left join lag_release as r on r.operating_system = 'WINDOWS' and r.patch_ref = f.vulnerability_id
union all
select
    s.account_id, s.region, 'image', m.image_ref, s.cve_id, 'ECR', rtrim(s.cve_id || ' ' || s.package_name),
    s.severity, null, s.package_name || ' ' || s.fixed_in_version, lower(s.fix_available), false,
    s.is_exploit_available, null, null, s.first_observed_at, s.last_observed_at
from scanned as s
inner join core.ecr_image as m
    on m.account_id = s.account_id and m.region = s.region and m.repository_name = s.repository_name
    and m.image_digest = s.image_digest and m.valid_from <= $as_of and m.valid_to > $as_of
where s.valid_to > $as_of
order by account_id, region, asset_kind, asset_id, cve_id, scanner, finding_ref

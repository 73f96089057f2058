-- purpose: what does Amazon Inspector find open, on which asset, with which fix?
-- inputs:  core.inspector_finding, core.inspector_package, lag/node_clock
-- grain:   one row per account_id, region, finding_arn that is open, ways into a network left out
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id            varchar    AWS account that owns the asset
--   region                varchar    Region
--   asset_kind            varchar    node, image or function
--   asset_id              varchar    node id; repository@digest of an image; ARN of a function
--   finding_arn           varchar    finding
--   vulnerability_id      varchar    CVE; of Windows updates the KB number; or a number of another list
--   cve_ids               varchar    CVE numbers that it names, a semicolon between; null when none
--   severity              varchar    Inspector's own
--   fix_ref               varchar    packages with the version that mends each, a semicolon between; null when none
--   fix_available         varchar    yes, no or partial, null when not told
--   is_suppressed         boolean    a rule of the account hides it
--   is_exploit_available  boolean    an exploit is known to Inspector, null when not told
--   is_os_package         boolean    every package that has it is of the operating system, null when not told
--   first_observed_at     timestamp  when Inspector first found it [UTC]
--   last_observed_at      timestamp  when it last did [UTC]
with package as (
    select
        account_id, region, finding_arn, bool_or(package_manager <> 'OS') as is_beside,
        count(package_manager) = count(1) as is_told, string_agg(distinct named, '; ' order by named) as fix_ref,
        count(fixed_in_version) as fixed_count
    from (
        select
            account_id, region, finding_arn, package_manager, fixed_in_version,
            package_name || coalesce(' ' || fixed_in_version, '') as named
        from core.inspector_package
        where valid_from <= $as_of and valid_to > $as_of
    ) as p
    group by account_id, region, finding_arn
),
found as (
    select
        account_id, region, finding_arn, vulnerability_id, severity, lower(fix_available) as fix_available, status,
        is_exploit_available, first_observed_at, last_observed_at,
        nullif(array_to_string(regexp_extract_all(related_ids, '"(CVE-[^"]+)"', 1), ';'), '') as related,
        case resource_type
            when 'AWS_EC2_INSTANCE' then 'node' when 'AWS_ECR_CONTAINER_IMAGE' then 'image'
            when 'AWS_LAMBDA_FUNCTION' then 'function'
        end as asset_kind, case resource_type
            when 'AWS_ECR_CONTAINER_IMAGE'
                then replace(split_part(resource_id, ':repository/', 2), '/sha256:', '@sha256:') else resource_id
        end as asset_id
    from core.inspector_finding
    where valid_from <= $as_of and valid_to > $as_of and status in ('ACTIVE', 'SUPPRESSED')
        and finding_type is distinct from 'NETWORK_REACHABILITY'
)
select
    f.account_id, f.region, f.asset_kind, f.asset_id, f.finding_arn, f.vulnerability_id,
    case when f.vulnerability_id like 'CVE-%' then f.vulnerability_id else f.related end as cve_ids, f.severity,
    case when p.fixed_count > 0 then p.fix_ref end as fix_ref, f.fix_available,
    f.status = 'SUPPRESSED' as is_suppressed, f.is_exploit_available,
    case when p.is_beside then false when p.is_told then true end as is_os_package, f.first_observed_at,
    f.last_observed_at
from found as f
left join package as p on p.account_id = f.account_id and p.region = f.region and p.finding_arn = f.finding_arn
left join lag_node_clock as c on c.account_id = f.account_id and c.region = f.region and c.node_id = f.asset_id
-- Inspector goes on listing a node for days after it went
where f.asset_kind is not null and c.gone_at is null
order by f.account_id, f.region, f.asset_kind, f.asset_id, f.finding_arn

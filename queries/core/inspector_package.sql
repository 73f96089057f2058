-- purpose: packages in which Amazon Inspector found a vulnerability, and the version that mends it
-- inputs:  raw.inspector2_open_finding, raw.inspector2_finding, core.inspector_finding_now
-- grain:   one row per account_id, region, finding_arn, package_name, package_version, file_path
-- key:     account_id, region, finding_arn, package_name, package_version, file_path
-- columns:
--   account_id        varchar  AWS account that owns the resource
--   region            varchar  Region
--   finding_arn       varchar  finding
--   package_name      varchar  package, of Windows the system itself
--   package_version   varchar  version that is there, as epoch:version-release where it has these
--   file_path         varchar  file that brings it, empty for a package of the operating system
--   package_manager   varchar  OS, PYTHONPKG, NPM, ...; null when not told
--   fixed_in_version  varchar  version that mends it, a KB number on Windows; null when there is none
--   observation_id    integer  observation of the listing
with told as (
    select account_id, region, aws_account_id, finding_arn, updated_at, package_vulnerability_details as details,
        observation_id
    from raw.inspector2_open_finding
    union all
    select account_id, region, aws_account_id, finding_arn, updated_at, package_vulnerability_details, observation_id
    from raw.inspector2_finding
),
package as (
    select f.account_id, t.region, t.finding_arn, t.observation_id,
        unnest(json_extract(t.details, '$.vulnerablePackages[*]')) as package
    from told as t
    inner join core.inspector_finding_now as f
        on f.account_id = coalesce(t.aws_account_id, t.account_id) and f.region = t.region
        and f.finding_arn = t.finding_arn and f.updated_at is not distinct from t.updated_at
),
named as (
    select
        account_id, region, finding_arn, observation_id, json_extract_string(package, '$.name') as package_name,
        coalesce(json_extract_string(package, '$.epoch') || ':', '')
        || coalesce(json_extract_string(package, '$.version'), '')
        || coalesce('-' || nullif(json_extract_string(package, '$.release'), ''), '') as package_version,
        coalesce(json_extract_string(package, '$.filePath'), '') as file_path,
        nullif(json_extract_string(package, '$.packageManager'), '') as package_manager,
        nullif(json_extract_string(package, '$.fixedInVersion'), '') as fixed_in_version
    from package
),
ranked as (
    select
        account_id, region, finding_arn, package_name, package_version, file_path, package_manager, fixed_in_version,
        observation_id, row_number() over (
            partition by account_id, region, finding_arn, package_name, package_version, file_path
            order by observation_id desc, fixed_in_version desc nulls last
        ) as choice
    from named
    where package_name is not null
)
select
    account_id, region, finding_arn, package_name, package_version, file_path, package_manager, fixed_in_version,
    observation_id
from ranked
where choice = 1

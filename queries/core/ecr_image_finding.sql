-- purpose: vulnerabilities that ECR tells of an image: those of its own scan, or of Inspector's where it passes them on
-- inputs:  raw.ecr_image_scan
-- grain:   one row per account_id, region, repository_name, image_digest, cve_id, package_name
-- key:     account_id, region, repository_name, image_digest, cve_id, package_name
-- columns:
--   account_id            varchar    AWS account
--   region                varchar    Region
--   repository_name       varchar    repository
--   image_digest          varchar    digest of the image
--   cve_id                varchar    CVE, for some the name that the scanner gives it
--   package_name          varchar    package, empty when not told
--   package_version       varchar    version that is there; null when not told
--   scan_type             varchar    BASIC: ECR's own; ENHANCED: Inspector's
--   severity              varchar    the scanner's: CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL, UNDEFINED or UNTRIAGED
--   score                 double     its score [0 to 10], null when not told
--   fixed_in_version      varchar    version that mends it, null when there is none; basic scanning does not tell
--   fix_available         varchar    YES, NO or PARTIAL; null when not told, which basic scanning never does
--   is_exploit_available  boolean    an exploit is known, null when not told, which basic scanning never does
--   first_observed_at     timestamp  when Inspector first found it [UTC], null for basic scanning
--   last_observed_at      timestamp  when Inspector last did, for basic scanning the end of the scan [UTC]
--   observation_id        integer    observation of the answer
with basic as (
    select account_id, region, split_part(item, '@', 1) as repository_name, split_part(item, '@', 2) as image_digest,
        json_extract_string(image_scan_findings, '$.imageScanCompletedAt') as scanned, observation_id,
        unnest(json_extract(image_scan_findings, '$.findings[*]')) as finding
    from raw.ecr_image_scan
),
attribute as (
    -- a finding without any is one all the same
    select account_id, region, repository_name, image_digest, scanned, observation_id, finding, unnest(from_json(
            case when json_array_length(finding, '$.attributes') > 0 then json_extract(finding, '$.attributes')
                else '[{}]' end, '[{"key":"VARCHAR","value":"VARCHAR"}]')) as pair
    from basic
),
enhanced as (
    select account_id, region, split_part(item, '@', 1) as repository_name, split_part(item, '@', 2) as image_digest,
        observation_id, unnest(json_extract(image_scan_findings, '$.enhancedFindings[*]')) as finding
    from raw.ecr_image_scan
),
package as (
    select account_id, region, repository_name, image_digest, observation_id, finding,
        unnest(json_extract(finding, '$.packageVulnerabilityDetails.vulnerablePackages[*]')) as package
    from enhanced
    union all
    select account_id, region, repository_name, image_digest, observation_id, finding, null
    from enhanced
    where coalesce(json_array_length(finding, '$.packageVulnerabilityDetails.vulnerablePackages'), 0) = 0
),
told as (
    select
        account_id, region, repository_name, image_digest, json_extract_string(finding, '$.name') as cve_id,
        max(case when pair."key" = 'package_name' then pair.value end) as package_name,
        max(case when pair."key" = 'package_version' then pair.value end) as package_version, 'BASIC' as scan_type,
        json_extract_string(finding, '$.severity') as severity,
        max(case when pair."key" like 'CVSS%_SCORE' then try_cast(pair.value as double) end) as score,
        cast(null as varchar) as fixed_in_version, finding, cast(scanned as timestamp) as last_observed_at,
        observation_id
    from attribute
    group by account_id, region, repository_name, image_digest, finding, scanned, observation_id
    union all
    select
        account_id, region, repository_name, image_digest,
        json_extract_string(finding, '$.packageVulnerabilityDetails.vulnerabilityId'),
        json_extract_string(package, '$.name'), json_extract_string(package, '$.version'), 'ENHANCED',
        json_extract_string(finding, '$.severity'), cast(json_extract_string(finding, '$.score') as double),
        nullif(json_extract_string(package, '$.fixedInVersion'), ''), finding,
        cast(json_extract_string(finding, '$.lastObservedAt') as timestamp), observation_id
    from package
)
select
    account_id, region, repository_name, image_digest, cve_id, coalesce(package_name, '') as package_name,
    min(package_version) as package_version, min(scan_type) as scan_type, min(severity) as severity,
    max(score) as score, max(fixed_in_version) as fixed_in_version,
    max(json_extract_string(finding, '$.fixAvailable')) as fix_available,
    max(json_extract_string(finding, '$.exploitAvailable')) = 'YES' as is_exploit_available,
    min(try_cast(json_extract_string(finding, '$.firstObservedAt') as timestamp)) as first_observed_at,
    max(last_observed_at) as last_observed_at, max(observation_id) as observation_id
from told
where cve_id is not null
group by account_id, region, repository_name, image_digest, cve_id, coalesce(package_name, '')

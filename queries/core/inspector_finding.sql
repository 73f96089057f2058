-- purpose: vulnerabilities that Amazon Inspector found, as it last spoke of them
-- inputs:  raw.inspector2_open_finding, raw.inspector2_finding, core.observation
-- grain:   one row per account_id, region, finding_arn
-- key:     account_id, region, finding_arn
-- columns:
--   account_id            varchar    AWS account that owns the resource
--   region                varchar    Region
--   finding_arn           varchar    finding
--   resource_type         varchar    AWS_EC2_INSTANCE, AWS_ECR_CONTAINER_IMAGE or AWS_LAMBDA_FUNCTION
--   resource_id           varchar    instance id, for images and functions their ARN
--   finding_type          varchar    PACKAGE_VULNERABILITY, NETWORK_REACHABILITY or CODE_VULNERABILITY
--   status                varchar    ACTIVE, SUPPRESSED (open, and a rule of the account hides it) or CLOSED
--   severity              varchar    Inspector's own: CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL or UNTRIAGED
--   vulnerability_id      varchar    CVE; of Windows updates the KB number, which stands for its CVEs; null of others
--   related_ids           varchar    CVEs behind a KB number, or related ones, as a JSON array; null when none
--   inspector_score       double     score in its environment [0 to 10], null when not told
--   epss_score            double     EPSS as Inspector has it, of a KB number the highest [0 to 1], null when not told
--   is_exploit_available  boolean    an exploit is known to Inspector, null when not told
--   fix_available         varchar    YES, NO or PARTIAL (of some of its packages), null when not told
--   vendor_severity       varchar    severity by the vendor, null when not told
--   vendor_created_at     timestamp  when the vendor first told of it [UTC], null when not told
--   first_observed_at     timestamp  when Inspector first found it [UTC]
--   last_observed_at      timestamp  when it last did, as of the change that we have [UTC]
--   updated_at            timestamp  last change of the finding [UTC]
--   observation_id        integer    observation of the listing that last showed it
with told as (
    select
        account_id, region, aws_account_id, finding_arn, type, status, severity, resources, inspector_score, epss,
        exploit_available, fix_available, package_vulnerability_details as details, first_observed_at,
        last_observed_at, updated_at, observation_id, true as is_whole
    from raw.inspector2_open_finding
    union all
    select
        account_id, region, aws_account_id, finding_arn, type, status, severity, resources, inspector_score, epss,
        exploit_available, fix_available, package_vulnerability_details, first_observed_at, last_observed_at,
        updated_at, observation_id, false
    from raw.inspector2_finding
),
whole as (
    select account_id, region, max(observed_at) as listed_at
    from core.observation
    where source = 'inspector2_open_finding'
    group by account_id, region
),
ranked as (
    select
        t.account_id, t.region, t.aws_account_id, t.finding_arn, t.type, t.status, t.severity, t.resources,
        t.inspector_score, t.epss, t.exploit_available, t.fix_available, t.details, t.first_observed_at,
        t.last_observed_at, t.updated_at, t.observation_id, t.is_whole, o.observed_at, row_number() over (
            partition by t.account_id, t.region, t.finding_arn
            order by t.updated_at desc nulls last, t.is_whole desc, t.observation_id desc
        ) as choice
    from told as t left join core.observation as o on o.observation_id = t.observation_id
)
select
    coalesce(r.aws_account_id, r.account_id) as account_id, r.region, r.finding_arn,
    json_extract_string(r.resources, '$[0].type') as resource_type,
    json_extract_string(r.resources, '$[0].id') as resource_id, r.type as finding_type, r.status, r.severity,
    json_extract_string(r.details, '$.vulnerabilityId') as vulnerability_id,
    nullif(cast(json_extract(r.details, '$.relatedVulnerabilities') as varchar), '[]') as related_ids,
    r.inspector_score, cast(json_extract_string(r.epss, '$.score') as double) as epss_score,
    r.exploit_available = 'YES' as is_exploit_available, r.fix_available,
    nullif(json_extract_string(r.details, '$.vendorSeverity'), '') as vendor_severity,
    try_cast(json_extract_string(r.details, '$.vendorCreatedAt') as timestamp) as vendor_created_at,
    r.first_observed_at, r.last_observed_at, r.updated_at, r.observation_id
from ranked as r
left join whole as w on w.account_id = r.account_id and w.region = r.region
-- what was open and is in no later listing of all that are open is gone with its resource
where r.choice = 1
    and (r.is_whole or r.status = 'CLOSED' or w.listed_at is null or r.observed_at >= w.listed_at)

-- purpose: approval rules of the patch baselines that were read
-- inputs:  raw.ssm_patch_baseline_detail
-- grain:   one row per account_id, region, baseline_id, rule_number
-- key:     account_id, region, baseline_id, rule_number
-- columns:
--   account_id           varchar  AWS account that sees the baseline
--   region               varchar  Region
--   baseline_id          varchar  patch baseline, without the ARN around AWS's own
--   rule_number          bigint   place in the baseline, from 1
--   compliance_level     varchar  level of the patches it approves
--   approve_after_days   bigint   days between release and approval [d], null when no days are set
--   approve_until_date   date     patches released up to this day are approved, null when days are set
--   enable_non_security  boolean  approves updates that are not security-related, null when not told
--   products             varchar  products as a JSON array, ["*"] for all
--   classifications      varchar  classifications as a JSON array, ["*"] for all
--   severities           varchar  severities or priorities as a JSON array, ["*"] for all
--   observation_id       integer  observation of the baselines
with rule_list as (
    select
        account_id, region, split_part(baseline_id, '/', -1) as baseline_id, observation_id,
        from_json(json_extract(approval_rules, '$.PatchRules'), '[{"ComplianceLevel": "VARCHAR",
            "ApproveAfterDays": "BIGINT", "ApproveUntilDate": "VARCHAR", "EnableNonSecurity": "BOOLEAN",
            "PatchFilterGroup": {"PatchFilters": [{"Key": "VARCHAR", "Values": "JSON"}]}}]') as rules
    from raw.ssm_patch_baseline_detail
),
rule as (
    select
        account_id, region, baseline_id, observation_id, unnest(rules) as body,
        generate_subscripts(rules, 1) as rule_number
    from rule_list
),
filter_row as (
    select account_id, region, baseline_id, rule_number, unnest(body."PatchFilterGroup"."PatchFilters") as patch_filter
    from rule
),
filter_set as (
    -- Windows says MSRC_SEVERITY, most Linux SEVERITY, Debian and Ubuntu PRIORITY (API reference, PatchFilter)
    select
        account_id, region, baseline_id, rule_number,
        max(case when patch_filter."Key" = 'PRODUCT' then cast(patch_filter."Values" as varchar) end) as products,
        max(case when patch_filter."Key" = 'CLASSIFICATION'
            then cast(patch_filter."Values" as varchar) end) as classifications,
        max(case when patch_filter."Key" in ('MSRC_SEVERITY', 'SEVERITY', 'PRIORITY')
            then cast(patch_filter."Values" as varchar) end) as severities
    from filter_row
    group by account_id, region, baseline_id, rule_number
)
select
    r.account_id, r.region, r.baseline_id, cast(r.rule_number as bigint) as rule_number,
    r.body."ComplianceLevel" as compliance_level, r.body."ApproveAfterDays" as approve_after_days,
    cast(nullif(r.body."ApproveUntilDate", '') as date) as approve_until_date,
    r.body."EnableNonSecurity" as enable_non_security, coalesce(f.products, '["*"]') as products,
    coalesce(f.classifications, '["*"]') as classifications, coalesce(f.severities, '["*"]') as severities,
    r.observation_id
from rule as r
left join filter_set as f
    on f.account_id = r.account_id and f.region = r.region
    and f.baseline_id = r.baseline_id and f.rule_number = r.rule_number

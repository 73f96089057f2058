-- purpose: patches that the Windows baselines in force approve, and from when
-- inputs:  raw.ssm_effective_patch
-- grain:   one row per account_id, region, baseline_id, patch_ref
-- key:     account_id, region, baseline_id, patch_ref
-- columns:
--   account_id         varchar    AWS account that sees the baseline
--   region             varchar    Region
--   baseline_id        varchar    patch baseline, without the ARN around AWS's own
--   patch_ref          varchar    KB number, else the title
--   deployment_status  varchar    APPROVED, PENDING_APPROVAL, EXPLICIT_APPROVED or EXPLICIT_REJECTED
--   approved_at        timestamp  approval, past or due [UTC], null when the service gives none
--   compliance_level   varchar    level the baseline gives it
--   observation_id     integer    observation of the baselines
with effective as (
    select
        account_id, region, split_part(baseline_id, '/', -1) as baseline_id,
        json_extract_string(patch, '$.KbNumber') as kb_number, json_extract_string(patch, '$.Title') as title,
        json_extract_string(patch_status, '$.DeploymentStatus') as deployment_status,
        cast(json_extract_string(patch_status, '$.ApprovalDate') as timestamp) as approved_at,
        json_extract_string(patch_status, '$.ComplianceLevel') as compliance_level, observation_id
    from raw.ssm_effective_patch
),
named as (
    select
        account_id, region, baseline_id, deployment_status, approved_at, compliance_level, observation_id,
        case
            when kb_number like 'KB%' then kb_number when nullif(kb_number, '') is not null then 'KB' || kb_number
            else title
        end as patch_ref
    from effective
),
ranked as (
    -- one KB may stand for several products: the earliest approval counts
    select
        account_id, region, baseline_id, patch_ref, deployment_status, approved_at, compliance_level, observation_id,
        row_number() over (
            partition by account_id, region, baseline_id, patch_ref
            order by approved_at nulls last, deployment_status, compliance_level
        ) as choice
    from named
    where patch_ref is not null
)
select account_id, region, baseline_id, patch_ref, deployment_status, approved_at, compliance_level, observation_id
from ranked
where choice = 1

-- purpose: what each patch baseline that was read sets, one subject a row, so that baselines can be compared
-- inputs:  raw.ssm_patch_baseline_detail, core.baseline_rule_now
-- grain:   one row per account_id, region, baseline_id, aspect, subject, setting
-- key:     account_id, region, baseline_id, aspect, subject, setting
-- columns:
--   account_id      varchar  AWS account that sees the baseline
--   region          varchar  Region
--   baseline_id     varchar  patch baseline, without the ARN around AWS's own
--   aspect          varchar  approval, compliance level, approved or rejected by name, source, two on updates
--   subject         varchar  product, classification, severity of a rule; a patch as the list names it; a source; all
--   setting         varchar  what the baseline sets for the subject
--   observation_id  integer  observation of the baselines
with rule as (
    select
        account_id, region, baseline_id, observation_id, compliance_level, enable_non_security,
        case
            when approve_until_date is not null then 'released up to ' || strftime(approve_until_date, '%Y-%m-%d')
            when coalesce(approve_after_days, 0) = 0 then 'at once'
            else approve_after_days || ' days after release'
        end as approval, products, classifications, severities
    from core.baseline_rule_now
),
named as (
    select
        r.account_id, r.region, r.baseline_id, r.observation_id, r.compliance_level, r.enable_non_security, r.approval,
        case when p.product = '*' then '' else p.product || ', ' end
        || case when c.classification = '*' then 'all classifications' else c.classification end || ', '
        || case when s.severity = '*' then 'all severities' else s.severity end as subject
    from rule as r
    cross join unnest(from_json(r.products, '["VARCHAR"]')) as p(product)
    cross join unnest(from_json(r.classifications, '["VARCHAR"]')) as c(classification)
    cross join unnest(from_json(r.severities, '["VARCHAR"]')) as s(severity)
),
listed as (
    select
        account_id, region, split_part(baseline_id, '/', -1) as baseline_id, observation_id,
        unnest(from_json(approved_patches, '["VARCHAR"]')) as approved, null as rejected,
        coalesce(approved_patches_compliance_level, 'UNSPECIFIED') as setting
    from raw.ssm_patch_baseline_detail
    union all
    select
        account_id, region, split_part(baseline_id, '/', -1), observation_id, null,
        unnest(from_json(rejected_patches, '["VARCHAR"]')), coalesce(rejected_patches_action, 'ALLOW_AS_DEPENDENCY')
    from raw.ssm_patch_baseline_detail
),
source as (
    select
        account_id, region, split_part(baseline_id, '/', -1) as baseline_id, observation_id,
        unnest(from_json(sources, '[{"Name":"VARCHAR","Products":"VARCHAR"}]')) as body
    from raw.ssm_patch_baseline_detail
),
every_setting as (
    select account_id, region, baseline_id, 'approval' as aspect, subject, approval as setting, observation_id
    from named
    union all
    select account_id, region, baseline_id, 'compliance level', subject, compliance_level, observation_id from named
    union all
    select account_id, region, baseline_id, 'non-security updates', subject, 'approved as well', observation_id
    from named
    where enable_non_security
    union all
    select account_id, region, baseline_id, 'approved by name', approved, 'level ' || setting, observation_id
    from listed
    where approved is not null
    union all
    select account_id, region, baseline_id, 'rejected by name', rejected, setting, observation_id from listed
    where rejected is not null
    union all
    select account_id, region, baseline_id, 'source', body."Name", body."Products", observation_id from source
    union all
    select account_id, region, split_part(baseline_id, '/', -1), 'updates not approved', 'all',
        available_security_updates_compliance_status, observation_id
    from raw.ssm_patch_baseline_detail
)
select account_id, region, baseline_id, aspect, subject, setting, max(observation_id) as observation_id
from every_setting
where subject is not null and setting is not null
group by account_id, region, baseline_id, aspect, subject, setting

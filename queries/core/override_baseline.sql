-- purpose: the baselines inside the baseline overrides that were read
-- inputs:  raw.s3_override_object
-- grain:   one row per account_id, region, override_url, baseline_number
-- key:     account_id, region, override_url, baseline_number
-- columns:
--   account_id            varchar  AWS account whose runs are given it
--   region                varchar  Region
--   override_url          varchar  the object, as the association names it
--   baseline_number       bigint   place in the object, from 1
--   operating_system      varchar  operating system it is for, as Systems Manager spells it; null when not told
--   baseline_id           varchar  patch baseline it is a copy of, null when the object does not say
--   baseline_name         varchar  its name, null when the object does not say
--   rule_count            bigint   approval rules [rules]
--   approved_patch_count  bigint   patches approved by name [patches]
--   rejected_patch_count  bigint   patches rejected by name [patches]
--   observation_id        integer  observation of the object
with object as (
    select account_id, region, item as override_url, observation_id, from_json(try_cast(body as json),
        '[{"OperatingSystem": "VARCHAR", "BaselineId": "VARCHAR", "Name": "VARCHAR", "ApprovalRules": "JSON",
            "ApprovedPatches": "JSON", "RejectedPatches": "JSON"}]') as baselines
    from raw.s3_override_object
),
baseline as (
    select
        account_id, region, override_url, observation_id, unnest(baselines) as body,
        generate_subscripts(baselines, 1) as baseline_number
    from object
)
select
    account_id, region, override_url, cast(baseline_number as bigint) as baseline_number,
    nullif(body."OperatingSystem", '') as operating_system,
    split_part(nullif(body."BaselineId", ''), '/', -1) as baseline_id, nullif(body."Name", '') as baseline_name,
    cast(coalesce(json_array_length(body."ApprovalRules", '$.PatchRules'), 0) as bigint) as rule_count,
    cast(coalesce(json_array_length(body."ApprovedPatches"), 0) as bigint) as approved_patch_count,
    cast(coalesce(json_array_length(body."RejectedPatches"), 0) as bigint) as rejected_patch_count, observation_id
from baseline

-- purpose: patch baselines, AWS's and own, with what they approve and reject by name
-- inputs:  raw.ssm_patch_baseline, raw.ssm_patch_baseline_detail
-- grain:   one row per account_id, region, baseline_id
-- key:     account_id, region, baseline_id
-- columns:
--   account_id                                  varchar    AWS account that sees it
--   region                                      varchar    Region
--   baseline_id                                 varchar    patch baseline, without the ARN around AWS's own
--   baseline_name                               varchar    name
--   operating_system                            varchar    operating system as Systems Manager spells it
--   is_default                                  boolean    default baseline of its operating system
--   is_aws_owned                                boolean    predefined by AWS
--   approved_patches_compliance_level           varchar    level of patches approved by name, null when not read
--   rejected_patches_action                     varchar    ALLOW_AS_DEPENDENCY or BLOCK, null when not read
--   rejected_patch_count                        bigint     patches rejected by name [patches], null when not read
--   approved_patch_count                        bigint     patches approved by name [patches], null when not read
--   rejected_patches                            varchar    patches rejected by name as a JSON array, null when not read
--   approved_patches                            varchar    patches approved by name as a JSON array, null when not read
--   available_security_updates_compliance_status  varchar  how unapproved security updates count, null when not told
--   created_at                                  timestamp  creation [UTC], null when not read
--   modified_at                                 timestamp  last change [UTC], null when not read
--   observation_id                              integer    observation of the listing
select
    b.account_id, b.region, split_part(b.baseline_id, '/', -1) as baseline_id, b.baseline_name, b.operating_system,
    b.default_baseline as is_default, b.baseline_id like 'arn:%' or b.baseline_name like 'AWS-%' as is_aws_owned,
    d.approved_patches_compliance_level, d.rejected_patches_action,
    case when d.baseline_id is not null
        then cast(coalesce(json_array_length(d.rejected_patches), 0) as bigint) end as rejected_patch_count,
    case when d.baseline_id is not null
        then cast(coalesce(json_array_length(d.approved_patches), 0) as bigint) end as approved_patch_count,
    case when d.baseline_id is not null
        then coalesce(cast(d.rejected_patches as varchar), '[]') end as rejected_patches,
    case when d.baseline_id is not null
        then coalesce(cast(d.approved_patches as varchar), '[]') end as approved_patches,
    d.available_security_updates_compliance_status, d.created_date as created_at, d.modified_date as modified_at,
    b.observation_id
from raw.ssm_patch_baseline as b
left join raw.ssm_patch_baseline_detail as d
    on d.account_id = b.account_id and d.region = b.region
    and split_part(d.baseline_id, '/', -1) = split_part(b.baseline_id, '/', -1)

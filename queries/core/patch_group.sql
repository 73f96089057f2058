-- purpose: which patch baseline serves which patch group
-- inputs:  raw.ssm_patch_group
-- grain:   one row per account_id, region, patch_group, operating_system
-- key:     account_id, region, patch_group, operating_system
-- columns:
--   account_id        varchar  AWS account
--   region            varchar  Region
--   patch_group       varchar  patch group
--   operating_system  varchar  operating system as Systems Manager spells it
--   baseline_id       varchar  patch baseline, without the ARN around AWS's own
--   observation_id    integer  observation of the listing
select
    account_id, region, patch_group,
    -- "The default value is WINDOWS" (API reference, PatchBaselineIdentity)
    coalesce(json_extract_string(baseline_identity, '$.OperatingSystem'), 'WINDOWS') as operating_system,
    split_part(json_extract_string(baseline_identity, '$.BaselineId'), '/', -1) as baseline_id, observation_id
from raw.ssm_patch_group

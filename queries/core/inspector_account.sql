-- purpose: where Amazon Inspector is activated, and for what
-- inputs:  raw.inspector2_account
-- grain:   one row per account_id, region
-- key:     account_id, region
-- columns:
--   account_id      varchar  AWS account
--   region          varchar  Region
--   status          varchar  ENABLED, DISABLED or on the way to one of them
--   ec2_status      varchar  the same for scanning instances
--   ecr_status      varchar  the same for scanning images of containers
--   lambda_status   varchar  the same for scanning functions, null when not told
--   observation_id  integer  observation of the status
select
    account_id, region, json_extract_string(state, '$.status') as status,
    json_extract_string(resource_state, '$.ec2.status') as ec2_status,
    json_extract_string(resource_state, '$.ecr.status') as ecr_status,
    json_extract_string(resource_state, '$.lambda.status') as lambda_status, observation_id
from raw.inspector2_account
where own_account_id = account_id

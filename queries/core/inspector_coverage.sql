-- purpose: what Amazon Inspector scans, how and when last, and why it does not scan the rest
-- inputs:  raw.inspector2_coverage
-- grain:   one row per account_id, region, resource_type, resource_id, scan_type
-- key:     account_id, region, resource_type, resource_id, scan_type
-- columns:
--   account_id       varchar    AWS account that owns the resource
--   region           varchar    Region
--   resource_type    varchar    AWS_EC2_INSTANCE, AWS_ECR_CONTAINER_IMAGE or AWS_LAMBDA_FUNCTION
--   resource_id      varchar    instance id, for images and functions their ARN
--   scan_type        varchar    PACKAGE, NETWORK or CODE: what it looks at
--   scan_mode        varchar    by agent or by snapshot of the volumes (EC2_AGENTLESS), null when not told
--   scan_status      varchar    ACTIVE or INACTIVE
--   scan_reason      varchar    SUCCESSFUL, or why it is not scanned or not yet
--   last_scanned_at  timestamp  last look [UTC], null when there was none or it is not told
--   observation_id   integer    observation of the listing
select
    coalesce(own_account_id, account_id) as account_id, region, resource_type, resource_id, scan_type, scan_mode,
    json_extract_string(scan_status, '$.statusCode') as scan_status,
    json_extract_string(scan_status, '$.reason') as scan_reason, last_scanned_at, observation_id
from raw.inspector2_coverage

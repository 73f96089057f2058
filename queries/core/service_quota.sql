-- purpose: quotas of EC2 and Auto Scaling as they apply to an account in a Region
-- inputs:  raw.service_quotas_quota
-- grain:   one row per account_id, region, service_code, quota_code
-- key:     account_id, region, service_code, quota_code
-- columns:
--   account_id      varchar  AWS account
--   region          varchar  Region
--   service_code    varchar  service as Service Quotas names it: ec2, autoscaling
--   quota_code      varchar  quota (L-...)
--   quota_name      varchar  name, which says what is counted; "Running On-Demand ... instances" count vCPUs
--   quota_value     double   the most there may be [unit, else pieces], null when the service could not tell
--   unit            varchar  unit of the value, null for pieces
--   is_adjustable   boolean  AWS raises it on request
--   is_global       boolean  one for all Regions
--   applied_level   varchar  ACCOUNT or RESOURCE, null when not told
--   usage_resource  varchar  Resource dimension of the CloudWatch metric that counts its use, null when none does
--   error_code      varchar  why the service could not tell the value, null when it could
--   observation_id  integer  observation of the listing
select
    account_id, region, service_code, quota_code, quota_name,
    case when json_extract_string(error_reason, '$.ErrorCode') is null then value end as quota_value,
    nullif(unit, 'None') as unit, adjustable as is_adjustable, global_quota as is_global,
    quota_applied_at_level as applied_level,
    json_extract_string(usage_metric, '$.MetricDimensions.Resource') as usage_resource,
    json_extract_string(error_reason, '$.ErrorCode') as error_code, observation_id
from raw.service_quotas_quota

-- purpose: findings in the images of an Image Builder pipeline that scans, by severity
-- inputs:  raw.imagebuilder_scan_count
-- grain:   one row per account_id, region, pipeline_arn
-- key:     account_id, region, pipeline_arn
-- columns:
--   account_id      varchar  AWS account
--   region          varchar  Region
--   pipeline_arn    varchar  pipeline
--   finding_count   bigint   findings of all severities
--   critical_count  bigint   critical ones
--   high_count      bigint   high ones
--   medium_count    bigint   medium ones
--   observation_id  integer  observation of the counts
select
    account_id, region, image_pipeline_arn as pipeline_arn,
    cast(json_extract_string(severity_counts, '$.all') as bigint) as finding_count,
    cast(json_extract_string(severity_counts, '$.critical') as bigint) as critical_count,
    cast(json_extract_string(severity_counts, '$.high') as bigint) as high_count,
    cast(json_extract_string(severity_counts, '$.medium') as bigint) as medium_count, observation_id
from raw.imagebuilder_scan_count

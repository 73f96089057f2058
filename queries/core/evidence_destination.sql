-- purpose: where evidence of patching goes: output of commands, data syncs, trails, patch policies; settings only
-- inputs:  core.command_output_now, raw.ssm_resource_data_sync, raw.cloudtrail_trail,
--          raw.ssm_quicksetup_manager_detail
-- grain:   one row per account_id, region, evidence_kind, evidence_name, destination
-- key:     account_id, region, evidence_kind, evidence_name, destination
-- columns:
--   account_id          varchar    AWS account whose evidence it is
--   region              varchar    Region it was read in
--   evidence_kind       varchar    window task, association, command, data sync, trail or patch policy
--   evidence_name       varchar    id or name; of commands the document that they ran
--   destination_kind    varchar    bucket or log group
--   destination         varchar    name of the bucket, name or ARN of the log group
--   prefix              varchar    prefix in the bucket, null when none or a log group
--   destination_region  varchar    Region of the bucket, null when not told
--   has_kms_key         boolean    written with a KMS key of its own, null when these settings do not tell
--   is_organization     boolean    collects for the whole organisation
--   last_status         varchar    how the last delivery ended, null when these settings do not tell
--   last_delivered_at   timestamp  last delivery that succeeded [UTC], null when these settings do not tell
--   observation_id      integer    observation of the settings
with policy as (
    select account_id, region, manager_arn, observation_id, unnest(from_json(configuration_definitions,
        '[{"Parameters": {"OutputLogEnableS3": "VARCHAR", "OutputS3BucketName": "VARCHAR",
            "OutputS3KeyPrefix": "VARCHAR", "OutputBucketRegion": "VARCHAR"}}]')) as body
    from raw.ssm_quicksetup_manager_detail
),
evidence as (
    select
        account_id, region, evidence_kind, evidence_name, destination_kind, destination, prefix, destination_region,
        cast(null as boolean) as has_kms_key, false as is_organization, cast(null as varchar) as last_status,
        cast(null as timestamp) as last_delivered_at, observation_id
    from core.command_output_now
    union all
    select
        account_id, region, 'data sync', sync_name, 'bucket', json_extract_string(s3_destination, '$.BucketName'),
        json_extract_string(s3_destination, '$.Prefix'), json_extract_string(s3_destination, '$.Region'),
        json_extract_string(s3_destination, '$.AWSKMSKeyARN') is not null,
        coalesce(json_extract_string(s3_destination, '$.DestinationDataSharing.DestinationDataSharingType')
            = 'Organization', false),
        last_status, last_successful_sync_time, observation_id
    from raw.ssm_resource_data_sync
    union all
    select
        account_id, region, 'trail', trail_arn, 'bucket', s3_bucket_name, s3_key_prefix, null, kms_key_id is not null,
        coalesce(is_organization_trail, false), null, null, observation_id
    from raw.cloudtrail_trail
    union all
    select
        account_id, region, 'trail', trail_arn, 'log group', cloud_watch_logs_log_group_arn, null, null, null,
        coalesce(is_organization_trail, false), null, null, observation_id
    from raw.cloudtrail_trail
    union all
    select
        account_id, region, 'patch policy', manager_arn, 'bucket', body."Parameters"."OutputS3BucketName",
        body."Parameters"."OutputS3KeyPrefix", body."Parameters"."OutputBucketRegion", null, false, null, null,
        observation_id
    from policy
    where body."Parameters"."OutputLogEnableS3" = 'true'
)
select
    account_id, region, evidence_kind, evidence_name, destination_kind, destination, nullif(prefix, '') as prefix,
    nullif(destination_region, '') as destination_region, has_kms_key, is_organization, last_status,
    last_delivered_at, observation_id
from evidence
where nullif(destination, '') is not null

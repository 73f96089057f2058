-- purpose: where the output of window tasks, associations and commands is written; settings only
-- inputs:  raw.ssm_window_task, raw.ssm_window_task_detail, raw.ssm_association_detail, raw.ssm_command
-- grain:   one row per account_id, region, evidence_kind, evidence_name, destination
-- key:     account_id, region, evidence_kind, evidence_name, destination
-- columns:
--   account_id           varchar  AWS account
--   region               varchar  Region
--   evidence_kind        varchar  window task, association or command
--   evidence_name        varchar  id of the task or association, of commands the document that they ran
--   destination_kind     varchar  bucket or log group
--   destination          varchar  name of the bucket or log group
--   prefix               varchar  prefix in the bucket, null when none or a log group
--   destination_region   varchar  Region of the bucket, null when not told
--   observation_id       integer  observation of the settings
with task as (
    -- the older LoggingInfo and the newer parameters of a run command say the same
    select
        t.account_id, t.region, t.window_task_id, t.observation_id, t.logging_info as logging,
        split_part(t.task_arn, '/', -1) as document,
        json_extract(d.task_invocation_parameters, '$.RunCommand') as run
    from raw.ssm_window_task as t
    left join raw.ssm_window_task_detail as d
        on d.account_id = t.account_id and d.region = t.region
        and d.window_id = t.window_id and d.window_task_id = t.window_task_id
),
output as (
    select
        account_id, region, 'window task' as evidence_kind, window_task_id as evidence_name,
        'bucket' as destination_kind,
        coalesce(json_extract_string(run, '$.OutputS3BucketName'), json_extract_string(logging, '$.S3BucketName'))
            as destination,
        coalesce(json_extract_string(run, '$.OutputS3KeyPrefix'), json_extract_string(logging, '$.S3KeyPrefix'))
            as prefix,
        json_extract_string(logging, '$.S3Region') as destination_region, observation_id
    from task
    union all
    select
        account_id, region, 'window task', window_task_id, 'log group',
        -- without a name the log group is called after the document (API reference, CloudWatchOutputConfig)
        coalesce(json_extract_string(run, '$.CloudWatchOutputConfig.CloudWatchLogGroupName'), 'aws/ssm/' || document),
        null, null, observation_id
    from task
    where json_extract_string(run, '$.CloudWatchOutputConfig.CloudWatchOutputEnabled') = 'true'
    union all
    select
        account_id, region, 'association', association_id, 'bucket',
        json_extract_string(output_location, '$.S3Location.OutputS3BucketName'),
        json_extract_string(output_location, '$.S3Location.OutputS3KeyPrefix'),
        json_extract_string(output_location, '$.S3Location.OutputS3Region'), observation_id
    from raw.ssm_association_detail
    union all
    select
        account_id, region, 'command', document_name, 'bucket', output_s3_bucket_name, max(output_s3_key_prefix),
        max(output_s3_region), max(observation_id)
    from raw.ssm_command
    group by account_id, region, document_name, output_s3_bucket_name
    union all
    select
        account_id, region, 'command', document_name, 'log group', coalesce(
            json_extract_string(cloud_watch_output_config, '$.CloudWatchLogGroupName'), 'aws/ssm/' || document_name
        ) as log_group, null, null, max(observation_id)
    from raw.ssm_command
    where json_extract_string(cloud_watch_output_config, '$.CloudWatchOutputEnabled') = 'true'
    group by account_id, region, document_name, log_group
)
select
    account_id, region, evidence_kind, evidence_name, destination_kind, destination, nullif(prefix, '') as prefix,
    nullif(destination_region, '') as destination_region, observation_id
from output
where nullif(destination, '') is not null

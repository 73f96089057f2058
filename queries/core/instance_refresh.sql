-- purpose: instance refreshes of the last six weeks: how each replacement of a group went
-- inputs:  raw.autoscaling_instance_refresh
-- grain:   one row per account_id, region, auto_scaling_group, instance_refresh_id
-- key:     account_id, region, auto_scaling_group, instance_refresh_id
-- columns:
--   account_id               varchar    AWS account
--   region                   varchar    Region
--   auto_scaling_group       varchar    group
--   instance_refresh_id      varchar    refresh
--   refresh_status           varchar    Successful, Failed, Cancelled, RollbackSuccessful, InProgress, ...
--   status_reason            varchar    why, in the service's words; null when it says nothing
--   strategy                 varchar    Rolling or ReplaceRootVolume
--   started_at               timestamp  begin [UTC], null while it waits
--   ended_at                 timestamp  end [UTC], null while it runs
--   duration_seconds         bigint     begin to end [s], null while it runs
--   complete_share           double     share of the members replaced
--   left_count               bigint     members not yet replaced
--   min_healthy_share        double     least healthy share while it runs, null when not told
--   max_healthy_share        double     most, above 1 when new ones come first, null when not told
--   skips_matching           boolean    members that already match stay, null when not told
--   rolls_back               boolean    it rolls back by itself when it fails, null when not told
--   rollback_reason          varchar    why it was rolled back, null when it was not
--   rollback_started_at      timestamp  begin of the rollback [UTC], null when there was none
--   launch_template_id       varchar    launch template it wanted, null when the group's own
--   launch_template_version  varchar    version it wanted, as named, null when the group's own
--   observation_id           integer    observation of the group's refreshes
select
    account_id, region, auto_scaling_group_name as auto_scaling_group, instance_refresh_id, status as refresh_status,
    status_reason, strategy, start_time as started_at, end_time as ended_at,
    date_diff('second', start_time, end_time) as duration_seconds, percentage_complete / 100.0 as complete_share,
    instances_to_update as left_count,
    cast(json_extract_string(preferences, '$.MinHealthyPercentage') as double) / 100 as min_healthy_share,
    cast(json_extract_string(preferences, '$.MaxHealthyPercentage') as double) / 100 as max_healthy_share,
    cast(json_extract_string(preferences, '$.SkipMatching') as boolean) as skips_matching,
    cast(json_extract_string(preferences, '$.AutoRollback') as boolean) as rolls_back,
    json_extract_string(rollback_details, '$.RollbackReason') as rollback_reason,
    cast(json_extract_string(rollback_details, '$.RollbackStartTime') as timestamp) as rollback_started_at,
    coalesce(json_extract_string(desired_configuration, '$.LaunchTemplate.LaunchTemplateId'), json_extract_string(
        desired_configuration, '$.MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification.LaunchTemplateId'
    )) as launch_template_id,
    coalesce(json_extract_string(desired_configuration, '$.LaunchTemplate.Version'), json_extract_string(
        desired_configuration, '$.MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification.Version'
    )) as launch_template_version, observation_id
from raw.autoscaling_instance_refresh

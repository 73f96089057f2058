-- purpose: deployments of ECS services: the one that counts, and older ones that still run
-- inputs:  raw.ecs_service
-- grain:   one row per account_id, region, service_arn, deployment_id
-- key:     account_id, region, service_arn, deployment_id
-- latest:  desired_count, running_count, failed_count, updated_at
-- columns:
--   account_id           varchar    AWS account
--   region               varchar    Region
--   service_arn          varchar    service
--   deployment_id        varchar    deployment
--   deployment_status    varchar    PRIMARY (the latest), ACTIVE (being replaced) or INACTIVE
--   rollout_state        varchar    COMPLETED, FAILED or IN_PROGRESS, null when not told
--   rollout_reason       varchar    why, in the service's words; null when it says nothing
--   task_definition_arn  varchar    task definition it runs
--   platform_version     varchar    version of Fargate's platform it names, null off Fargate
--   created_at           timestamp  begin [UTC]
--   updated_at           timestamp  last change [UTC]
--   desired_count        bigint     tasks it wants
--   running_count        bigint     tasks that run
--   failed_count         bigint     tasks that failed since it began, null when not told
--   observation_id       integer    observation of the services
with each_one as (
    select account_id, region, service_arn, observation_id, unnest(cast(deployments as json[])) as deployment
    from raw.ecs_service
    where deployments is not null
)
select
    account_id, region, service_arn, json_extract_string(deployment, '$.id') as deployment_id,
    json_extract_string(deployment, '$.status') as deployment_status,
    json_extract_string(deployment, '$.rolloutState') as rollout_state,
    json_extract_string(deployment, '$.rolloutStateReason') as rollout_reason,
    json_extract_string(deployment, '$.taskDefinition') as task_definition_arn,
    json_extract_string(deployment, '$.platformVersion') as platform_version,
    try_cast(json_extract_string(deployment, '$.createdAt') as timestamp) as created_at,
    try_cast(json_extract_string(deployment, '$.updatedAt') as timestamp) as updated_at,
    cast(json_extract_string(deployment, '$.desiredCount') as bigint) as desired_count,
    cast(json_extract_string(deployment, '$.runningCount') as bigint) as running_count,
    cast(json_extract_string(deployment, '$.failedTasks') as bigint) as failed_count, observation_id
from each_one

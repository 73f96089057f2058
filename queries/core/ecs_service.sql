-- purpose: ECS services: what each runs, on what, and what happens where a deployment of it fails
-- inputs:  raw.ecs_service
-- grain:   one row per account_id, region, service_arn
-- key:     account_id, region, service_arn
-- latest:  desired_count, running_count, pending_count
-- columns:
--   account_id            varchar    AWS account
--   region                varchar    Region
--   service_arn           varchar    service
--   service_name          varchar    name
--   cluster_arn           varchar    its cluster
--   service_status        varchar    ACTIVE, DRAINING or INACTIVE
--   launch_type           varchar    FARGATE, EC2, EXTERNAL or MANAGED_INSTANCES, null where capacity providers decide
--   platform_version      varchar    version of Fargate's platform it names, LATEST or a number; null off Fargate
--   task_definition_arn   varchar    task definition it runs
--   has_circuit_breaker   boolean    a deployment whose tasks fail ends by itself, null where ECS does not deploy
--   rolls_back            boolean    it then goes back to what ran before, null as before
--   deployment_strategy   varchar    ROLLING, BLUE_GREEN, LINEAR or CANARY, null when not told
--   deployment_control    varchar    who deploys: ECS, CODE_DEPLOY or EXTERNAL
--   min_healthy_share     double     least share of its tasks that stay healthy meanwhile, null when not told
--   max_share             double     most, above 1 when new ones come first, null when not told
--   tags                  varchar    tags, as a JSON array of key and value; null when none
--   created_at            timestamp  creation [UTC]
--   desired_count         bigint     tasks it wants
--   running_count         bigint     tasks that run
--   pending_count         bigint     tasks that wait to run
--   observation_id        integer    observation of the services
with told as (
    select
        account_id, region, service_arn, service_name, cluster_arn, status, launch_type, platform_version,
        task_definition, deployment_configuration as how,
        coalesce(json_extract_string(deployment_controller, '$.type'), 'ECS') as deployment_control,
        tags, created_at, desired_count, running_count, pending_count, observation_id
    from raw.ecs_service
)
select
    account_id, region, service_arn, service_name, cluster_arn, status as service_status, launch_type,
    platform_version, task_definition as task_definition_arn,
    case when deployment_control = 'ECS'
        then coalesce(cast(json_extract_string(how, '$.deploymentCircuitBreaker.enable') as boolean), false)
    end as has_circuit_breaker,
    case when deployment_control = 'ECS'
        then coalesce(cast(json_extract_string(how, '$.deploymentCircuitBreaker.rollback') as boolean), false)
    end as rolls_back,
    json_extract_string(how, '$.strategy') as deployment_strategy, deployment_control,
    cast(json_extract_string(how, '$.minimumHealthyPercent') as double) / 100 as min_healthy_share,
    cast(json_extract_string(how, '$.maximumPercent') as double) / 100 as max_share,
    nullif(cast(tags as varchar), '[]') as tags, created_at, desired_count, running_count, pending_count,
    observation_id
from told

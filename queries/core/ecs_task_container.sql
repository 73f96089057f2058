-- purpose: containers of the ECS tasks that run, each with the digest of the image that it really runs
-- inputs:  raw.ecs_task
-- grain:   one row per account_id, region, task_arn, container_name
-- key:     account_id, region, task_arn, container_name
-- columns:
--   account_id              varchar    AWS account
--   region                  varchar    Region
--   task_arn                varchar    task
--   container_name          varchar    container in it
--   cluster_arn             varchar    its cluster
--   task_group              varchar    service:<name> of a service's task, family:<name> of one started by itself
--   task_definition_arn     varchar    task definition it was made from
--   task_status             varchar    RUNNING, PENDING, ...
--   launch_type             varchar    FARGATE, EC2, EXTERNAL or MANAGED_INSTANCES
--   platform_version        varchar    version of Fargate's platform it runs on, null off Fargate
--   container_instance_arn  varchar    instance it runs on, null on Fargate
--   image                   varchar    image as the task definition names it
--   image_digest            varchar    digest of the image that runs, null while it is not pulled or not told
--   started_at              timestamp  when the task began to run [UTC], null before
--   observation_id          integer    observation of the tasks
with each_one as (
    select
        account_id, region, task_arn, cluster_arn, "group" as task_group, task_definition_arn, last_status,
        launch_type, platform_version, container_instance_arn, started_at, observation_id,
        unnest(cast(containers as json[])) as container
    from raw.ecs_task
    where containers is not null
)
select
    account_id, region, task_arn, json_extract_string(container, '$.name') as container_name, cluster_arn,
    task_group, task_definition_arn, last_status as task_status, launch_type, platform_version,
    container_instance_arn, json_extract_string(container, '$.image') as image,
    json_extract_string(container, '$.imageDigest') as image_digest, started_at, observation_id
from each_one

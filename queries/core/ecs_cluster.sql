-- purpose: ECS clusters, and what runs in each
-- inputs:  raw.ecs_cluster
-- grain:   one row per account_id, region, cluster_arn
-- key:     account_id, region, cluster_arn
-- latest:  container_instance_count, running_task_count, pending_task_count, active_service_count
-- columns:
--   account_id                varchar  AWS account
--   region                    varchar  Region
--   cluster_arn               varchar  cluster
--   cluster_name              varchar  name
--   cluster_status            varchar  ACTIVE, PROVISIONING, DEPROVISIONING, FAILED or INACTIVE
--   capacity_providers        varchar  capacity providers, as a JSON array; null when none
--   tags                      varchar  tags, as a JSON array of key and value; null when none
--   container_instance_count  bigint   instances that have joined it
--   running_task_count        bigint   tasks that run
--   pending_task_count        bigint   tasks that wait to run
--   active_service_count      bigint   services
--   observation_id            integer  observation of the clusters
select
    account_id, region, cluster_arn, cluster_name, status as cluster_status,
    nullif(cast(capacity_providers as varchar), '[]') as capacity_providers,
    nullif(cast(tags as varchar), '[]') as tags, registered_container_instances_count as container_instance_count,
    running_tasks_count as running_task_count, pending_tasks_count as pending_task_count,
    active_services_count as active_service_count, observation_id
from raw.ecs_cluster

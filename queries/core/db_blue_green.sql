-- purpose: blue/green deployments of databases: an upgrade prepared on a copy, and whether it was switched over
-- inputs:  raw.rds_blue_green
-- grain:   one row per account_id, region, blue_green_id
-- key:     account_id, region, blue_green_id
-- columns:
--   account_id         varchar    AWS account
--   region             varchar    Region
--   blue_green_id      varchar    deployment
--   blue_green_name    varchar    its name
--   source_arn         varchar    database in use: blue
--   target_arn         varchar    the copy: green, null while it is made
--   blue_green_status  varchar    PROVISIONING, AVAILABLE, SWITCHOVER_COMPLETED, SWITCHOVER_FAILED, DELETING, ...
--   status_details     varchar    why, in the service's words; null when it says nothing
--   open_task_count    bigint     tasks before the switch that are not completed
--   is_under_way       boolean    neither switched over nor being deleted: both copies run and are paid for
--   created_at         timestamp  creation [UTC]
--   observation_id     integer    observation of the listing
select
    account_id, region, blue_green_deployment_identifier as blue_green_id,
    blue_green_deployment_name as blue_green_name, source as source_arn, target as target_arn,
    status as blue_green_status, status_details,
    (
        select count(*)
        from (select unnest(from_json(tasks, '["JSON"]')) as task) as each_task
        where json_extract_string(task, '$.Status') <> 'COMPLETED'
    ) as open_task_count,
    status not in ('SWITCHOVER_COMPLETED', 'DELETING') as is_under_way, create_time as created_at, observation_id
from raw.rds_blue_green

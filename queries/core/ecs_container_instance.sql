-- purpose: instances that ECS clusters run on: which EC2 instance each is, and the version of its agent
-- inputs:  raw.ecs_container_instance
-- grain:   one row per account_id, region, container_instance_arn
-- key:     account_id, region, container_instance_arn
-- columns:
--   account_id              varchar    AWS account
--   region                  varchar    Region
--   container_instance_arn  varchar    container instance
--   cluster_arn             varchar    its cluster
--   instance_id             varchar    EC2 instance, or managed node of an external one
--   instance_status         varchar    ACTIVE, DRAINING, REGISTERING, ...
--   is_agent_connected      boolean    its agent is in touch with ECS
--   agent_version           varchar    version of the agent
--   docker_version          varchar    version of the container runtime, as the agent tells it
--   image_id                varchar    machine image it was started from, null when not told
--   registered_at           timestamp  when it joined the cluster [UTC]
--   observation_id          integer    observation of the container instances
with attribute as (
    select
        account_id, region, container_instance_arn,
        max(json_extract_string(each_one, '$.value'))
            filter (where json_extract_string(each_one, '$.name') = 'ecs.ami-id') as image_id
    from (
        select account_id, region, container_instance_arn, unnest(cast(attributes as json[])) as each_one
        from raw.ecs_container_instance
    ) as attributes
    group by account_id, region, container_instance_arn
)
select
    i.account_id, i.region, i.container_instance_arn, i.cluster_arn, i.ec_2_instance_id as instance_id,
    i.status as instance_status, i.agent_connected as is_agent_connected,
    json_extract_string(i.version_info, '$.agentVersion') as agent_version,
    json_extract_string(i.version_info, '$.dockerVersion') as docker_version, nullif(a.image_id, '') as image_id,
    i.registered_at, i.observation_id
from raw.ecs_container_instance as i
left join attribute as a
    on a.account_id = i.account_id and a.region = i.region and a.container_instance_arn = i.container_instance_arn

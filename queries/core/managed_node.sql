-- purpose: nodes that Systems Manager manages, hybrid ones included; from a data sync bucket where the API gave none
-- inputs:  raw.ssm_managed_node, raw.datasync_instance_information, core.data_sync_node_now
-- grain:   one row per account_id, region, node_id
-- key:     account_id, region, node_id
-- latest:  last_ping_at
-- columns:
--   account_id          varchar    AWS account
--   region              varchar    Region
--   node_id             varchar    EC2 instance id or hybrid managed node id
--   resource_type       varchar    EC2Instance or ManagedInstance
--   ping_status         varchar    Online, ConnectionLost or Inactive
--   last_ping_at        timestamp  last contact of the agent, by the latest snapshot: its past is not kept [UTC]
--   agent_version       varchar    version of the SSM Agent
--   is_latest_agent     boolean    the agent is the latest version, null when not told
--   platform_type       varchar    Windows, Linux or MacOS
--   platform_name       varchar    operating system as the agent reports it, null before its first report
--   platform_version    varchar    its version, null before its first report
--   computer_name       varchar    host name, null when not told
--   registered_at       timestamp  registration of a hybrid node [UTC], null for EC2 instances
--   activation_id       varchar    activation that registered a hybrid node, null for EC2 instances
--   node_name           varchar    name given to a hybrid node, null for EC2 instances
--   association_status  varchar    state of its State Manager associations, null when there are none
--   instance_status     varchar    Active, Stopped or ConnectionLost by a data sync bucket, null from the API
--   observation_id      integer    observation of the listing or the object
select
    account_id, region, instance_id as node_id, resource_type, ping_status, last_ping_date_time as last_ping_at,
    agent_version, is_latest_version as is_latest_agent, platform_type, nullif(platform_name, '') as platform_name,
    nullif(platform_version, '') as platform_version, computer_name, registration_date as registered_at,
    activation_id, name as node_name, association_status, cast(null as varchar) as instance_status, observation_id
from raw.ssm_managed_node
union all
select
    n.account_id, n.region, n.node_id,
    case when i.resource_type in ('EC2Instance', 'ManagedInstance') then i.resource_type
        when n.node_id like 'mi-%' then 'ManagedInstance' else 'EC2Instance' end as resource_type,
    -- the API says of a node whose agent is silent, stopped ones included, that the connection is lost
    case n.instance_status when 'Active' then 'Online' when 'Stopped' then 'ConnectionLost'
        else n.instance_status end as ping_status,
    i.capture_time as last_ping_at, i.agent_version, cast(null as boolean) as is_latest_agent, i.platform_type,
    nullif(i.platform_name, '') as platform_name, nullif(i.platform_version, '') as platform_version, i.computer_name,
    cast(null as timestamp) as registered_at, cast(null as varchar) as activation_id,
    cast(null as varchar) as node_name, cast(null as varchar) as association_status, n.instance_status, n.observation_id
from core.data_sync_node_now as n
left join raw.datasync_instance_information as i
    on i.account_id = n.account_id and i.region = n.region and i.item = n.node_id
where not exists (
    select 1 from raw.ssm_managed_node as s
    where s.account_id = n.account_id and s.region = n.region and s.instance_id = n.node_id
)

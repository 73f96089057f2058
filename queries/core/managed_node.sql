-- purpose: nodes that Systems Manager manages, hybrid ones included
-- inputs:  raw.ssm_managed_node
-- grain:   one row per account_id, region, node_id
-- key:     account_id, region, node_id
-- columns:
--   account_id          varchar    AWS account
--   region              varchar    Region
--   node_id             varchar    EC2 instance id or hybrid managed node id
--   resource_type       varchar    EC2Instance or ManagedInstance
--   ping_status         varchar    Online, ConnectionLost or Inactive
--   last_ping_at        timestamp  last contact of the agent [UTC]
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
--   observation_id      integer    observation of the listing
select
    account_id, region, instance_id as node_id, resource_type, ping_status, last_ping_date_time as last_ping_at,
    agent_version, is_latest_version as is_latest_agent, platform_type, nullif(platform_name, '') as platform_name,
    nullif(platform_version, '') as platform_version, computer_name, registration_date as registered_at,
    activation_id, name as node_name, association_status, observation_id
from raw.ssm_managed_node

-- purpose: from which observation does what the store holds of one node come, relation by relation?
-- inputs:  core.account, core.instance, core.managed_node, core.node, core.node_inventory, core.node_scan,
--          core.node_tag, core.observation, core.scan_source
-- grain:   one row per relation that holds a row of the node at as_of, of its tags the first
-- params:
--   as_of       timestamp  report instant [UTC]
--   account_id  varchar    AWS account of the node
--   region      varchar    Region of the node
--   node_id     varchar    EC2 instance id or hybrid managed node id
-- columns:
--   relation        varchar    relation of the store
--   valid_from      timestamp  first snapshot that told these values [UTC]
--   observation_id  integer    observation: core.observation
--   snapshot_id     varchar    snapshot that holds the page
--   source          varchar    source of the catalogue
--   seen_account_id varchar    AWS account read
--   seen_region     varchar    Region read
--   item            varchar    item read, null where the listing was read whole
--   observed_at     timestamp  instant of the answer [UTC]
with held as (
    select 'node' as relation, valid_from, valid_to, observation_id, account_id, region, node_id from core.node
    union all
    select 'instance', valid_from, valid_to, observation_id, account_id, region, instance_id from core.instance
    union all
    select 'managed_node', valid_from, valid_to, observation_id, account_id, region, node_id from core.managed_node
    union all
    select 'node_scan', valid_from, valid_to, observation_id, account_id, region, node_id from core.node_scan
    union all
    select 'scan_source', valid_from, valid_to, observation_id, account_id, region, node_id from core.scan_source
    union all
    select 'node_inventory', valid_from, valid_to, observation_id, account_id, region, node_id
    from core.node_inventory
    union all
    select 'node_tag', valid_from, valid_to, observation_id, account_id, region, node_id from core.node_tag
    union all
    select 'account', valid_from, valid_to, observation_id, account_id, $region, $node_id from core.account
),
chosen as (
    select
        relation, valid_from, observation_id,
        row_number() over (partition by relation order by valid_from desc, observation_id desc) as choice
    from held
    where account_id = $account_id and region = $region and node_id = $node_id
        and valid_from <= $as_of and valid_to > $as_of
)
select
    c.relation, c.valid_from, c.observation_id, o.snapshot_id, o.source, o.account_id as seen_account_id,
    o.region as seen_region, o.item, o.observed_at
from chosen as c
inner join core.observation as o on o.observation_id = c.observation_id
where c.choice = 1
order by c.relation

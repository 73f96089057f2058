-- purpose: nodes that a data sync bucket knows and that are not gone since; the bucket itself never forgets one
-- inputs:  raw.datasync_instance_information, raw.datasync_patch_summary, raw.datasync_compliance_item,
--          raw.datasync_object, raw.ec2_instance, raw.ssm_managed_node, core.observation
-- grain:   one row per account_id, region, node_id
-- key:     account_id, region, node_id
-- columns:
--   account_id       varchar    AWS account that the object's key names
--   region           varchar    Region that the object's key names
--   node_id          varchar    EC2 instance id or hybrid managed node id
--   instance_status  varchar    Active, Stopped or ConnectionLost, null when the bucket does not tell
--   modified_at      timestamp  last change of an object about it [UTC]
--   observation_id   integer    observation of the object
with told as (
    select account_id, region, item, observation_id from raw.datasync_instance_information
    union all
    select account_id, region, item, observation_id from raw.datasync_patch_summary
    union all
    select account_id, region, item, observation_id from raw.datasync_compliance_item where compliance_type = 'Patch'
),
known as (
    select account_id, region, item as node_id, max(observation_id) as observation_id
    from told
    group by account_id, region, item
),
modified as (
    select account_id, region, item as node_id, max(last_modified) as modified_at
    from raw.datasync_object
    where type in ('AWS:InstanceInformation', 'AWS:PatchSummary', 'AWS:ComplianceItem')
    group by account_id, region, item
),
listing as (
    select account_id, region, source, max(observed_at) as read_at
    from core.observation
    where source in ('ec2_instance', 'ssm_managed_node')
    group by account_id, region, source
)
select
    k.account_id, k.region, k.node_id, i.instance_status, m.modified_at,
    coalesce(i.observation_id, k.observation_id) as observation_id
from known as k
left join raw.datasync_instance_information as i
    on i.account_id = k.account_id and i.region = k.region and i.item = k.node_id
left join modified as m on m.account_id = k.account_id and m.region = k.region and m.node_id = k.node_id
left join raw.ec2_instance as e
    on e.account_id = k.account_id and e.region = k.region and e.instance_id = k.node_id
left join raw.ssm_managed_node as s
    on s.account_id = k.account_id and s.region = k.region and s.instance_id = k.node_id
left join listing as el on el.account_id = k.account_id and el.region = k.region and el.source = 'ec2_instance'
left join listing as sl on sl.account_id = k.account_id and sl.region = k.region and sl.source = 'ssm_managed_node'
where coalesce(i.instance_status, '') <> 'Terminated'
    -- a listing of the account itself that is newer than the objects, and does not have the node
    and not (k.node_id like 'i-%' and e.instance_id is null and coalesce(el.read_at > m.modified_at, false))
    and not (s.instance_id is null and coalesce(sl.read_at > m.modified_at, false))

-- purpose: every tag of a node, for rules that name nodes by a tag of their own
-- inputs:  raw.ec2_instance, raw.datasync_tag
-- grain:   one row per account_id, region, node_id, tag_key
-- key:     account_id, region, node_id, tag_key
-- columns:
--   account_id      varchar  AWS account
--   region          varchar  Region
--   node_id         varchar  EC2 instance id; hybrid nodes only where a data sync bucket tells their tags
--   tag_key         varchar  tag, as it is spelt
--   tag_value       varchar  its value, may be empty
--   observation_id  integer  observation of the listing
select account_id, region, node_id, pair."Key" as tag_key, pair."Value" as tag_value, observation_id
from (
    select
        account_id, region, instance_id as node_id, observation_id,
        unnest(from_json(tags, '[{"Key":"VARCHAR","Value":"VARCHAR"}]')) as pair
    from raw.ec2_instance
) as pairs
union all
select t.account_id, t.region, t.item as node_id, t.key as tag_key, t.value as tag_value, t.observation_id
from raw.datasync_tag as t
where not exists (
    select 1 from raw.ec2_instance as i
    where i.account_id = t.account_id and i.region = t.region and i.instance_id = t.item
)

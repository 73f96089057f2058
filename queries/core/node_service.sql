-- purpose: which service does each node belong to? What replaces its members keeps its name, whatever their ids
-- inputs:  core.node_now, core.auto_scaling_instance_now, core.node_tag_now, core.launch_template_now,
--          core.service_tag
-- grain:   one row per account_id, region, node_id; terminated instances left out
-- key:     account_id, region, node_id
-- columns:
--   account_id      varchar  AWS account; a service lies in one account and Region
--   region          varchar  Region
--   node_id         varchar  EC2 instance id or hybrid managed node id
--   service_kind    varchar  first that fits: auto scaling group, launch template, fleet, tags, node (itself)
--   service_id      varchar  names the service among its kind in the account and Region
--   service_name    varchar  name to show
--   observation_id  integer  observation of the node
with claim as (
    -- what places nodes by itself, containers say, is one more branch with a precedence of its own
    select
        account_id, region, node_id, 1 as precedence, 'auto scaling group' as service_kind,
        auto_scaling_group as service_id, auto_scaling_group as service_name
    from core.node_now
    where auto_scaling_group is not null
    union all
    select
        account_id, region, instance_id as node_id, 2 as precedence, 'auto scaling group' as service_kind,
        auto_scaling_group as service_id, auto_scaling_group as service_name
    from core.auto_scaling_instance_now
    union all
    -- tags that EC2 sets at the launch; an instant fleet is one launch and replaces nothing, so the template goes first
    select
        t.account_id, t.region, t.node_id,
        case t.tag_key when 'aws:ec2launchtemplate:id' then 3 else 4 end as precedence,
        case t.tag_key when 'aws:ec2launchtemplate:id' then 'launch template' else 'fleet' end as service_kind,
        t.tag_value as service_id, coalesce(l.launch_template_name, t.tag_value) as service_name
    from core.node_tag_now as t
    left join core.launch_template_now as l
        on l.account_id = t.account_id and l.region = t.region and l.launch_template_id = t.tag_value
    where t.tag_key in ('aws:ec2launchtemplate:id', 'aws:ec2:fleet-id', 'aws:ec2spot:fleet-request-id')
    union all
    -- a node that lacks one of the tags is named by none of them
    select
        t.account_id, t.region, t.node_id, 5 as precedence, 'tags' as service_kind,
        string_agg(t.tag_key || '=' || t.tag_value, ', ' order by r.place) as service_id,
        string_agg(t.tag_value, ' / ' order by r.place) as service_name
    from core.node_tag_now as t
    inner join core.service_tag as r on r.tag_key = t.tag_key
    where t.tag_value <> ''
    group by t.account_id, t.region, t.node_id
    having count(1) = (select count(1) from core.service_tag)
    union all
    select
        account_id, region, node_id, 6 as precedence, 'node' as service_kind, node_id as service_id,
        coalesce(name, node_id) as service_name
    from core.node_now
),
ranked as (
    select
        account_id, region, node_id, service_kind, service_id, service_name,
        row_number() over (partition by account_id, region, node_id order by precedence, service_id) as choice
    from claim
)
select n.account_id, n.region, n.node_id, c.service_kind, c.service_id, c.service_name, n.observation_id
from core.node_now as n
inner join ranked as c
    on c.account_id = n.account_id and c.region = n.region and c.node_id = n.node_id and c.choice = 1

-- purpose: which nodes have ever been seen, by what may be asked for: id, name, account and Region?
-- inputs:  core.account, core.node
-- grain:   one row per account_id, region, node_id ever seen by as_of, as it was last seen
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id    varchar    AWS account
--   account_name  varchar    name in the organisation, null when the organisation cannot be read
--   region        varchar    Region
--   node_id       varchar    EC2 instance id or hybrid managed node id
--   name          varchar    tag Name, for a hybrid node its given name; null when it has none
--   group_name    varchar    Auto Scaling group, null when it belongs to none
--   image_id      varchar    image it was launched from, null for a hybrid node
--   is_present    boolean    it is there at the report instant
--   gone_at       timestamp  snapshot that no longer held it [UTC], null while it is there
with last_row as (
    select
        account_id, region, node_id, name, auto_scaling_group as group_name, image_id, valid_to,
        row_number() over (partition by account_id, region, node_id order by valid_from desc) as recency
    from core.node
    where valid_from <= $as_of
),
member as (
    select account_id, account_name
    from core.account
    where valid_from <= $as_of and valid_to > $as_of
)
select
    n.account_id, m.account_name, n.region, n.node_id, n.name, n.group_name, n.image_id,
    n.valid_to > $as_of as is_present,
    case when n.valid_to <= $as_of then n.valid_to end as gone_at
from last_row as n
left join member as m on m.account_id = n.account_id
where n.recency = 1
order by n.account_id, n.region, n.node_id

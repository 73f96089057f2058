-- purpose: which nodes came and which went between two instants?
-- inputs:  core.node
-- grain:   one row per account_id, region, node_id that is there at one of them only
-- params:
--   as_of  timestamp  report instant [UTC]
--   since  timestamp  the earlier instant it is compared with [UTC]
-- columns:
--   account_id   varchar    AWS account
--   region       varchar    Region
--   node_id      varchar    EC2 instance id or hybrid managed node id
--   change       varchar    appeared or gone; what came and went between the two is neither
--   name         varchar    tag Name as it was last seen, null when untagged
--   environment  varchar    tag Environment as it was last seen, unknown when untagged
--   changed_at   timestamp  first snapshot that held it, or that no longer did [UTC]
with present as (
    select
        account_id, region, node_id, name, environment, valid_from, valid_to,
        valid_from <= $as_of and valid_to > $as_of as is_now, valid_from <= $since and valid_to > $since as was_then
    from core.node
    where valid_from <= $as_of and valid_to > $since
),
compared as (
    select
        account_id, region, node_id, bool_or(is_now) as is_now, bool_or(was_then) as was_then,
        min(valid_from) as first_at, max(valid_to) as last_at, max(valid_from) as latest_from
    from present
    group by account_id, region, node_id
)
select
    c.account_id, c.region, c.node_id, case when c.is_now then 'appeared' else 'gone' end as change, p.name,
    coalesce(p.environment, 'unknown') as environment, case when c.is_now then c.first_at else c.last_at end as changed_at
from compared as c
inner join present as p
    on p.account_id = c.account_id and p.region = c.region and p.node_id = c.node_id and p.valid_from = c.latest_from
where c.is_now <> c.was_then
order by change, c.account_id, c.region, c.node_id

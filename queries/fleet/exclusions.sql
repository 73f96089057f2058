-- purpose: which rules leave nodes out, who answers for each, until when, and does it match anything?
-- inputs:  core.exclusion, core.node, fleet/excluded_node
-- grain:   one row per exclusion rule of the latest snapshot
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   node_id     varchar  node the rule names, null when it names a tag
--   tag_key     varchar  tag the rule names, null when it names a node
--   tag_value   varchar  value of that tag, null when it names a node
--   reason      varchar  why the nodes are left out
--   owner       varchar  who answers for it
--   expires_on  date     last day of the exclusion, null when the rule has no end
--   is_expired  boolean  the exclusion has ended, so its nodes count again
--   node_count  bigint   nodes this rule decides on; 0 is a rule without effect [nodes]
with counted as (
    select x.reason, x.owner, x.expires_on, count(1) as node_count
    from fleet_excluded_node as x
    inner join core.node as n on n.account_id = x.account_id and n.region = x.region and n.node_id = x.node_id
    where n.valid_from <= $as_of and n.valid_to > $as_of
    group by x.reason, x.owner, x.expires_on
)
select
    r.node_id, r.tag_key, r.tag_value, r.reason, r.owner, r.expires_on,
    coalesce(r.expires_on < cast($as_of as date), false) as is_expired,
    coalesce(c.node_count, 0) as node_count
from core.exclusion as r
left join counted as c
    on c.reason is not distinct from r.reason and c.owner is not distinct from r.owner
    and c.expires_on is not distinct from r.expires_on
order by r.expires_on nulls last, r.owner, r.reason, r.node_id nulls last, r.tag_key, r.tag_value

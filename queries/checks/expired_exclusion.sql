-- purpose: no exclusion has run out by the latest snapshot
-- inputs:  core.exclusion, core.snapshot
-- grain:   one row per expires_on, owner, node_id, tag_key, tag_value, reason
-- severity: warn
-- columns:
--   expires_on  date     last day of the exclusion
--   owner       varchar  who answers for it
--   node_id     varchar  node left out, null when a tag names the nodes
--   tag_key     varchar  tag, null when node_id names the node
--   tag_value   varchar  value of the tag, null when node_id names the node
--   reason      varchar  why
select distinct e.expires_on, e.owner, e.node_id, e.tag_key, e.tag_value, e.reason
from core.exclusion as e
inner join core.snapshot as s on cast(s.taken_at as date) > e.expires_on
order by e.expires_on, e.owner, e.node_id, e.tag_key, e.tag_value, e.reason

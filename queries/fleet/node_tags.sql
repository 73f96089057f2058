-- purpose: which tags does each node carry, for exceptions that name nodes by a tag?
-- inputs:  core.node_tag
-- grain:   one row per account_id, region, node_id, tag_key
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id  varchar  AWS account
--   region      varchar  Region
--   node_id     varchar  EC2 instance id or hybrid managed node id
--   tag_key     varchar  tag, as it is spelt
--   tag_value   varchar  its value, may be empty
select account_id, region, node_id, tag_key, tag_value
from core.node_tag
where valid_from <= $as_of and valid_to > $as_of
order by account_id, region, node_id, tag_key

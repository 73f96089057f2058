-- purpose: no patch is installed after the snapshot that shows it; a node's clock may be wrong
-- inputs:  core.node_patch_now
-- grain:   one row per account_id, region, node_id, patch_ref, title
-- severity: warn
-- columns:
--   account_id    varchar    AWS account
--   region        varchar    Region
--   node_id       varchar    EC2 instance id or hybrid managed node id
--   patch_ref     varchar    KB number, else the title of the package
--   title         varchar    title, null when the node reports none
--   installed_at  timestamp  installation as the node tells it [UTC]
--   valid_from    timestamp  taken_at of the snapshot that first showed it [UTC]
select account_id, region, node_id, patch_ref, title, installed_at, valid_from
from core.node_patch_now
where installed_at > valid_from
order by account_id, region, node_id, patch_ref, title

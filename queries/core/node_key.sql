-- purpose: numbers for nodes, so that millions of patch rows and daily scans carry four bytes instead of three names
-- inputs:  raw.ssm_patch, raw.ssm_patch_state, raw.datasync_compliance_item, raw.datasync_patch_summary
-- grain:   one row per account_id, region, node_id
-- key:     account_id, region, node_id
-- history: append node_key
-- columns:
--   account_id  varchar  AWS account
--   region      varchar  Region
--   node_id     varchar  EC2 instance id or hybrid managed node id
select distinct account_id, region, instance_id as node_id
from raw.ssm_patch
union
select distinct account_id, region, instance_id as node_id
from raw.ssm_patch_state
union
select distinct account_id, region, item as node_id
from raw.datasync_compliance_item
where compliance_type = 'Patch'
union
select distinct account_id, region, item as node_id
from raw.datasync_patch_summary

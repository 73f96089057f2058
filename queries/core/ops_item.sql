-- purpose: operational issues in OpsCenter, as last listed
-- inputs:  raw.ssm_ops_item
-- grain:   one row per account_id, region, ops_item_id
-- key:     account_id, region, ops_item_id
-- columns:
--   account_id      varchar    AWS account
--   region          varchar    Region
--   ops_item_id     varchar    OpsItem
--   title           varchar    title
--   ops_item_type   varchar    kind, such as /aws/issue; null when not told
--   status          varchar    Open, InProgress, Resolved, ... as OpsCenter spells it
--   is_unresolved   boolean    somebody has still to deal with it: Open or InProgress
--   source          varchar    service or tool it came from
--   category        varchar    category, null when none
--   severity        varchar    severity from 1, the highest, to 4; null when none
--   priority        bigint     priority from 1, the highest, to 5; null when none
--   created_at      timestamp  creation [UTC]
--   created_by      varchar    who created it, as an ARN
--   modified_at     timestamp  last change [UTC]
--   observation_id  integer    observation of the listing
select
    account_id, region, ops_item_id, title, ops_item_type, status, status in ('Open', 'InProgress') as is_unresolved,
    source, nullif(category, '') as category, nullif(severity, '') as severity, priority,
    created_time as created_at, created_by, last_modified_time as modified_at, observation_id
from raw.ssm_ops_item

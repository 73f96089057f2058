-- purpose: whose software is inventoried, and when it was last collected
-- inputs:  raw.ssm_inventory
-- grain:   one row per account_id, region, node_id
-- key:     account_id, region, node_id
-- columns:
--   account_id         varchar    AWS account
--   region             varchar    Region
--   node_id            varchar    EC2 instance id or hybrid managed node id
--   captured_at        timestamp  when the node's applications were last collected [UTC], null when never
--   application_count  bigint     applications listed [applications], null when none was ever collected
--   observation_id     integer    observation of the listing
select
    account_id, region, id as node_id,
    cast(nullif(json_extract_string(data, '$."AWS:Application".CaptureTime'), '') as timestamp) as captured_at,
    cast(json_array_length(data, '$."AWS:Application".Content') as bigint) as application_count, observation_id
from raw.ssm_inventory

-- purpose: the tags patching reads, of every node that has one of them or any other
-- inputs:  core.node_tag_now
-- grain:   one row per account_id, region, node_id
-- key:     account_id, region, node_id
-- columns:
--   account_id          varchar  AWS account
--   region              varchar  Region
--   node_id             varchar  EC2 instance id or hybrid managed node id
--   auto_scaling_group  varchar  tag aws:autoscaling:groupName, null when it belongs to none
--   name                varchar  tag Name, null when untagged
--   environment         varchar  tag Environment, null when untagged
--   application         varchar  tag Application, null when untagged
--   owner               varchar  tag Owner, null when untagged
--   criticality         varchar  tag Criticality, null when untagged
--   patch_group         varchar  tag Patch Group or PatchGroup, null when untagged
--   observation_id      integer  observation of the listing
select
    account_id, region, node_id,
    -- several spellings live side by side; the first of each list counts
    max(case when tag_key = 'aws:autoscaling:groupName' then tag_value end) as auto_scaling_group,
    max(case when tag_key = 'Name' then tag_value end) as name,
    coalesce(
        max(case when tag_key = 'Environment' then tag_value end),
        max(case when tag_key = 'environment' then tag_value end), max(case when tag_key = 'env' then tag_value end)
    ) as environment,
    coalesce(
        max(case when tag_key = 'Application' then tag_value end),
        max(case when tag_key = 'application' then tag_value end), max(case when tag_key = 'app' then tag_value end)
    ) as application,
    coalesce(
        max(case when tag_key = 'Owner' then tag_value end), max(case when tag_key = 'owner' then tag_value end)
    ) as owner,
    coalesce(
        max(case when tag_key = 'Criticality' then tag_value end),
        max(case when tag_key = 'criticality' then tag_value end)
    ) as criticality,
    coalesce(
        max(case when tag_key = 'Patch Group' then tag_value end),
        max(case when tag_key = 'PatchGroup' then tag_value end)
    ) as patch_group,
    max(observation_id) as observation_id
from core.node_tag_now
group by account_id, region, node_id

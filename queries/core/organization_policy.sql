-- purpose: policies of the organisation, of the types that bear on patching
-- inputs:  raw.organizations_policy, raw.organizations_policy_content
-- grain:   one row per policy_id
-- key:     policy_id
-- columns:
--   policy_id       varchar  policy
--   policy_name     varchar  name
--   policy_type     varchar  type as Organizations spells it: SERVICE_CONTROL_POLICY, UPGRADE_ROLLOUT_POLICY, ...
--   description     varchar  what its author says of it, null when nothing
--   is_aws_managed  boolean  AWS's own
--   content         varchar  what it says, JSON text; null for AWS's own and when not read
--   observation_id  integer  observation of the listing
with listed as (
    select account_id, region, id, name, type, description, aws_managed, observation_id
    from raw.organizations_policy
    where observation_id = (select max(observation_id) from raw.organizations_policy)
)
select
    p.id as policy_id, p.name as policy_name, p.type as policy_type, nullif(p.description, '') as description,
    p.aws_managed as is_aws_managed, c.content, p.observation_id
from listed as p
left join raw.organizations_policy_content as c
    on c.account_id = p.account_id and c.region = p.region and c.policy_id = p.id

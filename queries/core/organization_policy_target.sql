-- purpose: what each policy of the organisation is attached to
-- inputs:  raw.organizations_policy, raw.organizations_policy_target
-- grain:   one row per policy_id, target_id
-- key:     policy_id, target_id
-- columns:
--   policy_id       varchar  policy
--   target_id       varchar  root, organisational unit or account
--   target_name     varchar  its name
--   target_type     varchar  ROOT, ORGANIZATIONAL_UNIT or ACCOUNT
--   observation_id  integer  observation of the policy's targets
with listed as (
    select account_id, region, id
    from raw.organizations_policy
    where observation_id = (select max(observation_id) from raw.organizations_policy)
)
select t.policy_id, t.target_id, t.name as target_name, t.type as target_type, t.observation_id
from raw.organizations_policy_target as t
inner join listed as p on p.account_id = t.account_id and p.region = t.region and p.id = t.policy_id

-- purpose: what EC2, upgrade and Inspector policies come to in each account that one reaches
-- inputs:  raw.organizations_effective_policy, raw.organizations_unit_account,
--          core.organization_policy_now, core.organization_policy_target_now
-- grain:   one row per account_id, policy_type
-- key:     account_id, policy_type
-- columns:
--   account_id      varchar    AWS account
--   policy_type     varchar    type as Organizations spells it
--   content         varchar    the sum of what it inherits and of its own policies, JSON text
--   updated_at      timestamp  last change of that sum [UTC], null when not told
--   asked_of        varchar    account it was read for: itself, or one of the same parent; none has a policy of its own
--   observation_id  integer    observation of the effective policy
with own as (
    -- an account with a policy of its own has a sum of its own; all others of a parent have the same
    select distinct t.target_id as account_id, p.policy_type
    from core.organization_policy_target_now as t
    inner join core.organization_policy_now as p on p.policy_id = t.policy_id
    where t.target_type = 'ACCOUNT'
),
standing as (
    select id as account_id, parent_id
    from raw.organizations_unit_account
    where observation_id = (select max(observation_id) from raw.organizations_unit_account)
),
told as (
    select
        e.target_id, e.policy_type, e.policy_content as content, e.last_updated_timestamp as updated_at, s.parent_id,
        o.account_id is not null as is_own, e.observation_id
    from raw.organizations_effective_policy as e
    inner join standing as s on s.account_id = e.target_id
    left join own as o on o.account_id = e.target_id and o.policy_type = e.policy_type
),
likely as (
    select
        s.account_id, t.policy_type, t.content, t.updated_at, t.target_id as asked_of, t.observation_id,
        row_number() over (
            partition by s.account_id, t.policy_type
            order by t.target_id = s.account_id desc, t.observation_id desc, t.target_id
        ) as choice
    from standing as s
    inner join told as t on t.target_id = s.account_id or (t.parent_id = s.parent_id and not t.is_own)
    left join own as o on o.account_id = s.account_id and o.policy_type = t.policy_type
    where o.account_id is null or t.target_id = s.account_id
)
select account_id, policy_type, content, updated_at, asked_of, observation_id
from likely
where choice = 1

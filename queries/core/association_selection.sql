-- purpose: what each State Manager association selects, one key and value a row
-- inputs:  raw.ssm_association
-- grain:   one row per account_id, region, association_id, selector_key, selector_value
-- key:     account_id, region, association_id, selector_key, selector_value
-- columns:
--   account_id      varchar  AWS account
--   region          varchar  Region
--   association_id  varchar  association
--   selector_key    varchar  InstanceIds, tag:NAME, tag-key, or a resource group; all keys must match
--   selector_value  varchar  one of the values of the key, of which any may match; * for every managed node
--   observation_id  integer  observation of the listing
with pair as (
    select
        account_id, region, association_id, observation_id,
        unnest(from_json(targets, '[{"Key":"VARCHAR","Values":["VARCHAR"]}]')) as body
    from raw.ssm_association
),
selected as (
    select
        account_id, region, association_id, body."Key" as selector_key, unnest(body."Values") as selector_value,
        observation_id
    from pair
    union all
    -- the older form names one instance and has no targets
    select
        account_id, region, association_id, 'InstanceIds' as selector_key, instance_id as selector_value, observation_id
    from raw.ssm_association
    where nullif(instance_id, '') is not null
)
select account_id, region, association_id, selector_key, selector_value, max(observation_id) as observation_id
from selected
where selector_key is not null and selector_value is not null
group by account_id, region, association_id, selector_key, selector_value

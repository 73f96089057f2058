-- purpose: the root and the organisational units of the organisation, with their place in the tree
-- inputs:  raw.organizations_root, raw.organizations_unit
-- grain:   one row per organizational_unit_id
-- key:     organizational_unit_id
-- columns:
--   organizational_unit_id  varchar  organisational unit, or the root (r-...)
--   unit_name               varchar  name
--   parent_id               varchar  unit or root above it, null for the root
--   path                    varchar  names from the root down, joined by /
--   depth                   bigint   steps below the root [steps]
--   is_root                 boolean  it is the root
--   observation_id          integer  observation of the listing
with recursive unit as (
    select id, name, cast(null as varchar) as parent_id, observation_id
    from raw.organizations_root
    where observation_id = (select max(observation_id) from raw.organizations_root)
    union all
    select id, name, parent_id, observation_id
    from raw.organizations_unit
    where observation_id = (select max(observation_id) from raw.organizations_unit)
),
tree as (
    select id, name, parent_id, name as path, cast(0 as bigint) as depth, observation_id
    from unit
    where parent_id is null
    union all
    select u.id, u.name, u.parent_id, t.path || '/' || u.name as path, t.depth + 1 as depth, u.observation_id
    from unit as u
    inner join tree as t on t.id = u.parent_id
)
select
    id as organizational_unit_id, name as unit_name, parent_id, path, depth, parent_id is null as is_root,
    observation_id
from tree

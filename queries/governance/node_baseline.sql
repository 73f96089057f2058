-- purpose: which baseline does each node go by where nothing overrides it: its patch group's, or the default?
-- inputs:  core.baseline, core.node, core.patch_group
-- grain:   one row per account_id, region, node_id
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id        varchar  AWS account
--   region            varchar  Region
--   node_id           varchar  EC2 instance id or hybrid managed node id
--   is_managed        boolean  Systems Manager manages it
--   patch_group       varchar  tag Patch Group, null when none
--   operating_system  varchar  operating system as Systems Manager spells it, null when unknown
--   baseline_id       varchar  that of the patch group, else the default of the operating system; null when not known
--   baseline_source   varchar  patch group, default, or unknown
with usual as (
    select account_id, region, operating_system, min(baseline_id) as baseline_id
    from core.baseline
    where valid_from <= $as_of and valid_to > $as_of and is_default
    group by account_id, region, operating_system
)
select
    n.account_id, n.region, n.node_id, n.is_managed, n.patch_group, n.operating_system,
    coalesce(g.baseline_id, u.baseline_id) as baseline_id,
    case
        when g.baseline_id is not null then 'patch group' when u.baseline_id is not null then 'default' else 'unknown'
    end as baseline_source
from core.node as n
left join core.patch_group as g
    on g.account_id = n.account_id and g.region = n.region and g.patch_group = n.patch_group
    and g.operating_system = n.operating_system and g.valid_from <= $as_of and g.valid_to > $as_of
left join usual as u
    on u.account_id = n.account_id and u.region = n.region and u.operating_system = n.operating_system
where n.valid_from <= $as_of and n.valid_to > $as_of
order by n.account_id, n.region, n.node_id

-- purpose: which nodes does each maintenance window patch, and by which baseline?
-- inputs:  core.baseline, core.node, core.node_tag, core.patch_group, core.window_selection, core.window_task
-- grain:   one row per account_id, region, window_id, node_id of a window with a task that installs
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id        varchar  AWS account
--   region            varchar  Region
--   window_id         varchar  maintenance window
--   node_id           varchar  node that a task selects by id or by tags
--   patch_group       varchar  tag Patch Group, null when none
--   operating_system  varchar  operating system as Systems Manager spells it, null when unknown
--   baseline_id       varchar  that of the patch group, else the default of the operating system; null when not known
with selection as (
    select s.account_id, s.region, s.window_id, s.window_task_id, s.selector, s.selector_key, s.selector_value
    from core.window_selection as s
    inner join core.window_task as t
        on t.account_id = s.account_id and t.region = s.region and t.window_id = s.window_id
        and t.window_task_id = s.window_task_id and t.operation = 'Install'
        and t.valid_from <= $as_of and t.valid_to > $as_of
    where s.valid_from <= $as_of and s.valid_to > $as_of
),
needed as (
    select account_id, region, window_id, window_task_id, selector, count(distinct selector_key) as key_count
    from selection
    group by account_id, region, window_id, window_task_id, selector
),
node as (
    select account_id, region, node_id, patch_group, operating_system
    from core.node
    where valid_from <= $as_of and valid_to > $as_of
),
named as (
    select account_id, region, node_id, 'InstanceIds' as node_key, node_id as node_value from node
    union all
    select account_id, region, node_id, 'tag:' || tag_key as node_key, tag_value as node_value
    from core.node_tag
    where valid_from <= $as_of and valid_to > $as_of
    union all
    select account_id, region, node_id, 'tag-key' as node_key, tag_key as node_value
    from core.node_tag
    where valid_from <= $as_of and valid_to > $as_of
),
matched as (
    select
        s.account_id, s.region, s.window_id, s.window_task_id, s.selector, n.node_id,
        count(distinct s.selector_key) as key_count
    from selection as s
    inner join named as n
        on n.account_id = s.account_id and n.region = s.region
        and n.node_key = s.selector_key and n.node_value = s.selector_value
    group by s.account_id, s.region, s.window_id, s.window_task_id, s.selector, n.node_id
),
reached as (
    -- values of a key are alternatives, keys of a selector all hold
    select distinct m.account_id, m.region, m.window_id, m.node_id
    from matched as m
    inner join needed as d
        on d.account_id = m.account_id and d.region = m.region and d.window_id = m.window_id
        and d.window_task_id = m.window_task_id and d.selector = m.selector and d.key_count = m.key_count
),
usual as (
    select account_id, region, operating_system, min(baseline_id) as baseline_id
    from core.baseline
    where valid_from <= $as_of and valid_to > $as_of and is_default
    group by account_id, region, operating_system
)
select
    r.account_id, r.region, r.window_id, r.node_id, n.patch_group, n.operating_system,
    coalesce(g.baseline_id, u.baseline_id) as baseline_id
from reached as r
inner join node as n on n.account_id = r.account_id and n.region = r.region and n.node_id = r.node_id
left join core.patch_group as g
    on g.account_id = n.account_id and g.region = n.region and g.patch_group = n.patch_group
    and g.operating_system = n.operating_system and g.valid_from <= $as_of and g.valid_to > $as_of
left join usual as u
    on u.account_id = n.account_id and u.region = n.region and u.operating_system = n.operating_system
order by r.account_id, r.region, r.window_id, r.node_id
